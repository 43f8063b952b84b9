-- Grain: one set of projects that leads of one employer in one division name. Inputs: core.incident_firms (profile, firm),
-- core.incident_profiles, core.incident_told, core.incident_names, $least_leads. Why: a firm's leads are one incident but
-- where they clearly name two projects. is_supported: enough leads tell it surely. pieces: pairs of signs of its names, but
-- for those that every tenth firm's projects share (工程, 小区). is_one: it names no two projects surely.
create or replace table core.incident_project_sets as
with sized as (
    select f.firm, p.projects, sum(p.leads) as leads
    from core.incident_firms as f
    join core.incident_profiles as p on p.profile = f.profile
    left join (
        select distinct w.firm, t.projects
        from (
            select f.firm, any_value(n.whole_name) as whole_name
            from core.incident_firms as f
            join core.incident_profiles as p on p.place = f.firm
            join core.incident_names as n on n.kind = 'employer' and n.names = p.employers
            group by f.firm
        ) as w
        join core.incident_firms as g on g.firm = w.firm
        join core.incident_leads as t on t.profile = g.profile
        join core.incident_told as m on m.lead_id = t.lead_id and m.kind = 'project'
        where t.projects is not null
        group by w.firm, w.whole_name, t.projects
        having bool_and(contains(w.whole_name, m.name))
    ) as own on own.firm = f.firm and own.projects = p.projects
    where p.projects is not null and own.firm is null
    group by f.firm, p.projects
),
first_leads as (
    select projects, min(lead_id) as lead_id from core.incident_leads where projects is not null group by projects
),
pieces as (
    select distinct l.projects, unnest(list_transform(range(1, length(t.clean)), lambda i: substr(t.clean, i, 2))) as piece
    from first_leads as l
    join (select lead_id, regexp_replace(name, '[\s()（）·.,，。、#"“”''0-9-]', '', 'g') as clean from core.incident_told where kind = 'project') as t
        on t.lead_id = l.lead_id
),
common as (
    select q.piece
    from pieces as q join sized as s on s.projects = q.projects
    group by q.piece
    having count(distinct s.firm) > 0.1 * (select count(distinct firm) from sized)
),
sure as (
    select l.projects, count(distinct n.keys.sounds[1]) as sounds
    from first_leads as l
    join core.incident_told as t on t.lead_id = l.lead_id and t.kind = 'project' and t.is_sure
    join stage.names as n on n.kind = 'project' and n.name = t.name
    group by l.projects
),
telling as (
    select projects, list(piece order by piece) as pieces from pieces anti join common using (piece) group by projects
)
select
    s.*, coalesce(t.pieces, []) as pieces, coalesce(u.sounds, 1) = 1 as is_one, (n.is_field and s.leads >= $least_leads) or (n.keys.is_sure and s.leads >= $least_leads_in_prose) as is_supported,
    row_number() over (order by s.firm, is_one desc, is_supported desc, s.leads desc, s.projects) as place,
    row_number() over (partition by s.firm order by is_one desc, is_supported desc, s.leads desc, s.projects) as rank
from sized as s
join core.incident_names as n on n.kind = 'project' and n.names = s.projects
left join telling as t on t.projects = s.projects
left join sure as u on u.projects = s.projects
