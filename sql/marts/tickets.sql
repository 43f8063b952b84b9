-- Grain: one ticket at the end of the business date. Inputs: core.ticket_state, core.ticket_parties, core.clocks,
-- core.ticket_findings, core.lead_of_ticket, core.leads, $business_date. Why: published form: a name only as 张*, a person only as a keyed hash.
create or replace table clearance.tickets as
select
    s.ticket_id, s.source, s.channel, s.ticket_no, l.lead_id, e.incident_id, s.division_code,
    without_numbers(s.handler) as handler, s.received_at, s.accepted_at, c.due_at, c.rule as due_rule, s.source_due_at,
    coalesce(c.disagrees_with_source, false) as is_source_due_different,
    s.closed_at, s.status, without_numbers(s.native_status) as native_status, s.outcome, s.is_open,
    s.is_open and coalesce(c.is_measurable and cast(c.due_at as date) <= $business_date, false) as is_overdue,
    case when s.status = 'closed' then c.state is distinct from 'late' end as is_closed_on_time,
    s.claimed_fen, s.claimed_persons,
    case when s.status = 'closed' then s.recovered_fen end as recovered_fen,
    case when s.status = 'closed' then s.recovered_persons end as recovered_persons,
    without_numbers(s.employer) as employer, without_numbers(s.project) as project, s.industry, s.is_government_project,
    masked_name(p.name) as claimant_masked, p.person_key, s.is_group,
    s.is_open and (e.is_settled or e.has_closed_ticket) as is_reply_owed,
    s.extension_count, s.return_count,
    array_to_string(list_sort(list_concat(
        coalesce(s.flags, []), coalesce(f.findings, []),
        case when c.disagrees_with_source then ['source_deadline_differs'] else [] end)), ',') as flags,
    s.delivery_id, s.row_no
from core.ticket_state as s
left join core.lead_of_ticket as l on l.ticket_id = s.ticket_id
left join core.leads as e on e.lead_id = l.lead_id
left join core.clocks as c on c.ticket_id = s.ticket_id and c.is_closing
left join core.ticket_parties as p on p.ticket_id = s.ticket_id
left join core.ticket_findings as f on f.ticket_id = s.ticket_id
order by s.ticket_id
