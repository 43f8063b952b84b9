-- Grain: one row, or none. Inputs: core.clocks, core.calendar, $business_date. Why: clocks that need a day that the
-- calendar lacks, and the year of that day (the business date itself is needed too).
select year(min(needed)) as missing_year, count(*) as clocks
from (
    select case when starts_at < (select min(day) from core.calendar) then cast(starts_at as date)
                else (select max(day) from core.calendar) + 1 end as needed
    from core.clocks
    where is_day_missing
    union all
    select cast($business_date as date)
    where cast($business_date as date) not in (select day from core.calendar)
)
having count(*) > 0
