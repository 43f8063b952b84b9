-- Grain: one ticket received by the end of the business date, as it stood then. Inputs: core.ticket_events,
-- core.ticket_versions, $business_date. Why: what marts, resolution and clocks read; condition and division from
-- events, the rest as last stated by then, or by the version that told of the last change (a closing may become known
-- after its day). No personal columns.
create or replace table core.ticket_state as
with events as (
    select * from core.ticket_events where occurred_on <= $business_date
),
conditions as (
    select
        ticket_id,
        arg_max(event, sequence) filter (where event in ('received', 'reopened', 'closed', 'returned', 'withdrawn')) as last_change,
        max_by(version_no, sequence) filter (where event in ('reopened', 'closed', 'returned', 'withdrawn')) as told_by,
        max_by(occurred_at, sequence) filter (where event = 'closed') as last_closed_at,
        max_by(has_time, sequence) filter (where event = 'closed') as last_closed_has_time,
        max_by(occurred_at, sequence) filter (where event = 'accepted') as accepted_at,
        max_by(occurred_at, sequence) filter (where event = 'received') as received_at,
        max_by(has_time, sequence) filter (where event = 'received') as received_has_time,
        max_by(to_division, sequence) filter (where event in ('received', 'transferred')) as division_code
    from events
    group by ticket_id
    having count(*) filter (where event = 'received') > 0
),
stated as (
    select v.*
    from core.ticket_versions as v
    join conditions as c on c.ticket_id = v.ticket_id
    where not v.is_contradicted
    qualify row_number() over (
        partition by v.ticket_id
        order by case when cast(v.changed_at as date) <= $business_date or v.version_no <= c.told_by then 0 else 1 end,
                 case when cast(v.changed_at as date) <= $business_date or v.version_no <= c.told_by
                      then -v.version_no else v.version_no end) = 1
),
raised as (
    select ticket_id, list_sort(list_distinct(flatten(list(flags)))) as flags
    from core.ticket_versions
    group by ticket_id
)
select
    c.ticket_id, v.source, v.channel, v.ticket_no, c.division_code, v.handler, v.native_status,
    case
        when c.last_change in ('closed', 'returned', 'withdrawn') then c.last_change
        when v.status in ('suspended', 'reopened', 'accepted') then v.status
        when v.status in ('closed', 'returned', 'withdrawn') then 'handling'
        else v.status
    end as status,
    c.last_change in ('received', 'reopened') as is_open,
    c.received_at, c.received_has_time, c.accepted_at, v.filed_at, v.dispatched_at, v.signed_at,
    case when c.last_change = 'closed' then c.last_closed_at end as closed_at,
    case when c.last_change = 'closed' then c.last_closed_has_time end as closed_has_time,
    case when c.last_change = 'closed' then v.outcome end as outcome,
    v.extended_until, v.source_due_at, v.source_due_has_time, v.limit_value, v.limit_unit,
    v.extension_count, v.return_count,
    v.claimed_fen, v.claimed_persons, v.recovered_fen, v.recovered_persons,
    v.employer, v.employer_code, employer_key(v.employer) as employer_key,
    v.project, project_key(v.project) as project_key,
    v.industry, v.is_government_project, v.period_from, v.period_to,
    coalesce(v.is_group, v.claimed_persons > 1, false) as is_group,
    f.flags, v.delivery_id, v.row_no, v.changed_at as last_changed_at
from conditions as c
join stated as v on v.ticket_id = c.ticket_id
left join raised as f on f.ticket_id = c.ticket_id
