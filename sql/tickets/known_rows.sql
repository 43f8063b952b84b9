-- Grain: one staged row of a known delivery, with its final disposition. Inputs: stage.rows, core.known_deliveries,
-- core.settled_rows.
-- Why: every row is a version, the same as the version before it, out of scope, or quarantined; never anything else.
-- Versions are ordered by (changed_at, delivered_for, order_key, delivery, row). "Same" means equal to the one right
-- before it: A, B, A are three versions. Within one delivery and day, two rows of one number with the same status and
-- another division or phone contradict each other: the later stands, the earlier makes no event. A ticket
-- that leaves the scope does so in a version of its own: withdrawn, never simply gone. Texts stay in stage.rows.
create or replace table core.known_rows as
with known as (
    select delivery_id, row_no, source, delivered_for, order_key, ticket_no, ticket_id, channel, changed_at, native_status,
           status, received_at, closed_at, division_code, category,
           coalesce(reason, case when is_set_aside then 'set_aside' end) as reason, content_hash,
           case when is_set_aside then 'quarantined' else disposition end as disposition, flags, claimant_phone
    from (
        -- A row that a person corrected or dismissed stays out, also where a rule mended later would read it.
        select r.*, coalesce(s.is_set_aside, false) as is_set_aside
        from stage.rows as r
        left join core.settled_rows as s on s.delivery_id = r.delivery_id and s.row_no = r.row_no
    ) as r
    semi join core.known_deliveries as k on k.delivery_id = r.delivery_id
),
folded as (
    select
        k.delivery_id, k.row_no, k.ticket_id,
        row_number() over fold as fold_no,
        lag(k.content_hash) over fold as previous_hash,
        k.content_hash,
        count(*) filter (where k.disposition = 'in_scope') over (fold rows unbounded preceding) > 0 as was_in_scope
    from known as k
    where k.disposition in ('in_scope', 'out_of_scope') and k.ticket_id is not null
    window fold as (partition by k.ticket_id order by k.changed_at, k.delivered_for, k.order_key, k.delivery_id, k.row_no)
),
contradicted as (
    select distinct a.delivery_id, a.row_no
    from known as a
    join known as b
        on b.delivery_id = a.delivery_id and b.ticket_id = a.ticket_id
       and b.native_status is not distinct from a.native_status
       and cast(b.changed_at as date) = cast(a.changed_at as date)
       and (b.changed_at > a.changed_at or (b.changed_at = a.changed_at and b.row_no > a.row_no))
       and (b.division_code <> a.division_code or b.claimant_phone <> a.claimant_phone)
    where a.disposition = 'in_scope' and b.disposition = 'in_scope'
)
select
    k.delivery_id, k.row_no, k.source, k.delivered_for, k.order_key, k.ticket_no, k.ticket_id, k.channel, k.changed_at,
    k.native_status, k.status, k.received_at, k.closed_at, k.division_code, k.category, k.reason, k.content_hash,
    case
        when k.disposition = 'quarantined' or not coalesce(f.was_in_scope, false) then k.disposition
        when f.previous_hash = f.content_hash then 'same_as_before'
        else 'version'
    end as disposition,
    list_concat(k.flags, case when c.row_no is not null then ['contradiction'] else [] end,
                case when k.disposition = 'out_of_scope' and f.was_in_scope then ['left_scope'] else [] end) as flags,
    k.disposition = 'out_of_scope' as has_left_scope,
    c.row_no is not null as is_contradicted,
    f.fold_no
from known as k
left join folded as f on f.delivery_id = k.delivery_id and f.row_no = k.row_no
left join contradicted as c on c.delivery_id = k.delivery_id and c.row_no = k.row_no
