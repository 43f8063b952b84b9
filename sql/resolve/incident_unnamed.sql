-- Grain: one lead whose employers are only its project, read as an employer too: it names none. Inputs:
-- core.incident_leads, core.incident_names. Why: 雁回养殖基地 may be read as a firm 雁回; two firms at work there are two.
update core.incident_leads
set employers = null
where lead_id in (
    with told as (
        select distinct employers, projects
        from core.incident_leads
        where code is null and employers is not null and projects is not null
    ),
    keyed as materialized (
        select t.*, e.keys.sounds as sounds
        from told as t
        join core.incident_names as e on e.kind = 'employer' and e.names = t.employers
    ),
    only_projects as (
        select k.employers, k.projects
        from keyed as k
        join core.incident_names as p on p.kind = 'project' and p.names = k.projects
        where list_has_all(p.keys.hints, k.sounds)
    )
    select l.lead_id
    from core.incident_leads as l
    join only_projects as o on o.employers = l.employers and o.projects = l.projects
    where l.code is null
)
