-- Grain: one lead and what it says of its incident over all its tickets. Inputs: core.features, core.lead_of_ticket. Why:
-- what one ticket leaves out another tells. A lead with two valid codes (its tickets name two bodies) shows no code.
create or replace table core.incident_leads as
with known as (
    select
        l.lead_id, min(f.received_at) as received_at, arg_min(f.ticket_id, (f.received_at, f.ticket_id)) as anchor_ticket,
        list_sort(list(distinct f.division_code)) as divisions,
        case when count(distinct f.employer_code) = 1 then min(f.employer_code) end as code,
        list_sort(list(distinct f.employer_set) filter (where f.employer_keys is not null)) as employers,
        list_sort(list(distinct f.project_set) filter (where f.project_keys is not null)) as projects,
        list_sort(list(distinct f.foreman) filter (where f.foreman is not null)) as foremen
    from core.features as f
    join core.lead_of_ticket as l on l.ticket_id = f.ticket_id
    group by l.lead_id
)
select
    * exclude (employers, projects),
    case when len(employers) > 0 then array_to_string(employers, ' ') end as employers,
    case when len(projects) > 0 then array_to_string(projects, ' ') end as projects
from known
