-- audit: knowledge_is_accounted_for
-- blocking: yes
-- grain: one day × basis × division × channel × figure where what is known now less what was published is not what is listed
-- inputs: clearance.clearance_daily, clearance.clearance_restated, clearance.corrections, clearance.differences
-- zh: 任一日“现在所知”与“当日公布”之差，等于逐笔列出的更正与重述差异
-- why: a past day has two true figures, what was said and what is known; each entry between the two is listed
with entries as (
    -- Known from occurred_on on, in the book from left_on on (never, where nobody has booked it yet).
    select basis, division_code, channel, flow, occurred_on, booked_on as left_on, quantity, effect
    from clearance.corrections
    union all
    select basis, division_code, channel, flow, occurred_on, cast(null as date), quantity, effect
    from clearance.differences
),
moves as (
    select occurred_on as business_date, basis, division_code, channel, effect from entries
    union all
    select left_on, basis, division_code, channel, -effect from entries where left_on is not null
),
flows as (
    select
        occurred_on as business_date, basis, division_code, channel,
        sum(quantity) filter (where flow = 'received') as received,
        sum(quantity) filter (where flow = 'reopened') as reopened,
        sum(quantity) filter (where flow = 'transferred_in') as transferred_in,
        sum(quantity) filter (where flow = 'closed') as closed,
        sum(quantity) filter (where flow = 'transferred_out') as transferred_out,
        sum(quantity) filter (where flow = 'withdrawn') as withdrawn
    from entries
    group by all
),
closings as (
    select
        r.business_date, r.basis, r.division_code, r.channel,
        coalesce(sum(m.effect) over (
            partition by r.basis, r.division_code, r.channel order by r.business_date), 0) as closing
    from clearance.clearance_restated as r
    left join (select business_date, basis, division_code, channel, sum(effect) as effect from moves group by all) as m
        using (business_date, basis, division_code, channel)
)
select d.business_date, d.basis, d.division_code, d.channel
from clearance.clearance_daily as d
join clearance.clearance_restated as r using (business_date, basis, division_code, channel)
join closings as c using (business_date, basis, division_code, channel)
left join flows as f using (business_date, basis, division_code, channel)
where r.closing - d.closing <> c.closing
   or r.received - d.received <> coalesce(f.received, 0)
   or r.reopened - d.reopened <> coalesce(f.reopened, 0)
   or r.transferred_in - d.transferred_in <> coalesce(f.transferred_in, 0)
   or r.closed - d.closed <> coalesce(f.closed, 0)
   or r.transferred_out - d.transferred_out <> coalesce(f.transferred_out, 0)
   or r.withdrawn - d.withdrawn <> coalesce(f.withdrawn, 0)
