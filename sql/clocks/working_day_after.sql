-- Grain: a date. Inputs: core.calendar. Why: the date that a pace reaches: the `counted`th working day after
-- `first_day`, a fraction rounded up. NULL where the calendar does not reach so far.
create or replace temp macro working_day_after(first_day, counted) as
    (select min(w.day)
     from core.calendar as w
     join core.calendar as s on s.day = cast(first_day as date)
     where w.is_working_day and w.working_day_no = s.working_day_no + cast(ceil(counted) as integer))
