-- audit: restated_closing_is_the_stock
-- blocking: yes
-- grain: one basis × division × channel whose closing at the business date is not its number of open tickets or leads
-- inputs: clearance.clearance_restated, core.ticket_state, clearance.leads, $business_date
-- zh: 按发生日重述的账在业务日的期末未结等于逐件（逐条线索）数出的未结数
-- why: the ledger by event date, counted from the events, agrees with the tickets counted one by one
with stock as (
    select 'ticket' as basis, division_code, channel, count(*) as open_subjects
    from core.ticket_state
    where is_open
    group by all
    union all
    select 'lead', division_code, channel, count(*)
    from clearance.leads
    where status = 'open'
    group by all
),
closings as (
    select basis, division_code, channel, sum(closing) as closing
    from clearance.clearance_restated
    where business_date = $business_date
    group by all
)
select
    coalesce(s.basis, c.basis) as basis, coalesce(s.division_code, c.division_code) as division_code,
    coalesce(s.channel, c.channel) as channel, s.open_subjects, c.closing
from stock as s
full join closings as c on c.basis = s.basis and c.division_code = s.division_code and c.channel = s.channel
where coalesce(s.open_subjects, 0) is distinct from c.closing
