-- Grain: one row in quarantine. Inputs: core.known_rows, core.settled_rows, core.ticket_versions. Why: a claim the table
-- does not hold yet. Resolved is a row in whose place another stands: a correction (wherever it ended: itself in
-- quarantine, it is on the list in this row's place), a later good version of the same number, or the same claim come
-- again in a later delivery (a snapshot repeats it every day; only its newest row counts); a row that a person
-- dismissed; and the row of a correction that was taken back. A row settled by a person takes no part in what came
-- again: else a copy could hide its own correction.
create or replace table clearance.quarantine as
with waiting as (
    select
        q.*, s.how, c.disposition as correction_became,
        s.how is null and (q.delivered_for, q.order_key, q.delivery_id) < max(
            case when s.how is null then (q.delivered_for, q.order_key, q.delivery_id) end
        ) over (partition by q.source, coalesce(q.ticket_no, q.content_hash)) as has_come_again
    from core.known_rows as q
    left join core.settled_rows as s on s.delivery_id = q.delivery_id and s.row_no = q.row_no
    left join core.known_rows as c on c.delivery_id = s.by_delivery and c.row_no = s.by_row
    where q.disposition = 'quarantined'
),
resolved as (
    select
        q.*,
        case
            when q.how in ('dismissed', 'undone') then q.how
            when q.how = 'correction' and q.correction_became = 'quarantined' then 'came_again'
            when q.how = 'correction' then 'correction'
            when exists (
                select 1 from core.ticket_versions as v
                where v.ticket_id = q.ticket_id
                  and (v.changed_at, v.delivered_for, v.order_key) >= (q.changed_at, q.delivered_for, q.order_key))
                then 'later_version'
            when exists (
                select 1 from core.known_rows as o
                where o.ticket_id = q.ticket_id and o.disposition = 'out_of_scope'
                  and (o.changed_at, o.delivered_for, o.order_key) >= (q.changed_at, q.delivered_for, q.order_key))
                then 'out_of_scope'
            when q.has_come_again then 'came_again'
        end as resolved_by
    from waiting as q
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
    q.resolved_by is not null as is_resolved,
    q.resolved_by
from resolved as q
order by q.source, q.delivered_for, q.delivery_id, q.row_no
