-- Grain: one row that tells a sum. Inputs: figures, figure_sums, figure_pieces, the words of prose_words.
-- Why: of several sums the one still owed: what is left before a total, a total before a part; never what was paid,
-- a rate, a deposit. Several sums owed without a total make the one told doubtful. Where only the whole and what was paid are told, the difference.
create or replace temp table told_claims as
with beside as (
    select
        f.delivery_id, f.row_no, f.place, f.after, f.before,
        case when s.cut_fen = s.fen then s.fen
             when contains(f.token, ',') and not regexp_matches(f.after, '{comma_after}') then s.fen
             when regexp_matches(f.after, '{loose_after}') then s.cut_fen else s.fen end as fen,
        s.is_exact and not regexp_matches(f.before, '[0-9几][-~到至]$') as is_exact,
        s.has_unit, s.is_bare,
        regexp_extract(f.before, '[^，,。；;！？!?\n]*$') as clause
    from figures as f
    join figure_sums as s on s.token = f.token
),
roles as (
    select
        *,
        case
            when is_bare and (regexp_matches(after, '{measure_after}') or regexp_matches(clause, '[A-Za-z0-9_#＃./-]$'))
                then 'none'
            when is_bare and fen in (1234500, 1233300, 1234800, 1231500, 1238800, 1231900, 1233600) then 'none'
            when not has_unit and regexp_matches(after, '{measure_after}') then 'none'
            when fen < 5000 or fen > 100000000000 then 'none'
            when (regexp_matches(clause, '{rate_before}') and not regexp_matches(clause, '{rate_not}')) or regexp_matches(after, '{rate_after}') then 'rate'
            when regexp_matches(clause, '{each_before}') or regexp_matches(after, '{each_after}') then 'each'
            when regexp_matches(clause, '{left_before}') then 'left'
            when regexp_matches(clause, '{other_before}') or regexp_matches(after, '{other_after}') then 'other'
            when regexp_matches(clause, '{paid_before}') or regexp_matches(after, '{paid_after}') then 'paid'
            when regexp_matches(clause, '{total_before}') then 'total'
            when regexp_matches(clause, '{gross_before}') then 'gross'
            when regexp_matches(clause, '{owed_before}') then 'owed'
            when regexp_matches(clause, '{wage_before}') or regexp_matches(after, '{wage_after}') then 'wage'
            when regexp_matches(after, '{owed_after}') then 'owed_later'
            else 'plain'
        end as role
    from beside
),
weighed as (
    select
        *,
        case role
            when 'left' then 0.97 when 'total' then 0.95 when 'owed' then 0.93 when 'wage' then 0.9
            when 'gross' then 0.88 when 'owed_later' then 0.85 when 'plain' then 0.6 when 'each' then 0.5
            else 0
        end
        - case when is_bare and role in ('plain', 'owed_later') then 0.25 when is_bare then 0.1 else 0 end
        - case when is_bare and fen between 190000 and 210000 and (fen // 100) between 1990 and 2030 then 0.3 else 0 end
        - case when is_bare and fen >= 1000000000 then 0.5 else 0 end
        - case when not has_unit and not is_bare and not regexp_matches(after, '{ends_well}') then 0.4 else 0 end
        as weight
    from roles
    where role <> 'none'
),
told as (
    select
        delivery_id, row_no,
        arg_max(struct_pack(fen := fen, is_exact := is_exact, role := role, place := place, weight := weight,
                            is_owed := regexp_matches(clause, '欠')),
                (weight, -place)) as best,
        coalesce(sum(fen) filter (where role = 'paid'), 0) as paid,
        count(distinct fen) filter (where role in ('owed', 'wage', 'owed_later', 'left')) as sums,
        coalesce(bool_and(is_exact) filter (where role = 'paid'), true) as is_paid_exact
    from weighed
    group by delivery_id, row_no
    having max(weight) >= 0.3
),
settled as (
    select
        *,
        best.role in ('gross', 'total', 'wage', 'plain') and not best.is_owed and paid > 0 and paid < best.fen as is_rest
    from told
)
select
    t.delivery_id, t.row_no,
    struct_pack(
        fen := cast(case when is_rest then best.fen - paid else best.fen end as bigint),
        is_exact := best.is_exact and (not is_rest or is_paid_exact),
        is_each := best.role = 'each',
        start := cast(length(array_to_string(p.pieces[1:best.place - 1], '')) + 1 as integer),
        length := cast(length(p.pieces[best.place]) as integer),
        confidence := round(case when is_rest then least(best.weight, 0.6) when best.role = 'each' then best.weight + 0.35
                            when best.role in ('owed', 'wage', 'owed_later', 'left') and sums > 1 then best.weight - 0.3
                            else best.weight end, 3)
    ) as told_claim
from settled as t
join figure_pieces as p using (delivery_id, row_no)
