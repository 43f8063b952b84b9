-- Grain: one ticket that was ever reopened, returned, withdrawn or suspended. Inputs: core.ticket_events,
-- core.calendar, $business_date. Why: a reopening after a closing starts the closing clock anew; coming back after a
-- return or withdrawal does not (a return must not buy time). What was suspended since is counted in days.
create or replace table core.clock_turns as
with events as (
    select ticket_id, sequence, event, occurred_at
    from core.ticket_events
    where occurred_on <= $business_date
      and event in ('received', 'closed', 'returned', 'withdrawn', 'reopened', 'suspended', 'resumed')
      and ticket_id in (
          select ticket_id from core.ticket_events where event in ('returned', 'withdrawn', 'reopened', 'suspended'))
),
conditions as (
    select
        ticket_id, event, occurred_at,
        lag(event) over (partition by ticket_id order by sequence) as event_before
    from events
    where event not in ('suspended', 'resumed')
),
turns as (
    select
        ticket_id,
        max(occurred_at) filter (
            where event = 'reopened' and event_before not in ('returned', 'withdrawn')) as restarted_at,
        max(occurred_at) filter (where event in ('returned', 'withdrawn')) as released_at
    from conditions
    group by ticket_id
),
pauses as (
    select
        ticket_id, event, occurred_at,
        coalesce(
            lead(occurred_at) over (partition by ticket_id order by sequence),
            cast($business_date as timestamp)) as ended_at
    from events
    where event <> 'received'
),
suspended as (
    select
        p.ticket_id,
        sum(e.working_day_no - b.working_day_no) as suspended_working_days,
        sum(e.day - b.day) as suspended_days
    from pauses as p
    join turns as t on t.ticket_id = p.ticket_id
    join core.calendar as b on b.day = cast(p.occurred_at as date)
    join core.calendar as e on e.day = cast(p.ended_at as date)
    where p.event = 'suspended' and (t.restarted_at is null or p.occurred_at >= t.restarted_at)
    group by p.ticket_id
)
select
    t.ticket_id, t.restarted_at, t.released_at,
    cast(coalesce(s.suspended_working_days, 0) as integer) as suspended_working_days,
    cast(coalesce(s.suspended_days, 0) as integer) as suspended_days
from turns as t
left join suspended as s on s.ticket_id = t.ticket_id
