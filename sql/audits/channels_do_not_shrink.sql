-- audit: channels_do_not_shrink
-- blocking: no
-- reissue: no
-- grain: one channel with fewer tickets than were booked before the business date
-- inputs: registry.ledger_entries, core.ticket_state, $business_date
-- zh: 各渠道累计件数不比上次公布少
-- why: a ticket may be restated to another channel, which is rare enough for a person to look at
with before as (
    select channel, sum(quantity) as tickets
    from registry.ledger_entries
    where basis = 'ticket' and flow = 'received' and booked_on < $business_date
    group by channel
),
now as (
    select channel, count(*) as tickets
    from core.ticket_state
    group by channel
)
select b.channel, b.tickets as tickets_before, coalesce(n.tickets, 0) as tickets_now
from before as b
left join now as n on n.channel = b.channel
where coalesce(n.tickets, 0) < b.tickets
