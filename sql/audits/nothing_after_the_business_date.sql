-- audit: nothing_after_the_business_date
-- blocking: yes
-- grain: one published ticket, lead or ledger row that lies after the business date
-- inputs: clearance.tickets, clearance.leads, clearance.clearance_daily, clearance.clearance_restated, $business_date
-- zh: 公布内容不含业务日之后的事
-- why: a publication of a day counts events up to the end of that day, in a backfill as in daily running
select ticket_id as subject_id
from clearance.tickets
where cast(received_at as date) > $business_date or cast(closed_at as date) > $business_date
union all
select lead_id
from clearance.leads
where cast(first_received_at as date) > $business_date or cast(closed_at as date) > $business_date
union all
select 'clearance_daily'
from clearance.clearance_daily
where business_date > $business_date
union all
select 'clearance_restated'
from clearance.clearance_restated
where business_date > $business_date
