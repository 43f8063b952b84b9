-- Grain: one pair of leads of this round, how alike their employers and projects are, and whether they are linked or
-- enemies. Inputs: core.incident_round, core.incident_leads, core.incident_names, $largest_block. Why: leads meet where
-- employer and project sound alike. Linked: both agree (none of a pair that names no project), in a division, a
-- foreman or a code that both share. Enemies: differing valid codes, employers or projects that exclude each other. In a
-- block above $largest_block a lead is compared with the next alone: near-linear.
create or replace table core.incident_pairs as
with keyed as (
    select distinct l.lead_id, l.received_at, hash(e.sound, coalesce(p.sound, 0)) as block
    from core.incident_leads as l
    semi join core.incident_round as r on r.lead_id = l.lead_id
    join (select names, unnest(keys.sounds) as sound from core.incident_names where kind = 'employer') as e on e.names = l.employers
    left join (select names, unnest(keys.sounds) as sound, keys.sounds as sounds from core.incident_names where kind = 'project') as p
        on p.names = l.projects
    -- A project read as an employer says nothing of the employer.
    where not coalesce(list_contains(p.sounds, e.sound), false)
),
sized as (
    select
        lead_id, block, count(*) over (partition by block) as size,
        lead(lead_id) over (partition by block order by received_at, lead_id) as next_lead
    from keyed
),
met as (
    select a.lead_id as lead_a, b.lead_id as lead_b
    from sized as a
    join sized as b on b.block = a.block and b.lead_id > a.lead_id
    where a.size <= $largest_block
    union
    select least(lead_id, next_lead), greatest(lead_id, next_lead)
    from sized
    where size > $largest_block and next_lead is not null
),
told as (
    select m.*, a.employers as employers_a, b.employers as employers_b, a.projects as projects_a, b.projects as projects_b,
           a.code as code_a, b.code as code_b, list_has_any(a.divisions, b.divisions) as is_division_shared,
           list_has_any(a.foremen, b.foremen) as is_foreman_shared
    from met as m
    join core.incident_leads as a on a.lead_id = m.lead_a
    join core.incident_leads as b on b.lead_id = m.lead_b
),
employer_pairs as (
    select k.a, k.b, employer_likeness(x.keys, y.keys) as employer
    from (select distinct employers_a as a, employers_b as b from told) as k
    join core.incident_names as x on x.kind = 'employer' and x.names = k.a
    join core.incident_names as y on y.kind = 'employer' and y.names = k.b
),
project_pairs as (
    select k.a, k.b, employer_likeness(x.keys, y.keys) as project
    from (select distinct projects_a as a, projects_b as b from told where projects_a is not null and projects_b is not null) as k
    join core.incident_names as x on x.kind = 'project' and x.names = k.a
    join core.incident_names as y on y.kind = 'project' and y.names = k.b
),
judged as (
    select
        t.lead_a, t.lead_b, e.employer, coalesce(p.project, 'none') as project, t.is_division_shared, t.is_foreman_shared,
        t.code_a = t.code_b as is_code_equal
    from told as t
    join employer_pairs as e on e.a = t.employers_a and e.b = t.employers_b
    left join project_pairs as p on p.a = t.projects_a and p.b = t.projects_b
)
select
    *,
    case
        when is_code_equal = false or employer in ('different', 'namesake') or project in ('different', 'namesake') then 'enemies'
        when (is_division_shared or is_foreman_shared or is_code_equal)
             and ((employer = 'same' and project in ('same', 'variant', 'none')) or (employer = 'variant' and project = 'same')
                  or (is_code_equal and project in ('same', 'variant'))) then 'linked'
        else 'open'
    end as verdict,
    cast(case employer when 'same' then 10 else 0 end + case project when 'same' then 10 else 0 end
    + case when is_code_equal then 10 else 0 end as double) as weight
from judged
