-- audit: leads_follow_their_tickets
-- blocking: yes
-- grain: one lead whose published figures are not those of its tickets
-- inputs: clearance.leads, clearance.tickets
-- zh: 线索的件数、未结件数、状态与其所含各件一致
-- why: a lead is open exactly while one of its tickets is
with held as (
    select lead_id, count(*) as tickets, count(*) filter (where is_open) as open_tickets
    from clearance.tickets
    group by lead_id
)
select coalesce(l.lead_id, h.lead_id) as lead_id
from clearance.leads as l
full join held as h on h.lead_id = l.lead_id
where l.lead_id is null
   or h.lead_id is null
   or l.ticket_count is distinct from h.tickets
   or l.open_tickets is distinct from h.open_tickets
   or coalesce((l.status = 'open') <> (h.open_tickets > 0), true)
