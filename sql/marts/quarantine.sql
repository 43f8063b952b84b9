-- Grain: one row in quarantine. Inputs: core.known_rows, core.ticket_versions. Why: a claim the table does not hold
-- yet. Resolved is a row in whose place another stands: a later good version of the same number, or the same claim
-- come again in a later delivery (a snapshot repeats it every day; only its newest row counts).
create or replace table clearance.quarantine as
with waiting as (
    select
        *,
        (delivered_for, order_key, delivery_id) < max((delivered_for, order_key, delivery_id))
            over (partition by source, coalesce(ticket_no, content_hash)) as has_come_again
    from core.known_rows
    where disposition = 'quarantined'
)
select
    q.source, q.delivery_id, q.row_no,
    -- No field of a cut or broken row is where it should be: its number may be another field.
    case when q.reason not in ('cut_record', 'broken_row') then q.ticket_no end as ticket_no,
    q.reason,
    case q.reason
        when 'missing_ticket_no' then 'ticket_no' when 'unreadable_ticket_no' then 'ticket_no'
        when 'unreadable_received_at' then 'received_at' when 'impossible_received_at' then 'received_at'
        when 'closed_before_received' then 'closed_at' when 'negative_amount' then 'amount'
        when 'unknown_division' then 'division' when 'unknown_channel' then 'channel' else 'record'
    end as column_name,
    q.delivered_for,
    q.has_come_again or exists (
        select 1 from core.ticket_versions as v
        where v.ticket_id = q.ticket_id
          and (v.changed_at, v.delivered_for, v.order_key) >= (q.changed_at, q.delivered_for, q.order_key))
    or exists (
        select 1 from core.known_rows as o
        where o.ticket_id = q.ticket_id and o.disposition = 'out_of_scope'
          and (o.changed_at, o.delivered_for, o.order_key) >= (q.changed_at, q.delivered_for, q.order_key)) as is_resolved
from waiting as q
order by q.source, q.delivered_for, q.delivery_id, q.row_no
