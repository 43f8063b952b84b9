-- audit: ledger_has_every_cell
-- blocking: yes
-- grain: one day × basis × division × channel that is missing, doubled or not wanted
-- inputs: clearance.clearance_daily, clearance.clearance_restated, clearance.divisions, $channels, $business_date
-- zh: 每日、每口径、每属地、每渠道都有且只有一行，直至业务日
-- why: a row stands for every combination: a 0 is a figure, a missing row is not
with ledgers as (
    select 'clearance_daily' as ledger, business_date, basis, division_code, channel from clearance.clearance_daily
    union all
    select 'clearance_restated', business_date, basis, division_code, channel from clearance.clearance_restated
),
present as (
    select ledger, business_date, basis, division_code, channel, count(*) as rows
    from ledgers
    group by all
),
spans as (
    select n.ledger, least(coalesce(min(l.business_date), $business_date), $business_date) as first_day
    from (values ('clearance_daily'), ('clearance_restated')) as n(ledger)
    left join ledgers as l on l.ledger = n.ledger
    group by n.ledger
),
days as (
    select
        ledger,
        cast(unnest(generate_series(cast(first_day as timestamp), cast($business_date as timestamp), interval 1 day)) as date)
            as business_date
    from spans
),
wanted as (
    select d.ledger, d.business_date, b.basis, v.division_code, c.channel
    from days as d
    cross join (values ('ticket'), ('lead')) as b(basis)
    cross join clearance.divisions as v
    cross join (select unnest($channels) as channel) as c
)
select
    coalesce(w.ledger, p.ledger) as ledger, coalesce(w.business_date, p.business_date) as business_date,
    coalesce(w.basis, p.basis) as basis, coalesce(w.division_code, p.division_code) as division_code,
    coalesce(w.channel, p.channel) as channel
from wanted as w
full join present as p
    on p.ledger = w.ledger and p.business_date = w.business_date and p.basis = w.basis
   and p.division_code = w.division_code and p.channel = w.channel
where w.ledger is null or p.ledger is null or p.rows <> 1
