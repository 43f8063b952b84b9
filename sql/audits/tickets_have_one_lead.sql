-- audit: tickets_have_one_lead
-- blocking: yes
-- grain: one ticket that is in no lead, in several, or in one that is not published so
-- inputs: core.ticket_state, core.lead_of_ticket, clearance.tickets
-- zh: 每一件恰好归入一条线索
-- why: a ticket without a lead is not counted in leads, one in two is counted twice
select s.ticket_id, count(l.lead_id) as leads
from core.ticket_state as s
left join core.lead_of_ticket as l on l.ticket_id = s.ticket_id
group by s.ticket_id
having count(l.lead_id) <> 1
union all
select l.ticket_id, 0
from core.lead_of_ticket as l
anti join core.ticket_state as s on s.ticket_id = l.ticket_id
union all
select l.ticket_id, 1
from core.lead_of_ticket as l
join clearance.tickets as p on p.ticket_id = l.ticket_id
where p.lead_id is distinct from l.lead_id
