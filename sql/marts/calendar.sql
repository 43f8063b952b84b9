-- Grain: one day. Inputs: core.calendar. Why: the working days that the clocks ran on.
create or replace table clearance.calendar as
select day, is_working_day, name, basis, status from core.calendar order by day
