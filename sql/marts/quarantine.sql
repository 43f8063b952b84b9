-- Grain: one row in quarantine. Inputs: core.known_rows, core.ticket_versions. Why: a claim the table does not hold
-- yet; resolved when a later good version of the same number came.
create or replace table clearance.quarantine as
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
    exists (
        select 1 from core.ticket_versions as v
        where v.ticket_id = q.ticket_id
          and (v.changed_at, v.delivered_for, v.order_key) >= (q.changed_at, q.delivered_for, q.order_key)) as is_resolved
from core.known_rows as q
where q.disposition = 'quarantined'
order by q.source, q.delivered_for, q.delivery_id, q.row_no
