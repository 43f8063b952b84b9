-- Grain: one pair of leads that a chain of links joins though they exclude each other. Inputs: core.incident_pairs,
-- core.incident_chains, core.incident_leads, core.incident_names. Why: only such chains are taken apart link by link.
create or replace table core.incident_foes as
with members as (
    select c.chain, c.lead_id, l.code, l.employers, l.projects
    from core.incident_chains as c
    join core.incident_leads as l on l.lead_id = c.lead_id
),
told as (
    select m.chain, n.kind, n.names, n.keys
    from (select distinct chain, 'employer' as kind, employers as names from members
          union all select distinct chain, 'project', projects from members) as m
    join core.incident_names as n on n.kind = m.kind and n.names = m.names
    where n.keys.is_sure
),
apart as (
    select a.chain, a.kind, a.names as names_a, b.names as names_b
    from told as a
    join told as b on b.chain = a.chain and b.kind = a.kind and b.names <> a.names
    where not list_has_any(a.keys.hints, b.keys.hints)
)
select least(a.lead_id, b.lead_id) as lead_a, greatest(a.lead_id, b.lead_id) as lead_b, false as is_code
from apart as p
join members as a on a.chain = p.chain and (case p.kind when 'employer' then a.employers else a.projects end) = p.names_a
join members as b on b.chain = p.chain and (case p.kind when 'employer' then b.employers else b.projects end) = p.names_b
union
select p.lead_a, p.lead_b, false as is_code
from core.incident_pairs as p
join core.incident_chains as a on a.lead_id = p.lead_a
join core.incident_chains as b on b.lead_id = p.lead_b and b.chain = a.chain
where p.verdict = 'enemies'
union
select a.lead_id, b.lead_id, true
from (
    select chain from core.incident_chains as c join core.incident_leads as l on l.lead_id = c.lead_id
    group by chain having count(distinct code) > 1
) as mixed
join core.incident_chains as a on a.chain = mixed.chain
join core.incident_leads as x on x.lead_id = a.lead_id
join core.incident_chains as b on b.chain = a.chain and a.lead_id < b.lead_id
join core.incident_leads as y on y.lead_id = b.lead_id and y.code <> x.code
