-- Grain: one lead and one name of an employer or a project that its tickets tell. Inputs: core.ticket_state, stage.prose,
-- core.lead_of_ticket, stage.names. Why: incidents choose among the names of a lead. confidence: 1 for a field. heard: by
-- what sound a name is known.
create or replace table core.incident_mentions as
with told as (
    select l.lead_id, s.ticket_id, s.employer, s.project, r.told_employers, r.told_projects
    from core.ticket_state as s
    join core.lead_of_ticket as l on l.ticket_id = s.ticket_id
    join stage.prose as r on r.delivery_id = s.delivery_id and r.row_no = s.row_no
),
mentions as (
    select lead_id, ticket_id, 'employer' as kind, employer as name, 1.0 as confidence from told where employer is not null
    union all
    select lead_id, ticket_id, 'project', project, 1.0 from told where project is not null
    union all
    select lead_id, ticket_id, 'employer', concat(m.place, m.brand, m.industry, m.form), least(m.confidence, 0.99)
    from (select lead_id, ticket_id, unnest(told_employers) as m from told)
    union all
    select lead_id, ticket_id, 'project', m.name, least(m.confidence, 0.99)
    from (select lead_id, ticket_id, unnest(told_projects) as m from told)
)
select m.lead_id, m.kind, m.name, max(m.confidence) as confidence, count(distinct m.ticket_id) as tickets, any_value(n.keys.sounds[1]) as heard
from mentions as m
join stage.names as n on n.kind = m.kind and n.name = m.name
group by m.lead_id, m.kind, m.name
