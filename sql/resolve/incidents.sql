-- Grain: one lead and its incident (same employer and project). Inputs: core.incident_leads, core.incident_groups. Why:
-- workers of one project are related, never duplicates. Leads of other valid codes than the incident's commonest part
-- from it: two employers are never one. The id is a hash of the ticket received first among all of the incident (ties by
-- ticket id).
create or replace table core.incident_of_lead as
with grouped as (
    select l.lead_id, coalesce('g' || g.group_place, l.lead_id) as group_id, l.code, l.anchor_ticket, l.received_at
    from core.incident_leads as l
    left join core.incident_groups as g on g.profile = l.profile
),
codes as (
    select group_id, arg_max(code, (leads, code)) as code
    from (select group_id, code, count(*) as leads from grouped where code is not null group by all)
    group by group_id
),
parted as (
    select g.*, case when g.code <> c.code then g.code else '' end as apart
    from grouped as g
    left join codes as c on c.group_id = g.group_id
)
select
    lead_id,
    'I' || upper(left(sha256('incident:' || first_value(anchor_ticket)
        over (partition by group_id, coalesce(apart, '') order by received_at, anchor_ticket)), 16)) as incident_id
from parted
