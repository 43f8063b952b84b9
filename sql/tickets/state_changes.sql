-- Grain: one change of a ticket between open, closed, returned and withdrawn. Inputs: core.standing_versions.
-- Why: of a run of equal conditions the first counts, for closings the last stated.
create or replace table core.state_changes as
with runs as (
    select
        *,
        sum(case when condition is distinct from previous then 1 else 0 end)
            over (partition by ticket_id order by version_no rows unbounded preceding) as run_no
    from (select *, lag(condition) over (partition by ticket_id order by version_no) as previous from core.standing_versions)
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
