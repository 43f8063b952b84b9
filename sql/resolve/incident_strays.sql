-- Grain: one lead that names employer and project, is linked to none, and the one group of leads it fits best. Inputs:
-- core.incident_leads, core.incident_names, core.incident_groups, $largest_block, $least_weight. Why: a name misread by one sign, or a
-- ticket filed in another division, is the stray of a group; it brings no two groups together, and where it fits two
-- alike it stays apart.
create or replace table core.incident_strays as
with sized as (
    select lead_id, group_id, count(*) over (partition by group_id) as size from core.incident_groups
),
named as (
    select names, kind, unnest(keys.hints) as hint from core.incident_names
),
sounded as (
    select names, kind, unnest(keys.sounds) as sound, keys.hints as hints from core.incident_names
),
told as (
    select distinct size = 1 as is_stray, employers, projects
    from sized as s
    join core.incident_leads as l on l.lead_id = s.lead_id
    where l.employers is not null and l.projects is not null
),
keyed as (
    select t.*, hash(e.hint, p.sound, 'employer') as block
    from told as t
    join named as e on e.kind = 'employer' and e.names = t.employers
    join sounded as p on p.kind = 'project' and p.names = t.projects
    where not list_contains(p.hints, e.hint)
    union
    select t.*, hash(e.sound, p.hint, 'project')
    from told as t
    join sounded as e on e.kind = 'employer' and e.names = t.employers
    join named as p on p.kind = 'project' and p.names = t.projects
    where e.sound <> p.hint
),
homes as (
    select *, count(*) over (partition by block) as size from keyed where not is_stray
),
met as (
    select distinct s.employers, s.projects, h.employers as home_employers, h.projects as home_projects
    from keyed as s
    join homes as h on h.block = s.block and h.size <= $largest_block
    where s.is_stray
),
alike as (
    select m.*, employer_likeness(e.keys, f.keys) as employer, employer_likeness(p.keys, q.keys) as project
    from met as m
    join core.incident_names as e on e.kind = 'employer' and e.names = m.employers
    join core.incident_names as f on f.kind = 'employer' and f.names = m.home_employers
    join core.incident_names as p on p.kind = 'project' and p.names = m.projects
    join core.incident_names as q on q.kind = 'project' and q.names = m.home_projects
    -- A project read as an employer says nothing of the employer.
    where len(list_filter(list_intersect(e.keys.hints, f.keys.hints),
                          lambda x: not list_contains(p.keys.hints, x) and not list_contains(q.keys.hints, x))) > 0
),
grouped as (
    select
        s.group_id, list_distinct(flatten(list(l.divisions))) as divisions,
        list_distinct(flatten(list(coalesce(l.foremen, [])))) as foremen, min(l.code) as code
    from sized as s
    join core.incident_leads as l on l.lead_id = s.lead_id
    where s.size > 1
    group by s.group_id
),
fits as (
    select
        s.lead_id, h.group_id,
        max(case a.employer when 'same' then 4 when 'variant' then 2 else 0 end
            + case a.project when 'same' then 4 when 'variant' then 2 else 0 end)
            + 3 * any_value(list_has_any(l.divisions, g.divisions))::integer
            + 2 * any_value(coalesce(list_has_any(l.foremen, g.foremen), false))::integer
            + 8 * any_value(coalesce(l.code = g.code, false))::integer as weight
    from sized as s
    join core.incident_leads as l on l.lead_id = s.lead_id
    join alike as a on a.employers = l.employers and a.projects = l.projects
    join (select distinct z.group_id, l.employers, l.projects from sized as z
          join core.incident_leads as l on l.lead_id = z.lead_id where z.size > 1) as h
      on h.employers = a.home_employers and h.projects = a.home_projects
    join grouped as g on g.group_id = h.group_id and coalesce(g.code = l.code, true)
    where s.size = 1
      and a.employer in ('same', 'variant') and a.project in ('same', 'variant')
    group by s.lead_id, h.group_id
)
select lead_id, min(group_id) as group_id, max(weight) as weight
from (select *, rank() over (partition by lead_id order by weight desc) as place from fits)
where place = 1 and weight >= $least_weight
group by lead_id
having count(*) = 1
