-- Grain: day × basis × division × channel of the campaign, its latest day. Inputs: core.stock_intervals, core.cells,
-- clearance.tickets, clearance.leads, clearance.quarantine, core.calendar, $baseline_date, $target_date, $business_date,
-- $scope_divisions, $scope_channels.
-- Why: stock on the baseline date and what is left of it, inflow apart; pace in working days. Outside the campaign's
-- dates rates and pace are NULL.
create or replace table clearance.campaign as
with cells as (
    select distinct basis, division_code, channel from core.cells
),
stock as (
    select basis, subject_id, any_value(division_code) as division_code, any_value(channel) as channel
    from core.stock_intervals
    where opened_on <= $baseline_date and (left_on is null or left_on > $baseline_date)
      and (len(cast($scope_divisions as varchar[])) = 0 or list_contains(cast($scope_divisions as varchar[]), division_code))
      and (len(cast($scope_channels as varchar[])) = 0 or list_contains(cast($scope_channels as varchar[]), channel))
    group by basis, subject_id
),
still_open as (
    select basis, subject_id, any_value(division_code) as division_code, any_value(channel) as channel
    from core.stock_intervals
    where opened_on <= $business_date and (left_on is null or left_on > $business_date)
    group by basis, subject_id
),
firsts as (
    select basis, subject_id, min(opened_on) as received_on from core.stock_intervals group by basis, subject_id
),
stock_cells as (
    select s.basis, s.division_code, s.channel, count(*) as stock_baseline, count(o.subject_id) as stock_left
    from stock as s left join still_open as o on o.basis = s.basis and o.subject_id = s.subject_id
    group by all
),
inflow_cells as (
    select i.basis, i.division_code, i.channel, count(*) as inflow, count(o.subject_id) as inflow_open
    from (select s.basis, s.subject_id,
                 -- (Of two cells on its first day the one it left first.)
                 arg_min(s.division_code, (s.opened_on, coalesce(s.left_on, date '9999-12-31'), s.division_code, s.channel))
                     as division_code,
                 arg_min(s.channel, (s.opened_on, coalesce(s.left_on, date '9999-12-31'), s.division_code, s.channel)) as channel
          from core.stock_intervals as s join firsts as f using (basis, subject_id)
          where f.received_on > $baseline_date
          group by s.basis, s.subject_id) as i
    left join still_open as o on o.basis = i.basis and o.subject_id = i.subject_id
    where (len(cast($scope_divisions as varchar[])) = 0 or list_contains(cast($scope_divisions as varchar[]), i.division_code))
      and (len(cast($scope_channels as varchar[])) = 0 or list_contains(cast($scope_channels as varchar[]), i.channel))
    group by all
),
days as (
    select
        count(*) filter (where is_working_day and day > $business_date and day <= $target_date) as days_left,
        count(*) filter (where is_working_day and day > greatest($baseline_date, $business_date - 7) and day <= $business_date) as days_passed
    from core.calendar
),
cleared_lately as (
    select s.basis, s.division_code, s.channel, count(*) as cleared
    from stock as s
    join (select basis, subject_id, max(left_on) as left_on from core.stock_intervals
          where opened_on <= $business_date group by basis, subject_id) as l using (basis, subject_id)
    left join still_open as o on o.basis = s.basis and o.subject_id = s.subject_id
    where o.subject_id is null and l.left_on > greatest($baseline_date, $business_date - 7) and l.left_on <= $business_date
    group by all
),
facts as (
    select 'ticket' as basis, t.division_code, t.channel,
           count(*) filter (where t.is_overdue) as overdue_open,
           count(*) filter (where t.status = 'closed' and coalesce(t.recovered_fen, 0) = 0
                              and t.outcome is distinct from 'unfounded') as closed_unpaid,
           count(*) filter (where t.is_reply_owed) as reply_owed
    from clearance.tickets as t group by all
    union all
    select 'lead', division_code, channel, count(*) filter (where is_overdue),
           count(*) filter (where is_closed_unpaid), cast(sum(replies_owed) as bigint)
    from clearance.leads group by all
),
waiting as (
    select m.channel, count(*) as quarantined
    from clearance.quarantine as q
    join (select source, arg_min(channel, channel) as channel from core.source_channels group by source) as m on m.source = q.source
    where not q.is_resolved
    group by m.channel
),
joined as (
    select
        c.basis, c.division_code, c.channel,
        coalesce(s.stock_baseline, 0) as stock_baseline, coalesce(s.stock_left, 0) as stock_left,
        coalesce(i.inflow, 0) as inflow, coalesce(i.inflow_open, 0) as inflow_open,
        coalesce(f.overdue_open, 0) as overdue_open, coalesce(f.closed_unpaid, 0) as closed_unpaid,
        coalesce(f.reply_owed, 0) as reply_owed,
        -- Rows in quarantine have no division; they stand once, with the city's own row of their source's channel.
        case when c.division_code = $city_code and c.basis = 'ticket' then coalesce(w.quarantined, 0) else 0 end as quarantined,
        d.days_left, d.days_passed, coalesce(l.cleared, 0) as cleared_lately,
        $business_date between $baseline_date and $target_date as is_running
    from cells as c
    cross join days as d
    left join stock_cells as s using (basis, division_code, channel)
    left join inflow_cells as i using (basis, division_code, channel)
    left join facts as f using (basis, division_code, channel)
    left join cleared_lately as l using (basis, division_code, channel)
    left join waiting as w on w.channel = c.channel
)
select
    cast($business_date as date) as business_date, j.basis, j.division_code, j.channel,
    cast(stock_baseline as integer) as stock_baseline, cast(stock_baseline - stock_left as integer) as stock_cleared,
    cast(stock_left as integer) as stock_left,
    case when is_running and stock_baseline > 0 then (stock_baseline - stock_left) / cast(stock_baseline as double) end as clearance_rate,
    cast(inflow as integer) as inflow, cast(inflow_open as integer) as inflow_open,
    cast(overdue_open as integer) as overdue_open, cast(closed_unpaid as integer) as closed_unpaid,
    cast(reply_owed as integer) as reply_owed, cast(quarantined as integer) as quarantined,
    case when is_running and days_passed > 0 then cleared_lately / cast(days_passed as double) end as pace_last_7,
    case when is_running and days_left > 0 then stock_left / cast(days_left as double) end as pace_needed,
    case when is_running and days_passed > 0 and cleared_lately > 0 then e.day end as date_at_pace
from joined as j
left join core.calendar as n on n.day = $business_date
left join core.calendar as e
    on e.is_working_day
   and e.working_day_no = n.working_day_no + cast(ceil(stock_left * days_passed / nullif(cast(cleared_lately as double), 0)) as integer)
order by j.basis, j.division_code, j.channel
