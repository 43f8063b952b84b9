-- Grain: one change of a ticket between open, closed, returned and withdrawn. Inputs: core.ticket_versions.
-- Why: a pure fold. Each version states a condition and since when: closed since its closing date, everything else
-- since the version's change. A later version that states something earlier takes back what stands after it (so a
-- closing date that is stated anew replaces the old one). Of a run of equal conditions the first counts, for closings
-- the last stated. A time without a time of day is compared by its date; a closing by date ends that day.
create or replace table core.state_changes as
with stated as (
    select
        ticket_id, version_no, delivery_id, row_no, status,
        case when status in ('closed', 'returned', 'withdrawn') then status else 'open' end as condition,
        case when status = 'closed' and closed_at is not null then closed_at
             when version_no = first_no and status not in ('closed', 'returned', 'withdrawn') then received_at
             else changed_at end as since,
        case when status = 'closed' and closed_at is not null then closed_has_time
             when version_no = first_no and status not in ('closed', 'returned', 'withdrawn') then received_has_time
             else true end as has_time,
        status not in ('returned', 'withdrawn') and status = 'closed' and closed_at is null as is_inferred
    from (
        select *, min(version_no) over (partition by ticket_id) as first_no
        from core.ticket_versions
        where not is_contradicted
    )
),
ahead as (
    select
        *,
        min(cast(since as date)) over later as least_later_date,
        min(case when has_time then since end) over later as least_later_time
    from stated
    window later as (partition by ticket_id order by version_no rows between 1 following and unbounded following)
),
standing as (
    select *
    from ahead
    where not coalesce(least_later_date < cast(since as date), false)
      and not coalesce(has_time and least_later_time < since, false)
),
runs as (
    select
        *,
        sum(case when condition is distinct from previous then 1 else 0 end)
            over (partition by ticket_id order by version_no rows unbounded preceding) as run_no
    from (select *, lag(condition) over (partition by ticket_id order by version_no) as previous from standing)
)
select
    ticket_id, condition, since, has_time, is_inferred, delivery_id, row_no, version_no,
    row_number() over (partition by ticket_id order by version_no) as change_no
from (
    select
        *,
        case when condition = 'closed' then row_number() over (partition by ticket_id, run_no order by version_no desc)
             else row_number() over (partition by ticket_id, run_no order by version_no) end as choice
    from runs
)
where choice = 1
