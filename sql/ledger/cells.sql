-- Grain: every day from the ledger's first to the business date × basis × division × channel.
-- Inputs: core.target_entries, registry.ledger_entries, core.divisions, $channels, $business_date.
-- Why: a row stands for every combination; a 0 is a figure.
create or replace table core.cells as
with first_day as (
    select least(coalesce(min(occurred_on), $business_date), $business_date,
                 coalesce((select min(booked_on) from registry.ledger_entries), $business_date)) as day
    from core.target_entries
)
select cast(d.day as date) as business_date, b.basis, v.division_code, c.channel
from (select unnest(generate_series(cast((select day from first_day) as timestamp), cast($business_date as timestamp),
                                    interval 1 day)) as day) as d
cross join (values ('ticket'), ('lead')) as b(basis)
cross join core.divisions as v
cross join (select unnest($channels) as channel) as c
