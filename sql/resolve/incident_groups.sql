-- Grain: one profile and the first profile of its incident. Inputs: core.incident_firms, core.incident_profiles,
-- core.incident_project_sets, core.incident_project_heads (place, head), $main_share. Why: leads that name no project (or
-- one that nobody else does) are of the firm's main project where it has $main_share of those that name one.
create or replace table core.incident_groups as
with projects as (
    select s.firm, s.projects, coalesce(h.head, s.place) as head, s.leads
    from core.incident_project_sets as s
    left join core.incident_project_heads as h on h.place = s.place
),
kept as (
    select p.firm, p.head, sum(p.leads) as leads, any_value(s.is_supported) as is_supported
    from projects as p
    join core.incident_project_sets as s on s.place = p.head
    group by p.firm, p.head
),
mains as (
    select firm, arg_max(head, (leads, -head)) as main, max(leads) >= $main_share * sum(leads) as is_main
    from kept
    where is_supported
    group by firm
),
parted as (
    select
        f.profile, f.firm, q.place,
        case when k.is_supported then k.head when coalesce(m.is_main, false) then m.main else 0 end as project
    from core.incident_firms as f
    join core.incident_profiles as q on q.profile = f.profile
    left join projects as p on p.firm = f.firm and p.projects = q.projects
    left join kept as k on k.firm = f.firm and k.head = p.head
    left join mains as m on m.firm = f.firm
)
select profile, min(place) over (partition by firm, project) as group_place
from parted
