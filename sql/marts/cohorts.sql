-- Grain: month of receipt × basis × division × channel. Inputs: clearance.tickets, clearance.leads, $business_date. Why:
-- closings ÷ received of the same cohort: a closing counts with the month in which its matter came, not its own.
create or replace table clearance.cohorts as
select
    cast($business_date as date) as business_date, month, basis, division_code, channel,
    cast(count(*) as integer) as received,
    cast(count(*) filter (where status = 'closed') as integer) as closed,
    cast(count(*) filter (where is_open) as integer) as still_open,
    count(*) filter (where status = 'closed') / cast(count(*) as double) as closure_rate
from (
    select 'ticket' as basis, division_code, channel, status, is_open,
           cast(date_trunc('month', received_at) as date) as month
    from clearance.tickets
    union all
    select 'lead', division_code, channel, status, status = 'open', cast(date_trunc('month', first_received_at) as date)
    from clearance.leads
)
group by all
order by month, basis, division_code, channel
