-- audit: measures_fit_the_stock
-- blocking: yes
-- grain: one day × basis × division × channel with more overdue and due than open, or more closings judged than made
-- inputs: clearance.clearance_restated
-- zh: 超期未结与临期之和不多于期末未结；按时与超期办结之和不多于办结
-- why: only what is open can be overdue, only what was closed can be late
select business_date, basis, division_code, channel
from clearance.clearance_restated
where overdue_open + due_soon > closing
   or closed_on_time + closed_late > closed
