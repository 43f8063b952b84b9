-- Grain: day × basis × division × channel. Inputs: core.cells, core.book, core.booked_measures.
-- Why: the official chain: flows are what was booked on its own day, corrections what became known later.
create or replace table clearance.clearance_daily as
with flows as (
    select
        booked_on as business_date, basis, division_code, channel,
        sum(quantity) filter (where flow = 'received' and occurred_on = booked_on) as received,
        sum(quantity) filter (where flow = 'reopened' and occurred_on = booked_on) as reopened,
        sum(quantity) filter (where flow = 'transferred_in' and occurred_on = booked_on) as transferred_in,
        sum(quantity) filter (where flow = 'closed' and occurred_on = booked_on) as closed,
        sum(quantity) filter (where flow = 'transferred_out' and occurred_on = booked_on) as transferred_out,
        sum(quantity) filter (where flow = 'withdrawn' and occurred_on = booked_on) as withdrawn,
        sum(effect) filter (where occurred_on <> booked_on) as corrections,
        sum(effect) as change
    from core.book
    group by all
),
chained as (
    select
        c.business_date, c.basis, c.division_code, c.channel,
        coalesce(sum(f.change) over earlier, 0) as opening,
        coalesce(f.received, 0) as received, coalesce(f.reopened, 0) as reopened,
        coalesce(f.transferred_in, 0) as transferred_in, coalesce(f.closed, 0) as closed,
        coalesce(f.transferred_out, 0) as transferred_out, coalesce(f.withdrawn, 0) as withdrawn,
        coalesce(f.corrections, 0) as corrections
    from core.cells as c
    left join flows as f using (business_date, basis, division_code, channel)
    window earlier as (partition by c.basis, c.division_code, c.channel order by c.business_date
                       rows between unbounded preceding and 1 preceding)
)
select
    c.business_date, c.basis, c.division_code, c.channel,
    cast(c.opening as integer) as opening, cast(c.received as integer) as received,
    cast(c.reopened as integer) as reopened, cast(c.transferred_in as integer) as transferred_in,
    cast(c.closed as integer) as closed, cast(c.transferred_out as integer) as transferred_out,
    cast(c.withdrawn as integer) as withdrawn, cast(c.corrections as integer) as corrections,
    cast(c.opening + c.received + c.reopened + c.transferred_in - c.closed - c.transferred_out - c.withdrawn
         + c.corrections as integer) as closing,
    m.overdue_open, m.due_soon, m.closed_on_time, m.closed_late, m.due_total, m.recovered_persons, m.recovered_fen,
    m.is_delivered
from chained as c
left join core.booked_measures as m using (business_date, basis, division_code, channel)
-- The book begins with its first booked day; an earlier day that becomes known later is a correction, not a new row.
where c.business_date >= (select min(booked_on) from core.book)
order by c.business_date, c.basis, c.division_code, c.channel
