-- Grain: one lead that names no project (or no employer) and one group of leads that it may belong to. Inputs:
-- core.incident_leads, core.incident_names, core.incident_groups, $largest_block. Why: only the name it tells brings it
-- near; another valid code excludes a group. A sound of more names than $largest_block meets only what is written alike.
create or replace table core.incident_fits as
with named as (
    select names, kind, unnest(keys.sounds) as sound from core.incident_names
),
homes as (
    select distinct g.group_id, 'employer' as kind, l.employers as names from core.incident_groups as g
    join core.incident_leads as l on l.lead_id = g.lead_id
    union
    select distinct g.group_id, 'project', l.projects from core.incident_groups as g
    join core.incident_leads as l on l.lead_id = g.lead_id
),
seekers as (
    select lead_id, divisions, foremen, code, case when employers is null then 'project' else 'employer' end as kind,
           coalesce(employers, projects) as names
    from core.incident_leads
    where (employers is null) <> (projects is null)
),
home_names as (
    select h.kind, h.names, n.sound, count(*) over (partition by h.kind, n.sound) as size
    from (select distinct kind, names from homes) as h
    join named as n on n.kind = h.kind and n.names = h.names
),
met as (
    select distinct s.kind, s.names as seeker, h.names as home
    from (select distinct kind, names from seekers) as s
    join named as n on n.kind = s.kind and n.names = s.names
    join home_names as h on h.kind = s.kind and h.sound = n.sound
    where h.size <= $largest_block
    union
    select distinct kind, names, names from home_names
),
alike as (
    select m.*, employer_likeness(x.keys, y.keys) as likeness
    from met as m
    join core.incident_names as x on x.kind = m.kind and x.names = m.seeker
    join core.incident_names as y on y.kind = m.kind and y.names = m.home
),
grouped as (
    select
        g.group_id, list_distinct(flatten(list(l.divisions))) as divisions,
        list_distinct(flatten(list(coalesce(l.foremen, [])))) as foremen, min(l.code) as code,
        count(*) > 1 as is_several
    from core.incident_groups as g
    join core.incident_leads as l on l.lead_id = g.lead_id
    group by g.group_id
)
select
    s.lead_id, s.kind, h.group_id, bool_or(a.likeness = 'same') as is_same,
    any_value(list_has_any(s.divisions, g.divisions)) as is_division_shared,
    any_value(coalesce(list_has_any(s.foremen, g.foremen), false)) as is_foreman_shared,
    any_value(coalesce(s.code = g.code, false)) as is_code_equal, any_value(g.is_several) as is_several
from seekers as s
join alike as a on a.kind = s.kind and a.seeker = s.names and a.likeness in ('same', 'variant')
join homes as h on h.kind = a.kind and h.names = a.home
join grouped as g on g.group_id = h.group_id and coalesce(g.code = s.code, true)
group by s.lead_id, s.kind, h.group_id
