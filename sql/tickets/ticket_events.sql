-- Grain: one event of a ticket. Inputs: core.ticket_versions, core.state_changes. Why: state, clocks and ledger are
-- queries over events. `received` and `accepted` carry the dates as last stated; a change of division is a transfer
-- at the version's change; an extension is when a later deadline or a higher count is first seen (inferred).
create or replace table core.ticket_events as
with versions as (
    select
        *,
        lag(division_code) over fold as previous_division,
        lag(status) over fold as previous_status,
        max(extended_until) over before as extended_before,
        max(extension_count) over before as extensions_before
    from core.ticket_versions
    where not is_contradicted
    window fold as (partition by ticket_id order by version_no),
           before as (partition by ticket_id order by version_no rows between unbounded preceding and 1 preceding)
),
stated as (
    select
        ticket_id,
        any_value(source) as source,
        arg_max(received_at, version_no) as received_at,
        arg_max(received_has_time, version_no) as received_has_time,
        arg_max(accepted_at, version_no) filter (where accepted_at is not null) as accepted_at,
        arg_min(division_code, version_no) as first_division,
        arg_min(delivery_id, version_no) as delivery_id,
        arg_min(row_no, version_no) as row_no
    from versions
    group by ticket_id
),
events as (
    select ticket_id, source, 'received' as event, received_at as occurred_at, received_has_time as has_time,
           null as from_division, first_division as to_division, null as detail, false as is_inferred,
           delivery_id, row_no, 0 as version_no, 0 as rank, cast(null as timestamp) as next_since
    from stated
    union all
    select ticket_id, source, 'accepted', accepted_at, true, null, null, null, false, delivery_id, row_no, 0, 1, null
    from stated
    where accepted_at is not null
    union all
    select ticket_id, source, 'transferred', changed_at, true, previous_division, division_code, null, false,
           delivery_id, row_no, version_no, 2, null
    from versions
    where previous_division <> division_code
    union all
    select ticket_id, source, 'extended', changed_at, true, null, null, strftime(extended_until, '%Y-%m-%d %H:%M:%S'),
           true, delivery_id, row_no, version_no, 3, null
    from versions
    where (extended_until is not null and (extended_before is null or extended_until > extended_before))
       or (extended_until is null and extension_count > coalesce(extensions_before, 0))
    union all
    select ticket_id, source, 'suspended', changed_at, true, null, null, null, false, delivery_id, row_no, version_no, 4, null
    from versions
    where status = 'suspended' and previous_status is distinct from 'suspended'
    union all
    select ticket_id, source, 'resumed', changed_at, true, null, null, null, false, delivery_id, row_no, version_no, 5, null
    from versions
    where previous_status = 'suspended' and status not in ('suspended', 'closed', 'returned', 'withdrawn')
    union all
    -- A source that says 重新办理 while we never saw the closing: shown, and the ledger books nothing for it.
    select v.ticket_id, t.source, 'reopened', v.since, v.has_time, null, null, null, false, v.delivery_id, v.row_no, v.version_no, 6, null
    from core.standing_versions as v
    join stated as t on t.ticket_id = v.ticket_id
    where v.status = 'reopened' and v.previous_status is distinct from 'reopened'
      and not exists (
          select 1 from core.state_changes as s
          where s.ticket_id = v.ticket_id and s.version_no = v.version_no and s.change_no > 1)
    union all
    select s.ticket_id, t.source, case when s.condition = 'open' then 'reopened' else s.condition end, s.since, s.has_time,
           null, null, null, s.is_inferred, s.delivery_id, s.row_no, s.version_no, 6, s.next_since
    from core.state_changes as s
    join stated as t on t.ticket_id = s.ticket_id
    where not (s.change_no = 1 and s.condition = 'open')
),
placed as (
    -- Order within a ticket: by time, at one instant by version; a closing without a time of day comes last on its day, but before
    -- what the source said next of that day; nothing comes before the receipt.
    select
        e.*,
        case when e.event = 'received' then e.occurred_at
             when not e.has_time then greatest(
                 least(cast(cast(e.occurred_at as date) as timestamp) + interval 1 day - interval 1 second,
                       case when cast(e.next_since as date) = cast(e.occurred_at as date) then e.next_since end),
                 t.received_at)
             else greatest(e.occurred_at, t.received_at) end as ordered_at
    from events as e
    join stated as t on t.ticket_id = e.ticket_id
)
select
    ticket_id, source, event, occurred_at, cast(ordered_at as date) as occurred_on, has_time, from_division, to_division, detail, is_inferred,
    delivery_id, row_no, version_no, ordered_at,
    cast(row_number() over (
        partition by ticket_id order by case when event = 'received' then 0 else 1 end, ordered_at, version_no, rank
    ) as integer) as sequence
from placed
