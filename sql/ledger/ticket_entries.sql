-- Grain: one change of a ticket's being open, or of its cell, by the end of the business date. Inputs:
-- core.ticket_events, core.ticket_state, $business_date. Why: what the book should say, knowing all that is known now.
-- A source's repeat or skipped step books nothing.
create or replace table core.ticket_entries as
with stream as (
    select
        e.ticket_id, s.channel, e.sequence, e.event, e.occurred_on, e.ordered_at,
        last_value(e.to_division ignore nulls) over upto as division,
        last_value(e.to_division ignore nulls) over before as division_before,
        last_value(case when e.event <> 'transferred' then e.event end ignore nulls) over before as condition_before
    from core.ticket_events as e
    join core.ticket_state as s on s.ticket_id = e.ticket_id
    where e.occurred_on <= $business_date
      and e.event in ('received', 'reopened', 'closed', 'returned', 'withdrawn', 'transferred')
    window upto as (partition by e.ticket_id order by e.sequence rows unbounded preceding),
           before as (partition by e.ticket_id order by e.sequence rows between unbounded preceding and 1 preceding)
)
select ticket_id as subject_id, channel, division as division_code, sequence, 0 as step, occurred_on, ordered_at, 1 as effect,
       case when condition_before is null then 'received' when condition_before = 'returned' then 'transferred_in'
            else 'reopened' end as flow
from stream
where event in ('received', 'reopened') and coalesce(condition_before not in ('received', 'reopened'), true)
union all
select ticket_id, channel, division, sequence, 0, occurred_on, ordered_at, -1,
       case event when 'returned' then 'transferred_out' else event end
from stream
where event in ('closed', 'returned', 'withdrawn') and condition_before in ('received', 'reopened')
union all
select ticket_id, channel, division_before, sequence, 0, occurred_on, ordered_at, -1, 'transferred_out'
from stream
where event = 'transferred' and condition_before in ('received', 'reopened') and division <> division_before
union all
select ticket_id, channel, division, sequence, 1, occurred_on, ordered_at, 1, 'transferred_in'
from stream
where event = 'transferred' and condition_before in ('received', 'reopened') and division <> division_before
