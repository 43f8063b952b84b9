-- Grain: one row. Inputs: core.ticket_state, $business_date. Why: the calendar starts before the earliest receipt.
select coalesce(min(cast(received_at as date)), cast($business_date as date)) as first_start
from core.ticket_state
