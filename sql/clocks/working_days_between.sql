-- Grain: a number. Inputs: core.calendar. Why: the campaign's pace counts working days after `first_day` up to and
-- including `last_day`; 0 where that is not later, NULL where one of the two is not in the calendar.
create or replace temp macro working_days_between(first_day, last_day) as
    (select case when e.day < b.day then 0 else e.working_day_no - b.working_day_no end
     from core.calendar as b
     join core.calendar as e on e.day = cast(last_day as date)
     where b.day = cast(first_day as date))
