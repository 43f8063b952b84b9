-- audit: ledger_chain
-- blocking: yes
-- grain: one day × basis × division × channel whose opening is not the closing of the day before
-- inputs: clearance.clearance_daily, clearance.clearance_restated
-- zh: 每日上期结转等于前一日期末未结；首日上期结转为零
-- why: a book is a chain; its first day opens with nothing
with ledgers as (
    select 'clearance_daily' as ledger, * from clearance.clearance_daily
    union all by name
    select 'clearance_restated' as ledger, * from clearance.clearance_restated
),
chained as (
    select
        ledger, business_date, basis, division_code, channel, opening,
        coalesce(lag(closing) over (partition by ledger, basis, division_code, channel order by business_date), 0)
            as closing_before
    from ledgers
)
select ledger, business_date, basis, division_code, channel
from chained
where opening is distinct from closing_before
