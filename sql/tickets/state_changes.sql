-- Grain: one change of a ticket between open, closed, returned and withdrawn. Inputs: core.standing_versions.
-- Why: of a run of equal conditions the first counts, of closings the last that states its date (one that states none
-- is dated by its change, and a later edit must not move it).
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
    lead(since) over (partition by ticket_id order by version_no) as next_since,
    row_number() over (partition by ticket_id order by version_no) as change_no
from (
    select
        *,
        row_number() over (
            partition by ticket_id, run_no
            order by is_inferred, case when condition = 'closed' and not is_inferred then -version_no else version_no end
        ) as choice
    from runs
)
where choice = 1
