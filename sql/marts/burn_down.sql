-- Grain: day from the campaign's baseline to the business date × basis × division × channel. Inputs: core.stock_intervals,
-- core.cells, $baseline_date, $target_date, $business_date, $scope_divisions, $scope_channels. Why: the campaign's course
-- day by day, by all that is known now: stock counts in the cell it had on the baseline date, inflow in its first cell.
-- A closing and a reopening are one down and one up, so the changes are summed and no day is looked at twice.
create or replace table clearance.burn_down as
with firsts as (
    select basis, subject_id, min(opened_on) as received_on,
           arg_min(division_code, (opened_on, coalesce(left_on, date '9999-12-31'), division_code, channel)) as division_code,
           arg_min(channel, (opened_on, coalesce(left_on, date '9999-12-31'), division_code, channel)) as channel
    from core.stock_intervals
    group by basis, subject_id
),
stock as (
    select basis, subject_id, any_value(division_code) as division_code, any_value(channel) as channel
    from core.stock_intervals
    where opened_on <= $baseline_date and (left_on is null or left_on > $baseline_date)
    group by basis, subject_id
),
followed as (
    select basis, subject_id, division_code, channel, true as is_stock, cast($baseline_date as date) as since from stock
    union all
    select basis, subject_id, division_code, channel, false, received_on from firsts where received_on > $baseline_date
),
scoped as (
    select *
    from followed
    where (len(cast($scope_divisions as varchar[])) = 0 or list_contains(cast($scope_divisions as varchar[]), division_code))
      and (len(cast($scope_channels as varchar[])) = 0 or list_contains(cast($scope_channels as varchar[]), channel))
),
changes as (
    select s.basis, s.division_code, s.channel, s.is_stock, greatest(i.opened_on, $baseline_date) as day, 1 as effect
    from scoped as s
    join core.stock_intervals as i on i.basis = s.basis and i.subject_id = s.subject_id
    where i.left_on is null or i.left_on > $baseline_date
    union all
    select s.basis, s.division_code, s.channel, s.is_stock, i.left_on, -1
    from scoped as s
    join core.stock_intervals as i on i.basis = s.basis and i.subject_id = s.subject_id
    where i.left_on > $baseline_date
),
moved as (
    select day, basis, division_code, channel,
           sum(effect) filter (where is_stock) as stock_change, sum(effect) filter (where not is_stock) as inflow_change
    from changes
    group by all
),
came as (
    select since as day, basis, division_code, channel, count(*) as inflow
    from scoped
    where not is_stock
    group by all
),
summed as (
    select
        c.business_date as day, c.basis, c.division_code, c.channel,
        coalesce(a.inflow, 0) as inflow_on_day,
        coalesce(sum(m.stock_change) over upto, 0) as stock_left,
        coalesce(sum(a.inflow) over upto, 0) as inflow,
        coalesce(sum(m.inflow_change) over upto, 0) as inflow_open
    from core.cells as c
    left join moved as m
        on m.day = c.business_date and m.basis = c.basis and m.division_code = c.division_code and m.channel = c.channel
    left join came as a
        on a.day = c.business_date and a.basis = c.basis and a.division_code = c.division_code and a.channel = c.channel
    where c.business_date between $baseline_date and least(cast($target_date as date), cast($business_date as date))
    window upto as (partition by c.basis, c.division_code, c.channel order by c.business_date)
)
select
    day, basis, division_code, channel,
    cast(first_value(stock_left) over upto as integer) as stock_baseline,
    cast(stock_left as integer) as stock_left,
    cast(first_value(stock_left) over upto - stock_left as integer) as stock_cleared,
    cast(inflow_on_day as integer) as inflow_on_day, cast(inflow as integer) as inflow,
    cast(inflow_open as integer) as inflow_open
from summed
window upto as (partition by basis, division_code, channel order by day)
order by day, basis, division_code, channel
