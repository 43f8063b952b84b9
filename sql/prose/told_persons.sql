-- Grain: one row that tells how many people. Inputs: figures, figure_counts, figure_pieces, the words of prose_words.
-- Why: the number of people owed: 我和3个工友 are four, 我和工友3人 three; 每人 and one alone tell no number.
create or replace temp table told_persons as
with weighed as (
    select
        f.delivery_id, f.row_no, f.place, c.is_exact,
        c.persons + cast(regexp_matches(f.before, '{people_beside}') as integer) as persons,
        case
            when regexp_matches(f.before, '{people_not}') or regexp_matches(f.after, '{people_broken}') then 0
            when c.persons = 1 and not regexp_matches(f.token, '^人数') and not regexp_matches(f.before, '(?:共|涉及)$') then 0
            when regexp_matches(f.before, '{people_cue}') or regexp_matches(f.token, '^(?:人数|[我咱俺]们|兄弟|姐妹|工友|班组)|[俩仨]$') then 0.9
            when regexp_matches(f.before, '{people_beside}') then 0.7
            when regexp_matches(f.after, '{people_after}') then 0.8
            else 0.6
        end as weight
    from figures as f
    join figure_counts as c on c.token = f.token
),
told as (
    select
        delivery_id, row_no,
        arg_max(struct_pack(persons := persons, is_exact := is_exact, place := place, weight := weight),
                (weight, -place)) as best
    from weighed
    where weight > 0
    group by delivery_id, row_no
)
select
    t.delivery_id, t.row_no,
    struct_pack(
        persons := cast(best.persons as integer),
        is_exact := best.is_exact,
        start := cast(length(array_to_string(p.pieces[1:best.place - 1], '')) + 1 as integer),
        length := cast(length(p.pieces[best.place]) as integer),
        confidence := round(best.weight, 3)
    ) as told_persons
from told as t
join figure_pieces as p using (delivery_id, row_no)
