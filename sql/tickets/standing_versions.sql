-- Grain: one version of a ticket that no later statement takes back, with the condition it states and since when.
-- Inputs: core.ticket_versions. Why: a pure fold. Each version states a condition and since when: closed since its
-- closing date, everything else since the version's change. A later version that states something earlier takes back
-- what stands after it (so a closing date that is stated anew replaces the old one). A time without a time of day is
-- compared by its date.
create or replace table core.standing_versions as
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
)
select * exclude (least_later_date, least_later_time),
       lag(status) over (partition by ticket_id order by version_no) as previous_status
from ahead
where not coalesce(least_later_date < cast(since as date), false)
  and not coalesce(has_time and least_later_time < since, false)
