-- Grain: one lead. Inputs: core.leads, $business_date. Why: published form.
create or replace table clearance.leads as
select
    lead_id, incident_id, division_code, channel, channels, first_received_at, ticket_count, open_tickets,
    case when is_settled or has_closed_ticket then open_tickets else 0 end as replies_owed,
    status, is_settled, due_at, status = 'open' and coalesce(cast(due_at as date) <= $business_date, false) as is_overdue,
    closed_at, claimed_fen, claimed_persons, coalesce(recovered_fen, 0) as recovered_fen,
    coalesce(recovered_persons, 0) as recovered_persons, has_amount_disagreement,
    status = 'closed' and recovered_fen is null and not is_settled as is_closed_unpaid,
    repeat_of, is_group
from core.leads
order by lead_id
