-- Grain: a number. Inputs: core.calendar. Why: the campaign's pace counts working days after `first_day` up to and
-- including `last_day`. NULL where one of the two is not in the calendar.
create or replace temp macro working_days_between(first_day, last_day) as
    greatest((select working_day_no from core.calendar where day = cast(last_day as date))
             - (select working_day_no from core.calendar where day = cast(first_day as date)), 0)
