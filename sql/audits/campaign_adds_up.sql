-- audit: campaign_adds_up
-- blocking: yes
-- grain: one basis × division × channel of the campaign whose stock does not add up, or whose rate is not its formula
-- inputs: clearance.campaign
-- zh: 清零行动：基准存量＝已清＋未清，清零率按公式
-- why: the headline is printed with its formula and must follow it; outside the campaign's dates all three are NULL
select basis, division_code, channel
from clearance.campaign
where stock_baseline <> stock_cleared + stock_left
   or least(stock_baseline, stock_cleared, stock_left) < 0
   or (stock_baseline > 0 and abs(clearance_rate - stock_cleared / stock_baseline) > 0.000001)
