-- audit: indicators_agree_with_the_lists
-- blocking: yes
-- grain: one basis × division × channel whose indicators are not those of the lists, or whose ages do not add up
-- inputs: clearance.indicators, clearance.tickets, clearance.leads
-- zh: 指标表与逐件（逐条）清单一致；超期账龄五段之和等于超期未结
-- why: an indicator is a count of a list that a person can open
with listed as (
    select 'ticket' as basis, division_code, channel, count(*) as known,
           count(*) filter (where is_open and is_overdue) as overdue, count(*) filter (where is_reply_owed) as replies_owed
    from clearance.tickets
    group by all
    union all
    select 'lead', division_code, channel, count(*), count(*) filter (where status = 'open' and is_overdue), null
    from clearance.leads
    group by all
)
select coalesce(i.basis, l.basis) as basis, coalesce(i.division_code, l.division_code) as division_code,
       coalesce(i.channel, l.channel) as channel
from clearance.indicators as i
full join listed as l on l.basis = i.basis and l.division_code = i.division_code and l.channel = i.channel
where i.basis is null
   or i.known <> coalesce(l.known, 0)
   or i.overdue <> coalesce(l.overdue, 0)
   or i.overdue <> i.overdue_0_7 + i.overdue_8_15 + i.overdue_16_30 + i.overdue_31_60 + i.overdue_over_60
   or i.replies_owed <> coalesce(l.replies_owed, i.replies_owed)
