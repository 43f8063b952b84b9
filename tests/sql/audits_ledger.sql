-- One ledger of the invented city, counted from its entries by day of booking or of event.
create table clearance.{ledger} as
with flows as (
    select c.business_date, c.basis, c.division_code, c.channel,
           count(*) filter (where e.flow = 'received' and not {is_correction}) as received,
           count(*) filter (where e.flow = 'closed' and not {is_correction}) as closed,
           count(*) filter (where {is_correction}) as corrections
    from cells as c
    left join entries as e
        on e.{day} = c.business_date and e.basis = c.basis and e.division_code = c.division_code
       and e.channel = c.channel
    group by all
),
chained as (
    select *, sum(received - closed + corrections)
                  over (partition by basis, division_code, channel order by business_date) as closing
    from flows
)
select
    business_date, basis, division_code, channel,
    cast(closing - received + closed - corrections as integer) as opening, cast(received as integer) as received,
    0 as reopened, 0 as transferred_in, cast(closed as integer) as closed, 0 as transferred_out, 0 as withdrawn,
    cast(corrections as integer) as corrections, cast(closing as integer) as closing,
    cast(channel = 'direct' and closing > 0 as integer) as overdue_open, 0 as due_soon,
    cast(closed as integer) as closed_on_time, 0 as closed_late, 0 as due_total, 0 as recovered_persons,
    cast(case when channel = 'petition' then 50000 when basis = 'ticket' then 100000 else 0 end * closed as bigint)
        as recovered_fen,
    true as is_delivered
from chained
