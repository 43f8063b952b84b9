-- audit: events_follow_the_receipt
-- blocking: no
-- grain: one event dated before its ticket's receipt
-- inputs: core.ticket_events
-- zh: 没有早于受理日期的经过
-- why: a source may restate its dates of receipt and acceptance; a person should see it, the day need not stop
select e.ticket_id, e.sequence
from core.ticket_events as e
join core.ticket_events as r on r.ticket_id = e.ticket_id and r.event = 'received'
where e.occurred_on < r.occurred_on
