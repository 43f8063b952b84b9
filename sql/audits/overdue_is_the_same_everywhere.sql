-- audit: overdue_is_the_same_everywhere
-- blocking: yes
-- grain: one basis × division × channel whose overdue stock differs between the ledger and the list
-- inputs: clearance.clearance_restated, clearance.tickets, clearance.leads, $business_date
-- zh: 账上的超期未结数等于清单中逐件（逐条）数出的超期未结数
-- why: "zero" means that the overdue stock is 0: two tables of one publication may not say two figures
with listed as (
    select 'ticket' as basis, division_code, channel, count(*) as overdue
    from clearance.tickets
    where is_open and is_overdue
    group by all
    union all
    select 'lead', division_code, channel, count(*)
    from clearance.leads
    where status = 'open' and is_overdue
    group by all
),
booked as (
    select basis, division_code, channel, sum(overdue_open) as overdue
    from clearance.clearance_restated
    where business_date = $business_date
    group by all
)
select
    coalesce(l.basis, b.basis) as basis, coalesce(l.division_code, b.division_code) as division_code,
    coalesce(l.channel, b.channel) as channel, l.overdue as overdue_listed, b.overdue as overdue_booked
from listed as l
full join booked as b on b.basis = l.basis and b.division_code = l.division_code and b.channel = l.channel
where coalesce(l.overdue, 0) <> coalesce(b.overdue, 0)
