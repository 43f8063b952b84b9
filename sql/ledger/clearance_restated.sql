-- Grain: day × basis × division × channel. Inputs: core.cells, core.target_entries, core.measures.
-- Why: by event date with all that is known now; it has no corrections.
create or replace table clearance.clearance_restated as
with flows as (
    select
        occurred_on as business_date, basis, division_code, channel,
        sum(quantity) filter (where flow = 'received' ) as received,
        sum(quantity) filter (where flow = 'reopened' ) as reopened,
        sum(quantity) filter (where flow = 'transferred_in' ) as transferred_in,
        sum(quantity) filter (where flow = 'closed' ) as closed,
        sum(quantity) filter (where flow = 'transferred_out' ) as transferred_out,
        sum(quantity) filter (where flow = 'withdrawn' ) as withdrawn,
        cast(0 as bigint) as corrections,
        sum(effect) as change
    from core.target_entries
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
left join core.measures as m using (business_date, basis, division_code, channel)
order by c.business_date, c.basis, c.division_code, c.channel
