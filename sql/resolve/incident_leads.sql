-- Grain: one lead and what it says of its incident over all its tickets. Inputs: core.features, core.lead_of_ticket,
-- core.incident_told. Why: what one ticket leaves out another tells. A lead with two valid codes (its tickets name two
-- bodies) shows no code. employers, projects: the id of the set of its names.
create or replace table core.incident_leads as
with known as (
    select
        l.lead_id, min(f.received_at) as received_at, arg_min(f.ticket_id, (f.received_at, f.ticket_id)) as anchor_ticket,
        list_sort(list(distinct f.division_code)) as divisions,
        case when count(distinct f.employer_code) = 1 then min(f.employer_code) end as code,
        list_sort(list(distinct f.foreman) filter (where f.foreman is not null)) as foremen
    from core.features as f
    join core.lead_of_ticket as l on l.ticket_id = f.ticket_id
    group by l.lead_id
),
named as (
    select
        lead_id,
        bit_xor(hash(name, is_sure)) filter (where kind = 'employer') as employers,
        bit_xor(hash(name, is_sure)) filter (where kind = 'project') as projects
    from core.incident_told
    group by lead_id
)
select k.*, n.employers, n.projects
from known as k
left join named as n on n.lead_id = k.lead_id
