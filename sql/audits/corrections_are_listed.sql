-- audit: corrections_are_listed
-- blocking: yes
-- grain: one basis × division × channel whose corrections of the business date are not those listed, or a listed one
--        without a cause
-- inputs: clearance.corrections, clearance.clearance_daily, $business_date
-- zh: 业务日的更正数等于逐笔列出的更正之和，每笔有原因
-- why: corrections is late knowledge, merges and splits, listed by cause
with listed as (
    select basis, division_code, channel, sum(effect) as effect
    from clearance.corrections
    where booked_on = $business_date
    group by all
),
booked as (
    select basis, division_code, channel, sum(corrections) as corrections
    from clearance.clearance_daily
    where business_date = $business_date
    group by all
)
select coalesce(l.basis, b.basis) as basis, coalesce(l.division_code, b.division_code) as division_code,
       coalesce(l.channel, b.channel) as channel
from listed as l
full join booked as b on b.basis = l.basis and b.division_code = l.division_code and b.channel = l.channel
where coalesce(l.effect, 0) <> coalesce(b.corrections, 0)
union all
select basis, division_code, channel
from clearance.corrections
where cause is null or cause = ''
