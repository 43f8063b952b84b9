-- Grain: one year. Inputs: core.clocks. Why: a year that a limit in working days touches needs its regional days.
select distinct unnest(range(first_year, last_year + 1)) as calendar_year
from (
    select distinct year(starts_at) as first_year, year(due_at) as last_year
    from core.clocks
    where unit = 'working_day' and starts_at is not null and due_at is not null
)
order by calendar_year
