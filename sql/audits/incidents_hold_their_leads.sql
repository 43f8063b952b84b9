-- audit: incidents_hold_their_leads
-- blocking: yes
-- grain: one incident whose published figures are not those of its leads
-- inputs: clearance.incidents, clearance.leads
-- zh: 欠薪事件的线索数、件数、未结线索数与其所含线索一致
-- why: every lead is in exactly one incident
with held as (
    select incident_id, count(*) as leads, sum(ticket_count) as tickets, count(*) filter (where status = 'open') as open_leads
    from clearance.leads
    group by incident_id
)
select coalesce(i.incident_id, h.incident_id) as incident_id
from clearance.incidents as i
full join held as h on h.incident_id = i.incident_id
where i.incident_id is null
   or h.incident_id is null
   or i.lead_count is distinct from h.leads
   or i.ticket_count is distinct from h.tickets
   or i.open_leads is distinct from h.open_leads
