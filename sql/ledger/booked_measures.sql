-- Grain: day × basis × division × channel. Inputs: registry.day_measures, core.measures, $newest_date,
-- $booked_upto.
-- Why: what was said of a published day stays said; days after the newest published one are said now.
create or replace table core.booked_measures as
select business_date, basis, division_code, channel, overdue_open, due_soon, closed_on_time, closed_late, due_total,
       recovered_persons, recovered_fen, is_delivered
from registry.day_measures
where business_date <= $booked_upto
union all
select business_date, basis, division_code, channel, overdue_open, due_soon, closed_on_time, closed_late, due_total,
       recovered_persons, recovered_fen, is_delivered
from core.measures
where business_date > $newest_date
