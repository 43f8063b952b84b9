-- Grain: one clock of a ticket. Inputs: core.ticket_state, core.clock_turns, core.clock_rules, core.stated_units,
-- core.calendar, $business_date, $days_before. Why: the time limits as they stand at the end of the business date.
-- The day of the start does not count; a limit in days ends with its last day, one in hours to the second. Where a
-- time has no time of day it is compared by its date. A row that can be measured and has no due_at needs a day that
-- the calendar lacks: the caller refuses it.
create or replace table core.clocks as
with tickets as (
    select
        s.ticket_id, s.channel, s.native_status, s.status, s.received_at, s.received_has_time,
        cast(s.received_at as date) as received_on,
        case when s.filed_at >= s.received_at - to_days($days_before) then s.filed_at end as filed_at,
        case when s.accepted_at >= s.received_at - to_days($days_before) then s.accepted_at end as accepted_at,
        s.dispatched_at, s.signed_at,
        case when s.status = 'closed' then s.closed_at end as closed_at, s.closed_has_time,
        case when s.status in ('returned', 'withdrawn') then t.released_at end as released_at,
        t.restarted_at, t.suspended_working_days, t.suspended_days,
        s.source_due_at, s.source_due_has_time,
        -- A deadline before the matter began is none, nor is an extension to before it.
        case when s.source_due_at >= coalesce(t.restarted_at, s.received_at)
                  or (not coalesce(s.source_due_has_time, false)
                      and cast(s.source_due_at as date) >= cast(coalesce(t.restarted_at, s.received_at) as date))
             then s.source_due_at end as source_date_at,
        case when s.extended_until >= coalesce(t.restarted_at, s.received_at)
                  or (strftime(s.extended_until, '%H:%M:%S') = '00:00:00'
                      and cast(s.extended_until as date) >= cast(coalesce(t.restarted_at, s.received_at) as date))
             then s.extended_until end as extended_until,
        case when s.limit_value between 1 and u.at_most then u.unit end as stated_unit, s.limit_value as stated_limit,
        cast($business_date as date) + interval 1 day as day_end
    from core.ticket_state as s
    left join core.clock_turns as t on t.ticket_id = s.ticket_id
    left join core.stated_units as u on u.native_unit = trim(s.limit_unit)
),
started as (
    select
        t.*,
        r.rule, r.clock, r.clause, r.basis, r.is_closing, r.is_measurable, r.ended_by_status, r.moves_to_working_day,
        r.extension_adds, r.extension_takes_date, r.compares_due, r.compares_extension, r.has_suspension,
        r.stops_when_accepted, r.stops_when_dispatched, r.stops_when_closed,
        r.ends_latest_when_signed, r.ends_latest_when_closed,
        case when r.basis = 'stated' then t.stated_unit else r.unit end as unit,
        case when r.basis = 'stated' then t.stated_limit else r.limit_value end as limit_value,
        coalesce(
            case when r.is_closing then t.restarted_at end,
            case when r.starts_when_filed and t.filed_at < t.day_end then t.filed_at end,
            case when r.starts_when_accepted and t.accepted_at < t.day_end then t.accepted_at end,
            case when r.starts_when_dispatched and t.dispatched_at < t.day_end then t.dispatched_at end,
            case when r.starts_when_received then t.received_at end
        ) as starts_at
    from tickets as t
    join core.clock_rules as r
        on r.channel = t.channel and t.received_on >= r.valid_from and t.received_on <= r.valid_to
    where case r.basis
              when 'date' then t.source_date_at is not null
              when 'stated' then t.stated_unit is not null
                             and not (r.yields_to_date and t.source_date_at is not null)
              else not (r.yields_to_date and t.source_date_at is not null)
                   and not (r.yields_to_stated and t.stated_unit is not null)
          end
),
limited as (
    select
        *,
        cast(starts_at as date) as starts_on,
        (starts_at = received_at and received_has_time) or strftime(starts_at, '%H:%M:%S') <> '00:00:00' as start_has_time,
        case when extension_takes_date then extended_until
             when basis = 'date' then source_date_at end as taken_at,
        case when extension_takes_date and extended_until is not null
             then strftime(extended_until, '%H:%M:%S') <> '00:00:00'
             when basis = 'date' then coalesce(source_due_has_time, false) end as taken_has_time,
        limit_value
            + case when extended_until is not null then coalesce(extension_adds, 0) else 0 end
            + case when not has_suspension then 0
                   when unit = 'working_day' then coalesce(suspended_working_days, 0)
                   else coalesce(suspended_days, 0) end as days_or_hours,
        case when stops_when_accepted then accepted_at end as by_acceptance,
        case when stops_when_dispatched then dispatched_at end as by_dispatch,
        case when stops_when_closed then closed_at end as by_closing,
        case when ends_latest_when_signed then signed_at end as latest_by_signing,
        case when ends_latest_when_closed then closed_at end as latest_by_closing
    from started
    where starts_at is not null
),
counted as (
    select
        *,
        -- The day from which working days are counted, and how many.
        case when taken_at is not null or not is_measurable then null
             when unit = 'working_day' then starts_on
             when unit = 'calendar_day' and moves_to_working_day then starts_on + days_or_hours end as counts_from,
        case when unit = 'working_day' then days_or_hours else 0 end as working_days,
        -- What stopped it: exactly known, known as the latest possible, or because the ticket is no longer ours.
        case when by_acceptance < day_end then by_acceptance
             when by_dispatch < day_end then by_dispatch
             when by_closing < day_end then by_closing end as exact_stop,
        case when latest_by_signing < day_end then latest_by_signing
             when latest_by_closing < day_end then latest_by_closing end as latest_stop
    from limited
),
working_days as (
    select day, working_day_no from core.calendar where is_working_day
),
due as (
    select
        c.*,
        case when not c.is_measurable then null
             when c.taken_at is not null then c.taken_at
             when c.unit = 'hour' then c.starts_at + to_hours(c.days_or_hours)
             when c.counts_from is null then cast(c.starts_on + c.days_or_hours as timestamp)
             else cast(w.day as timestamp) end as raw_due_at,
        case when c.taken_at is not null then not c.taken_has_time
             when c.unit = 'hour' then not c.start_has_time
             else true end as is_due_by_day
    from counted as c
    left join core.calendar as s on s.day = c.counts_from
    left join working_days as w
        on w.working_day_no = s.working_day_no + c.working_days
            + case when c.unit = 'calendar_day' and not s.is_working_day then 1 else 0 end
),
stopped as (
    select
        *,
        case when is_due_by_day
             then cast(cast(raw_due_at as date) + interval 1 day as timestamp) - interval 1 second
             else raw_due_at end as due_at,
        coalesce(exact_stop, latest_stop, released_at) as ended_at,
        exact_stop is null and latest_stop is not null as is_latest_end,
        exact_stop is null and latest_stop is null and released_at is not null as is_released,
        case when exact_stop = by_closing or (exact_stop is null and latest_stop = latest_by_closing)
             then coalesce(closed_has_time, true)
             else strftime(coalesce(exact_stop, latest_stop), '%H:%M:%S') <> '00:00:00' end as stop_has_time
    from due
),
judged as (
    select
        *,
        case when ended_at is null or is_released then false
             when is_due_by_day or not stop_has_time then cast(ended_at as date) > cast(due_at as date)
             else ended_at > due_at end as is_stopped_late,
        due_at < day_end as has_passed
    from stopped
),
states as (
    select
        *,
        case
            when not is_measurable then 'not_measurable'
            when ended_at is not null and not is_stopped_late then 'met'
            when ended_at is not null then case when is_latest_end then 'not_measurable' else 'late' end
            when list_contains(ended_by_status, native_status)
                then case when has_passed then 'not_measurable' else 'met' end
            when has_suspension and status = 'suspended' then 'suspended'
            when has_passed then 'overdue'
            else 'running'
        end as state,
        case when compares_due then source_due_at
             when compares_extension then extended_until
             when basis = 'date' then source_date_at end as compared_at
    from judged
)
select
    ticket_id, clock, rule, clause, is_closing,
    state <> 'not_measurable' as is_measurable,
    case when is_measurable then starts_at end as starts_at,
    due_at, unit, cast(days_or_hours as integer) as limit_value,
    case when state <> 'not_measurable' then ended_at end as stopped_at,
    state,
    compared_at as source_due_at,
    coalesce(compared_at is not null and due_at is not null and cast(compared_at as date) <> cast(due_at as date), false)
        as disagrees_with_source,
    is_measurable and due_at is null as is_day_missing
from states
