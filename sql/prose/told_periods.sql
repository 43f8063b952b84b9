-- Grain: one row that tells months of work. Inputs: figures, figure_months, figure_pieces, the words of prose_words.
-- Why: the months the wages are for; not the month of a promise, a contract or an earlier complaint, and no day.
-- Months named one by one that follow each other are one period.
create or replace temp table told_periods as
with weighed as (
    select
        f.delivery_id, f.row_no, f.place, m.first, m.last,
        m.weight
        - case when regexp_matches(f.before, '{month_not_before}') or regexp_matches(f.after, '{month_not_after}') then 0.5 else 0 end
        + case when regexp_matches(f.before, '{month_yes_before}') then 0.05 else 0 end
        + case when regexp_matches(f.after, '{month_yes_after}') then 0.1 else 0 end as weight
    from figures as f
    join figure_months as m on m.token = f.token and m.received_month = f.received_month
),
told as (
    select
        delivery_id, row_no,
        arg_max(struct_pack(first := first, last := last, place := place, weight := weight), (weight, -place)) as best,
        min(first) as earliest, max(last) as latest, bool_and(first = last) as is_single, count(distinct first) as months
    from weighed
    where weight >= 0.4
    group by delivery_id, row_no
),
joined as (
    select
        * replace (
            case when is_single and months > 1
                  and latest // 100 * 12 + latest % 100 - earliest // 100 * 12 - earliest % 100 = months - 1
                 then struct_pack(first := earliest, last := latest, place := best.place, weight := best.weight - 0.1)
                 else best end as best
        )
    from told
)
select
    t.delivery_id, t.row_no,
    struct_pack(
        first := best.first,
        last := best.last,
        start := cast(length(array_to_string(p.pieces[1:best.place - 1], '')) + 1 as integer),
        length := cast(length(p.pieces[best.place]) as integer),
        confidence := round(least(best.weight, 0.95), 3)
    ) as told_period
from joined as t
join figure_pieces as p using (delivery_id, row_no)
