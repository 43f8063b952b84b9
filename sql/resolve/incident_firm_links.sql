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
named as (
    select m.*, least(a.employers, b.employers) as employers_a, greatest(a.employers, b.employers) as employers_b,
        a.is_whole as is_head_whole, coalesce(a.code = b.code, false) as is_code_equal
    from met as m
    join core.incident_profiles as a on a.place = m.head
    join core.incident_profiles as b on b.place = m.place
    where coalesce(a.code = b.code, true)
),
-- Two names are compared once, whichever comes first, and wholly only where they share a hint: without one they are not alike.
hinted as (
    select k.a, k.b, x.whole_name as name_a, y.whole_name as name_b, list_has_any(x.hints, y.hints) as is_hinted
    from (select distinct employers_a as a, employers_b as b from named) as k
    join (select names, whole_name, keys.hints as hints from core.incident_names where kind = 'employer') as x on x.names = k.a
    join (select names, whole_name, keys.hints as hints from core.incident_names where kind = 'employer') as y on y.names = k.b
),
alike as (
    select k.a, k.b, employer_likeness(x.keys, y.keys) as likeness
    from (select a, b from hinted where is_hinted) as k
    join (select names, keys from core.incident_names where kind = 'employer') as x on x.names = k.a
    join (select names, keys from core.incident_names where kind = 'employer') as y on y.names = k.b
),
employer_pairs as (
    select h.a, h.b, l.likeness, h.name_a[:2] = h.name_b[:2] as is_place_equal,
        -- Of names that are not alike one slip alone counts. It counts bytes, three a sign, and is slow: so it is left out
        -- where the lengths say that the slips are too many, or no quarter of the one name stands in the other.
        case
            when h.name_a is null or h.name_b is null then null
            when coalesce(l.likeness in ('same', 'variant'), false)
            then case when abs(strlen(h.name_a) - strlen(h.name_b)) <= 3 * $most_slips
                      then ceil(levenshtein(h.name_a, h.name_b) / 3) else $most_slips + 1 end
            when abs(strlen(h.name_a) - strlen(h.name_b)) <= 3
                and (contains(h.name_b, substr(h.name_a, 1, 2)) or contains(h.name_b, substr(h.name_a, 3, 2))
                     or contains(h.name_b, substr(h.name_a, 5, 2)) or contains(h.name_b, substr(h.name_a, 7)))
            then ceil(levenshtein(h.name_a, h.name_b) / 3)
            else $most_slips + 1
        end as slips
    from hinted as h
    left join alike as l on l.a = h.a and l.b = h.b
),
told as (
    select
        n.head, n.place, n.is_code_equal, n.is_head_whole, e.likeness, e.slips, e.is_place_equal,
        case when a.projects < b.projects then a.projects else b.projects end as projects_a,
        case when a.projects < b.projects then b.projects else a.projects end as projects_b,
        coalesce(list_has_any(a.foremen, b.foremen), false) as is_foreman_shared,
        list_has_any(a.divisions, b.divisions) as is_division_shared
    from named as n
    join employer_pairs as e on e.a = n.employers_a and e.b = n.employers_b
    join core.incident_profiles as a on a.place = n.head
    join core.incident_profiles as b on b.place = n.place
    where n.is_code_equal or e.likeness = 'same' or (e.likeness = 'variant' and coalesce(e.slips <= $most_slips, true))
        or e.slips = 1
),
project_pairs as (
    select k.a, k.b, employer_likeness(x.keys, y.keys) in ('same', 'variant') as is_alike
    from (select distinct projects_a as a, projects_b as b from told where projects_a is not null and projects_b is not null) as k
    join core.incident_names as x on x.kind = 'project' and x.names = k.a
    join core.incident_names as y on y.kind = 'project' and y.names = k.b
),
judged as (
    select
        t.*, coalesce(p.is_alike, false) as is_project_alike,
        3 * is_project_alike::integer + 2 * t.is_foreman_shared::integer as weight,
        t.is_code_equal or (t.is_head_whole and (t.slips <= $most_slips or (t.likeness = 'same' and coalesce(t.is_place_equal, true)))) as is_certain
    from told as t
    left join project_pairs as p on p.a = t.projects_a and p.b = t.projects_b
    where t.is_division_shared or is_project_alike
)
select
    head, place, is_code_equal or (is_certain and is_project_alike) as is_chained,
    case when is_certain then 1 when is_head_whole and weight > 0 then 2 when is_head_whole then 3 else 4 end as rank,
    case when is_certain then 10 * is_division_shared::integer else 0 end + weight as weight
from judged
where is_code_equal or likeness = 'same' or (likeness = 'variant' and coalesce(slips <= $most_slips, true)) or weight > 0
