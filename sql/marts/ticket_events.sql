-- Grain: one event by the end of the business date. Inputs: core.ticket_events, core.ticket_state, $business_date.
-- Why: published form.
create or replace table clearance.ticket_events as
select e.ticket_id, e.sequence, e.event, e.occurred_at, e.occurred_on, e.from_division, e.to_division, e.detail,
       e.is_inferred, e.delivery_id
from core.ticket_events as e
semi join core.ticket_state as s on s.ticket_id = e.ticket_id
where e.occurred_on <= $business_date
order by e.ticket_id, e.sequence
