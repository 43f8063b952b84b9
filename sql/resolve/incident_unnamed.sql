-- Grain: one lead with its profile: the way in which it tells of its incident. Inputs: core.incident_leads,
-- core.incident_names. Why: 雁回养殖基地 may be read as a firm 雁回: employers that are only the lead's project name none.
create or replace table core.incident_leads as
with told as (
    select distinct employers, projects
    from core.incident_leads
    where code is null and employers is not null and projects is not null
),
only_projects as (
    select t.employers, t.projects
    from told as t
    join core.incident_names as e on e.kind = 'employer' and e.names = t.employers
    join core.incident_names as p on p.kind = 'project' and p.names = t.projects
    where list_has_all(p.keys.hints, e.keys.sounds)
),
named as (
    select l.* replace (case when o.employers is null then l.employers end as employers)
    from core.incident_leads as l
    left join only_projects as o on o.employers = l.employers and o.projects = l.projects and l.code is null
)
select *, hash(employers, projects, divisions, code) as profile
from named
