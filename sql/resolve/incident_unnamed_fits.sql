-- Grain: one profile that names no employer and the one incident that it fits best. Inputs: core.incident_profiles,
-- core.incident_groups, core.incident_names, $most_groups. Why: the project, or the foreman, in one division says whose
-- it is where one incident alone fits best. A key that more than $most_groups incidents share is not asked.
create or replace table core.incident_unnamed_fits as
with homes as (
    select distinct g.group_place, p.projects, p.foremen, unnest(p.divisions[:4]) as division
    from core.incident_groups as g
    join core.incident_profiles as p on p.profile = g.profile
),
seekers as (
    select profile, projects, foremen, unnest(divisions[:2]) as division
    from core.incident_profiles
    where employers is null
),
told as (
    select distinct projects, division from seekers where projects is not null
),
home_keys as (
    select distinct h.group_place, h.projects, h.division, hash(unnest(n.keys.hints[:24]), h.division) as block
    from (select distinct group_place, projects, division from homes where projects is not null) as h
    join core.incident_names as n on n.kind = 'project' and n.names = h.projects
),
seeker_keys as (
    select distinct t.projects, t.division, hash(unnest(n.keys.hints[:24]), t.division) as block
    from told as t
    join core.incident_names as n on n.kind = 'project' and n.names = t.projects
),
asked as (
    select block from home_keys group by block having count(distinct group_place) <= $most_groups
),
met as (
    select distinct s.projects, s.division, h.projects as home, h.group_place
    from seeker_keys as s
    join home_keys as h on h.block = s.block
    semi join asked as a on a.block = s.block
),
pairs as (
    select k.a, k.b, employer_likeness(x.keys, y.keys) as likeness
    from (select distinct projects as a, home as b from met) as k
    join core.incident_names as x on x.kind = 'project' and x.names = k.a
    join core.incident_names as y on y.kind = 'project' and y.names = k.b
),
by_project as (
    select m.projects, m.division, m.group_place, max(case p.likeness when 'same' then 6 else 4 end) as weight
    from met as m
    join pairs as p on p.a = m.projects and p.b = m.home
    where p.likeness in ('same', 'variant')
    group by all
),
home_foremen as (
    select distinct group_place, division, unnest(foremen) as foreman from homes
),
by_foreman as (
    select distinct s.profile, h.group_place
    from (select profile, division, unnest(foremen) as foreman from seekers) as s
    join home_foremen as h on h.foreman = s.foreman and h.division = s.division
    qualify count(*) over (partition by s.profile, s.foreman, s.division) <= $most_groups
),
fits as (
    select profile, group_place, sum(weight) as weight
    from (
        select s.profile, b.group_place, max(b.weight) as weight
        from seekers as s join by_project as b on b.projects = s.projects and b.division = s.division
        group by all
        union all
        select profile, group_place, 5 from by_foreman
    )
    group by profile, group_place
)
select profile, arg_max(group_place, weight) as group_place
from fits
group by profile
having count(*) = 1 or max(weight) > list_sort(list(weight), 'desc')[2]
