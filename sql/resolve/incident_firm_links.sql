-- Grain: one pair of profiles that may name one employer in one division, the earlier in place a possible head of the
-- other. Inputs: core.incident_profiles, core.incident_names, $most_keys, $most_heads. Why: profiles meet where the
-- employer sounds alike (but for a sign) in one division or with a project, or where the valid code is equal; each meets the first $most_heads
-- of such a block alone, by $most_keys blocks at most: near-linear whatever is shared. rank: 1 the
-- whole name but for $most_slips slips, or the code; 2 a name that fits, confirmed by project or foreman; 3 one that fits;
-- 4 one that fits a head whose own name is short. Two whole names that differ more are two firms.
create or replace table core.incident_firm_links as
with heard as (
    select p.place, p.divisions, p.code, p.projects, n.keys.sounds, n.keys.hints
    from core.incident_profiles as p
    join core.incident_names as n on n.kind = 'employer' and n.names = p.employers
),
keyed as (
    select place, 1 as rank, hash(sound, unnest(divisions[:4])) as block from (select *, unnest(sounds[:8]) as sound from heard)
    union
    select h.place, 1, hash(h.sound, unnest(n.keys.sounds[:4]), 'project')
    from (select place, projects, unnest(sounds[:4]) as sound from heard) as h
    join core.incident_names as n on n.kind = 'project' and n.names = h.projects
    union
    select h.place, 3, hash(unnest(n.keys.sounds[:2]), h.division, 'place')
    from (select place, projects, unnest(divisions[:2]) as division from heard) as h
    join core.incident_names as n on n.kind = 'project' and n.names = h.projects
    union
    select place, 0, hash(code, 'code') from heard where code is not null
    union
    select place, 2, hash(hint, unnest(divisions[:2])) from (select *, unnest(list_filter(hints, lambda x: not list_contains(sounds, x))[:16]) as hint from heard)
),
kept as (
    select * from keyed qualify row_number() over (partition by place order by rank, block) <= $most_keys
),
ranked as (
    select place, block, row_number() over (partition by block order by place) as rank from kept
),
met as (
    select distinct a.place as head, b.place
    from (select * from ranked where rank <= $most_heads) as a
    join ranked as b on b.block = a.block and b.place > a.place
),
told as (
    select m.*, a.employers as employers_a, b.employers as employers_b, a.projects as projects_a, b.projects as projects_b,
        coalesce(a.code = b.code, false) as is_code_equal, coalesce(list_has_any(a.foremen, b.foremen), false) as is_foreman_shared,
        list_has_any(a.divisions, b.divisions) as is_division_shared
    from met as m
    join core.incident_profiles as a on a.place = m.head
    join core.incident_profiles as b on b.place = m.place
    where coalesce(a.code = b.code, true)
),
employer_pairs as (
    select k.a, k.b, employer_likeness(x.keys, y.keys) as likeness, x.whole_name is not null as is_head_whole,
        x.whole_name[:2] = y.whole_name[:2] as is_place_equal,
        ceil(levenshtein(x.whole_name, y.whole_name) / 3) as slips -- it counts bytes, three a sign
    from (select distinct employers_a as a, employers_b as b from told) as k
    join core.incident_names as x on x.kind = 'employer' and x.names = k.a
    join core.incident_names as y on y.kind = 'employer' and y.names = k.b
),
project_pairs as (
    select k.a, k.b, employer_likeness(x.keys, y.keys) in ('same', 'variant') as is_alike
    from (select distinct projects_a as a, projects_b as b from told where projects_a is not null and projects_b is not null) as k
    join core.incident_names as x on x.kind = 'project' and x.names = k.a
    join core.incident_names as y on y.kind = 'project' and y.names = k.b
),
judged as (
    select
        t.head, t.place, t.is_code_equal, t.is_division_shared, e.is_head_whole, e.slips, e.likeness,
        coalesce(p.is_alike, false) as is_project_alike,
        3 * is_project_alike::integer + 2 * t.is_foreman_shared::integer as weight,
        t.is_code_equal or (e.is_head_whole and (e.slips <= $most_slips or (e.likeness = 'same' and coalesce(e.is_place_equal, true)))) as is_certain
    from told as t
    join employer_pairs as e on e.a = t.employers_a and e.b = t.employers_b
    left join project_pairs as p on p.a = t.projects_a and p.b = t.projects_b
    where t.is_division_shared or is_project_alike
)
select
    head, place, is_code_equal or (is_certain and is_project_alike) as is_chained,
    case when is_certain then 1 when is_head_whole and weight > 0 then 2 when is_head_whole then 3 else 4 end as rank,
    case when is_certain then 10 * is_division_shared::integer else 0 end + weight as weight
from judged
where is_code_equal or likeness = 'same' or (likeness = 'variant' and coalesce(slips <= $most_slips, true))
    or (slips = 1 and weight > 0)
