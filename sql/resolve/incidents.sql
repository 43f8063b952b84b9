-- Grain: one lead and its incident (same employer and project). Inputs: core.incident_leads, core.incident_groups.
-- Why: workers of one project are related, never duplicates. The id is a hash of the ticket received first among all
-- of the incident (ties by ticket id): no order of rows or batches moves it, an earlier ticket does.
create or replace table core.incident_of_lead as
with grouped as (
    select l.lead_id, coalesce(g.group_id, l.lead_id) as group_id, l.anchor_ticket, l.received_at
    from core.incident_leads as l
    left join core.incident_groups as g on g.lead_id = l.lead_id
)
select
    lead_id,
    'I' || upper(left(sha256('incident:' || first_value(anchor_ticket)
        over (partition by group_id order by received_at, anchor_ticket)), 16)) as incident_id
from grouped
