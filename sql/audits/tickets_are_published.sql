-- audit: tickets_are_published
-- blocking: yes
-- grain: one ticket that was sent and is not published, or is published and was never sent, or differs
-- inputs: core.ticket_versions, core.ticket_state, clearance.tickets, $business_date
-- zh: 业务日前收到的每一件都在公布表中，且不多一件，状态、属地、渠道一致
-- why: no ticket is ever lost or invented on the way from the sources to the table
with sent as (
    select ticket_id, max(cast(received_at as date)) as received_on
    from core.ticket_versions
    group by ticket_id
)
select coalesce(s.ticket_id, p.ticket_id) as ticket_id
from core.ticket_state as s
full join clearance.tickets as p on p.ticket_id = s.ticket_id
where s.ticket_id is null
   or p.ticket_id is null
   or p.is_open is distinct from s.is_open
   or p.status is distinct from s.status
   or p.division_code is distinct from s.division_code
   or p.channel is distinct from s.channel
union all
select v.ticket_id
from sent as v
anti join core.ticket_state as s on s.ticket_id = v.ticket_id
where v.received_on <= $business_date
union all
select s.ticket_id
from core.ticket_state as s
anti join sent as v on v.ticket_id = s.ticket_id
