-- audit: divisions_add_up_to_the_city
-- blocking: yes
-- grain: one day × basis where the divisions do not make the city
-- inputs: clearance.clearance_daily, clearance.clearance_restated, clearance.divisions
-- zh: 各属地相加等于全市；账中没有"合计"行，也没有不认识的属地
-- why: the city's total is computed, never stored; 640100 is the city's own cases, not its total
with ledgers as (
    select 'clearance_daily' as ledger, * from clearance.clearance_daily
    union all by name
    select 'clearance_restated' as ledger, * from clearance.clearance_restated
),
city as (
    select ledger, business_date, basis, sum(opening) as opening, sum(closing) as closing,
           sum(received + reopened + transferred_in - closed - transferred_out - withdrawn + corrections) as change
    from ledgers
    group by all
),
of_divisions as (
    select l.ledger, l.business_date, l.basis, sum(l.closing) as closing
    from ledgers as l
    join clearance.divisions as d on d.division_code = l.division_code
    where l.division_code <> 'ALL' and l.channel <> 'ALL'
    group by all
)
select c.ledger, c.business_date, c.basis
from city as c
left join of_divisions as d on d.ledger = c.ledger and d.business_date = c.business_date and d.basis = c.basis
where d.closing is distinct from c.closing or c.opening + c.change is distinct from c.closing
union all
select l.ledger, l.business_date, l.basis
from ledgers as l
anti join clearance.divisions as d on d.division_code = l.division_code
union all
select 'divisions', null, division_code
from clearance.divisions
where division_code = 'ALL'
