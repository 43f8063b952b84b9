-- Grain: one incident. Inputs: core.leads, core.lead_of_ticket, core.ticket_parties, $large_persons, $large_fen,
-- $major_persons, $major_fen. Why: the head count is the larger of a group's number and the number of distinct people,
-- never their sum.
create or replace table clearance.incidents as
with people as (
    select e.incident_id, count(distinct p.person_key) as distinct_people, count(distinct e.lead_id) as leads
    from core.leads as e
    join core.lead_of_ticket as l on l.lead_id = e.lead_id
    left join core.ticket_parties as p on p.ticket_id = l.ticket_id and p.role in ('claimant', 'representative')
    group by e.incident_id
),
summed as (
    select
        incident_id,
        arg_min(division_code, (first_received_at, lead_id)) as division_code,
        arg_min(employer, (first_received_at, lead_id)) filter (where employer is not null) as employer,
        arg_min(project, (first_received_at, lead_id)) filter (where project is not null) as project,
        cast(count(*) as integer) as lead_count, cast(sum(ticket_count) as integer) as ticket_count,
        max(claimed_persons) as largest_group,
        cast(greatest(coalesce(max(claimed_fen) filter (where is_group), 0),
                      coalesce(sum(claimed_fen) filter (where not is_group), 0)) as bigint) as claimed_fen,
        cast(coalesce(sum(recovered_fen), 0) as bigint) as recovered_fen,
        min(first_received_at) as first_received_at,
        cast(count(*) filter (where status = 'open') as integer) as open_leads
    from core.leads
    group by incident_id
)
select
    s.incident_id, s.division_code, without_numbers(s.employer) as employer, without_numbers(s.project) as project,
    s.lead_count, s.ticket_count,
    cast(greatest(coalesce(s.largest_group, 0), p.distinct_people, 1) as integer) as persons,
    s.claimed_fen, s.recovered_fen, s.first_received_at, s.open_leads,
    case
        when greatest(coalesce(s.largest_group, 0), p.distinct_people) >= $major_persons or s.claimed_fen >= $major_fen then 'major'
        when greatest(coalesce(s.largest_group, 0), p.distinct_people) >= $large_persons or s.claimed_fen >= $large_fen then 'large'
        else 'ordinary'
    end as size
from summed as s
join people as p on p.incident_id = s.incident_id
order by s.incident_id
