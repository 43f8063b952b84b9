-- audit: book_figures_are_not_negative
-- blocking: no
-- grain: one day × basis × division × channel of the book with a stock or flow below zero
-- inputs: clearance.clearance_daily
-- zh: 公布账的存量和各流量没有负数
-- why: days that nobody published are booked later; there a closing may stand before its ticket's receipt, which came
--      late and is a correction of the day that was published next. A person should know; the chain still balances
select business_date, basis, division_code, channel
from clearance.clearance_daily
where least(opening, received, reopened, transferred_in, closed, transferred_out, withdrawn, closing) < 0
