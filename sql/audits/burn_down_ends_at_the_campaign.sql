-- audit: burn_down_ends_at_the_campaign
-- blocking: yes
-- grain: one basis × division × channel whose last day of the course is not the campaign's figure, or whose course is broken
-- inputs: clearance.burn_down, clearance.campaign
-- zh: 清零曲线末日与清零行动表一致；每日存量已清加未清等于存量
-- why: the chart and the table beside it are read together; outside the campaign's dates there is no course
with last_day as (
    select b.*
    from clearance.burn_down as b
    where b.day = (select max(business_date) from clearance.campaign)
)
select c.basis, c.division_code, c.channel
from clearance.campaign as c
join last_day as b on b.basis = c.basis and b.division_code = c.division_code and b.channel = c.channel
where b.stock_baseline <> c.stock_baseline or b.stock_left <> c.stock_left
   or b.inflow <> c.inflow or b.inflow_open <> c.inflow_open
union all
select basis, division_code, channel
from clearance.burn_down
where stock_baseline <> stock_cleared + stock_left or least(stock_left, inflow_on_day, inflow, inflow_open) < 0
