-- Grain: day × basis × division × channel. Inputs: core.cells, core.stock_intervals, core.ticket_state, core.clocks,
-- core.calendar, core.leads, core.lead_of_ticket, core.source_days, $business_date, $due_soon.
-- Why: overdue and due soon at the end of each day, closings on and past their limit, limits that end on the day, and
-- money once per lead, by event date with all that is known now. A lead is overdue, or due soon, when an open ticket
-- of it is; its closing is late when one of its tickets was closed late.
create or replace table core.measures as
with due as (
    select c.ticket_id, cast(c.due_at as date) as due_on, c.state
    from core.clocks as c
    where c.is_closing and c.is_measurable and c.due_at is not null
),
spans as (
    select i.subject_id as ticket_id, i.division_code, i.channel, i.opened_on,
           coalesce(i.left_on - 1, $business_date) as last_on, d.due_on
    from core.stock_intervals as i
    join due as d on d.ticket_id = i.subject_id
    where i.basis = 'ticket' and coalesce(i.left_on - 1, $business_date) >= i.opened_on
),
marks as (
    select s.ticket_id, s.division_code, s.channel, k.day, k.day >= s.due_on as is_overdue
    from spans as s
    join core.calendar as e on e.day = s.due_on
    join core.calendar as k
        on k.day between s.opened_on and s.last_on
       and (k.day >= s.due_on or e.working_day_no - k.working_day_no <= $due_soon)
),
ticket_marks as (
    select day as business_date, 'ticket' as basis, division_code, channel,
           count(*) filter (where is_overdue) as overdue_open, count(*) filter (where not is_overdue) as due_soon
    from marks
    group by all
),
lead_marks as (
    select day as business_date, 'lead' as basis, division_code, channel,
           count(*) filter (where is_overdue) as overdue_open, count(*) filter (where not is_overdue) as due_soon
    from (
        select m.day, i.division_code, i.channel, i.subject_id, bool_or(m.is_overdue) as is_overdue
        from marks as m
        join core.lead_of_ticket as l on l.ticket_id = m.ticket_id
        join core.stock_intervals as i
            on i.basis = 'lead' and i.subject_id = l.lead_id
           and m.day >= i.opened_on and (i.left_on is null or m.day < i.left_on)
        group by all
    )
    group by all
),
late_tickets as (
    select ticket_id from due where state = 'late'
),
closings as (
    select occurred_on as business_date, 'ticket' as basis, division_code, channel,
           count(*) filter (where subject_id not in (select ticket_id from late_tickets)) as closed_on_time,
           count(*) filter (where subject_id in (select ticket_id from late_tickets)) as closed_late
    from core.ticket_entries
    where flow = 'closed'
    group by all
    union all
    select occurred_on, 'lead', division_code, channel,
           count(*) filter (where subject_id not in (
               select lead_id from core.lead_of_ticket where ticket_id in (select ticket_id from late_tickets))),
           count(*) filter (where subject_id in (
               select lead_id from core.lead_of_ticket where ticket_id in (select ticket_id from late_tickets)))
    from core.lead_entries
    where flow = 'closed'
    group by all
),
due_totals as (
    select d.due_on as business_date, 'ticket' as basis, s.division_code, s.channel, count(*) as due_total
    from due as d
    join core.ticket_state as s on s.ticket_id = d.ticket_id
    where s.status not in ('returned', 'withdrawn')
    group by all
    union all
    select cast(due_at as date), 'lead', division_code, channel, count(*)
    from core.leads
    where due_at is not null and status in ('open', 'closed')
    group by all
),
recoveries as (
    select cast(closed_at as date) as business_date, 'ticket' as basis, division_code, channel,
           sum(recovered_persons) as recovered_persons, sum(recovered_fen) as recovered_fen
    from core.ticket_state
    where status = 'closed' and recovered_fen > 0
    group by all
    union all
    select recovered_on, 'lead', division_code, channel, sum(recovered_persons), sum(recovered_fen)
    from core.leads
    where recovered_fen > 0
    group by all
)
select
    c.business_date, c.basis, c.division_code, c.channel,
    cast(coalesce(t.overdue_open, l.overdue_open, 0) as integer) as overdue_open,
    cast(coalesce(t.due_soon, l.due_soon, 0) as integer) as due_soon,
    cast(coalesce(k.closed_on_time, 0) as integer) as closed_on_time,
    cast(coalesce(k.closed_late, 0) as integer) as closed_late,
    cast(coalesce(d.due_total, 0) as integer) as due_total,
    cast(coalesce(r.recovered_persons, 0) as integer) as recovered_persons,
    cast(coalesce(r.recovered_fen, 0) as bigint) as recovered_fen,
    coalesce(s.is_delivered, false) as is_delivered
from core.cells as c
left join ticket_marks as t using (business_date, basis, division_code, channel)
left join lead_marks as l using (business_date, basis, division_code, channel)
left join closings as k using (business_date, basis, division_code, channel)
left join due_totals as d using (business_date, basis, division_code, channel)
left join recoveries as r using (business_date, basis, division_code, channel)
left join core.source_days as s on s.business_date = c.business_date and s.channel = c.channel
