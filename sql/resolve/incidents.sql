-- Grain: one lead and its incident (same employer and project). Inputs: core.lead_of_ticket, core.ticket_state.
-- Why: workers of one project are related, never duplicates. A lead without an employer is an incident of its own.
create or replace table core.incident_of_lead as
with named as (
    select
        l.lead_id,
        arg_min(coalesce(s.employer_key, s.employer_code), (s.received_at, s.ticket_id))
            filter (where coalesce(s.employer_key, s.employer_code) is not null) as employer_key,
        arg_min(s.project_key, (s.received_at, s.ticket_id)) filter (where s.project_key is not null) as project_key
    from core.lead_of_ticket as l
    join core.ticket_state as s on s.ticket_id = l.ticket_id
    group by l.lead_id
)
select
    lead_id,
    'I' || upper(left(sha256(case when employer_key is null then 'lead:' || lead_id
                                  else 'incident:' || employer_key || ':' || coalesce(project_key, '') end), 16)) as incident_id
from named
