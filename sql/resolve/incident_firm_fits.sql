-- Grain: one profile whose employer is told shortly (or by one lead alone) and one firm that it may be of, with the weight of
-- what speaks for it. Inputs: core.incident_profiles, core.incident_told, core.incident_names, core.incident_firms,
-- core.incident_firm_links, stage.names, $most_slips. Why: what a firm is called, its own leads tell: a lead that names it
-- wholly in one ticket and shortly in another. Then project and foreman; that a name fits says least.
create or replace table core.incident_firm_fits as
with named as (
    select distinct l.profile, t.name, n.whole_name
    from core.incident_told as t
    join core.incident_leads as l on l.lead_id = t.lead_id
    join stage.names as n on n.kind = t.kind and n.name = t.name
    where t.kind = 'employer'
),
firms as (
    select f.firm, f.profile, p.place, p.divisions, p.projects, p.foremen, p.code, p.leads, p.employers,
        sum(p.leads) over (partition by f.firm) as firm_leads
    from core.incident_firms as f
    join core.incident_profiles as p on p.profile = f.profile
),
seekers as (
    select p.profile, p.place, p.divisions, p.projects, p.foremen, p.code, p.employers, null::bigint as own
    from core.incident_profiles as p
    where p.employers is not null and p.profile not in (select profile from core.incident_firms)
    union all
    select profile, place, divisions, projects, foremen, code, employers, firm from firms where firm_leads = 1
),
called as (
    select n.name, f.firm, d.division, sum(f.leads) as leads,
        sum(f.leads) / sum(sum(f.leads)) over (partition by n.name, d.division) as share
    from firms as f
    join named as n on n.profile = f.profile and n.whole_name is null
    cross join unnest(f.divisions[:1]) as d (division)
    where f.firm_leads > 1
    group by n.name, f.firm, d.division
),
by_name as (
    select s.profile, c.firm, max(case when c.leads > 1 and c.share >= 0.7 then 6 when c.share >= 0.7 then 3 else 1 end) as weight
    from seekers as s
    join named as n on n.profile = s.profile and n.whole_name is null
    join called as c on c.name = n.name and list_contains(s.divisions, c.division)
    group by s.profile, c.firm
),
by_likeness as (
    select s.profile, f.firm, max(case when k.rank = 1 then 3 else 2 end) as weight
    from (
        select place, head as other, rank from core.incident_firm_links where rank <= 3
        union all
        select head, place, rank from core.incident_firm_links where rank <= 3
    ) as k
    join seekers as s on s.place = k.place
    join firms as f on f.place = k.other and (f.firm_leads > 1 or s.own is null)
    group by s.profile, f.firm
),
met as (
    select profile, firm, sum(weight) as weight from (from by_name union all by name from by_likeness) group by profile, firm
),
firm_projects as (
    select distinct firm, projects from firms where projects is not null
    qualify dense_rank() over (partition by firm order by projects) <= 40
),
project_pairs as (
    select k.a, k.b, employer_likeness(x.keys, y.keys) in ('same', 'variant') as is_alike
    from (
        select distinct s.projects as a, p.projects as b
        from met as m
        join seekers as s on s.profile = m.profile
        join firm_projects as p on p.firm = m.firm
        where s.projects is not null
    ) as k
    join core.incident_names as x on x.kind = 'project' and x.names = k.a
    join core.incident_names as y on y.kind = 'project' and y.names = k.b
),
by_project as (
    select distinct s.profile, p.firm
    from met as m
    join seekers as s on s.profile = m.profile
    join firm_projects as p on p.firm = m.firm
    join project_pairs as q on q.a = s.projects and q.b = p.projects and q.is_alike
),
grouped as (
    select firm, list_distinct(flatten(list(coalesce(foremen, [])))) as foremen, list_distinct(flatten(list(divisions))) as divisions,
        min(code) as code
    from firms
    group by firm
),
weighed as (
    select
        m.profile, m.firm, s.own,
        (b.profile is not null)::integer as is_project, coalesce(list_has_any(s.foremen, g.foremen), false)::integer as is_foreman,
        m.weight + 5 * is_project + 4 * is_foreman + 10 * coalesce(s.code = g.code, false)::integer
        + 3 * list_has_any(s.divisions, g.divisions)::integer as weight,
        ceil(levenshtein(x.whole_name, y.whole_name) / 3) as slips -- it counts bytes, three a sign
    from met as m
    join seekers as s on s.profile = m.profile
    join grouped as g on g.firm = m.firm and coalesce(g.code = s.code, true)
    left join by_project as b on b.profile = m.profile and b.firm = m.firm
    left join core.incident_names as x on x.kind = 'employer' and x.names = s.employers
    join core.incident_profiles as h on h.place = m.firm
    left join core.incident_names as y on y.kind = 'employer' and y.names = h.employers
    where m.firm is distinct from s.own
)
select * from weighed
-- A whole name joins another only if it is that but for a slip and something else agrees.
where own is null or (slips <= $most_slips and is_project + is_foreman > 0) or (weight >= 9 and slips <= 3)
