-- Grain: one lead at the end of the business date. Inputs: core.lead_of_ticket, core.ticket_state, core.clocks,
-- core.incident_of_lead, core.repeat_of_lead. Why: the unit after deduplication; money once: where tickets disagree,
-- the latest-closed one with a positive amount, and the disagreement is flagged. The clock is the strictest open one.
create or replace table core.leads as
with members as (
    select l.lead_id, l.is_anchor, s.*, c.due_at,
           case when s.status = 'closed' and s.recovered_fen > 0 then s.recovered_fen end as paid_fen
    from core.lead_of_ticket as l
    join core.ticket_state as s on s.ticket_id = l.ticket_id
    left join core.clocks as c on c.ticket_id = l.ticket_id and c.is_closing and c.is_measurable
)
select
    m.lead_id,
    any_value(i.incident_id) as incident_id,
    any_value(m.division_code) filter (where m.is_anchor) as division_code,
    any_value(m.channel) filter (where m.is_anchor) as channel,
    array_to_string(list_sort(list(distinct m.channel)), ',') as channels,
    min(m.received_at) as first_received_at,
    cast(count(*) as integer) as ticket_count,
    cast(count(*) filter (where m.is_open) as integer) as open_tickets,
    case
        when bool_or(m.is_open) then 'open'
        when bool_or(m.status = 'closed') then 'closed'
        else arg_max(m.status, (m.last_changed_at, m.ticket_id))
    end as status,
    coalesce(bool_or(m.status = 'closed' and (m.outcome = 'unfounded' or (m.outcome = 'paid' and m.recovered_fen > 0))), false)
        as is_settled,
    bool_or(m.status = 'closed') as has_closed_ticket,
    case when bool_or(m.is_open) then min(m.due_at) filter (where m.is_open)
         else arg_max(m.due_at, (m.closed_at, m.ticket_id)) filter (where m.closed_at is not null) end as due_at,
    case when not bool_or(m.is_open) then max(m.closed_at) end as closed_at,
    arg_max(m.claimed_fen, (m.received_at, m.ticket_id)) filter (where m.claimed_fen > 0) as claimed_fen,
    max(m.claimed_persons) as claimed_persons,
    arg_max(m.paid_fen, (m.closed_at, m.ticket_id)) filter (where m.paid_fen > 0) as recovered_fen,
    arg_max(coalesce(m.recovered_persons, 0), (m.closed_at, m.ticket_id)) filter (where m.paid_fen > 0) as recovered_persons,
    cast(max(m.closed_at) filter (where m.paid_fen > 0) as date) as recovered_on,
    coalesce(count(distinct m.paid_fen) > 1, false) as has_amount_disagreement,
    any_value(r.repeat_of) as repeat_of,
    bool_or(m.is_group) as is_group,
    arg_min(m.employer, (m.received_at, m.ticket_id)) filter (where m.employer is not null) as employer,
    arg_min(m.project, (m.received_at, m.ticket_id)) filter (where m.project is not null) as project
from members as m
left join core.incident_of_lead as i on i.lead_id = m.lead_id
left join core.repeat_of_lead as r on r.lead_id = m.lead_id
group by m.lead_id
