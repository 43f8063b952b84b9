-- Grain: one way in which leads tell of their incident (employers, projects, divisions, valid code). Inputs:
-- core.incident_leads, core.incident_names. Why: leads that tell the same are decided together, so a name that half the
-- city shares costs as much as a rare one. place: the order in which profiles become heads of firms, those that
-- name one employer wholly first, then the commoner, then the earlier.
create or replace table core.incident_profiles as
with counted as (
    select
        profile, any_value(employers) as employers, any_value(projects) as projects, any_value(divisions) as divisions,
        any_value(code) as code, count(*) as leads, min(received_at) as received_at,
        arg_min(anchor_ticket, (received_at, anchor_ticket)) as anchor_ticket
    from core.incident_leads
    group by profile
),
led as (
    select profile, foreman, row_number() over (partition by profile order by count(*) desc, foreman) as rank
    from (select profile, unnest(foremen) as foreman from core.incident_leads)
    group by profile, foreman
),
foremen as (
    select profile, list(foreman order by foreman) as foremen from led where rank <= 20 group by profile
)
select
    c.*, f.foremen, e.whole_name is not null as is_whole,
    row_number() over (
        order by e.whole_name is null, len(e.keys.sounds) > 1, c.leads desc, c.received_at, c.anchor_ticket
    ) as place
from counted as c
left join foremen as f on f.profile = c.profile
left join core.incident_names as e on e.kind = 'employer' and e.names = c.employers
