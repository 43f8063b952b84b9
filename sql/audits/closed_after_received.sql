-- audit: closed_after_received
-- blocking: yes
-- grain: one ticket or lead that is closed before it was received, open with a closing, or closed without one
-- inputs: core.ticket_state, clearance.tickets, clearance.leads
-- zh: 办结不早于受理；未结的没有办结时间，办结的有
-- why: times without a time of day are compared by their date
select p.ticket_id as subject_id
from clearance.tickets as p
join core.ticket_state as s on s.ticket_id = p.ticket_id
where cast(p.closed_at as date) < cast(p.received_at as date)
   or (p.closed_at < p.received_at and s.received_has_time and s.closed_has_time)
   or (p.is_open and p.closed_at is not null)
   or (p.status = 'closed' and p.closed_at is null)
union all
select lead_id
from clearance.leads
where cast(closed_at as date) < cast(first_received_at as date)
   or (status = 'open' and closed_at is not null)
   or (status = 'closed' and closed_at is null)
