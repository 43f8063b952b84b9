-- Grain: one set of names of employers or of projects, with the keys of all of them. Inputs: core.incident_leads,
-- core.incident_told, stage.names. Why: leads that name the same share a set, so few sets are compared.
create or replace table core.incident_names as
with first_leads as (
    select 'employer' as kind, employers as names, min(lead_id) as lead_id
    from core.incident_leads where employers is not null group by employers
    union all
    select 'project', projects, min(lead_id) from core.incident_leads where projects is not null group by projects
)
select f.kind, f.names, arg_min(n.whole_name, n.name) as whole_name, bool_or(t.is_field) as is_field, struct_pack(
    same_give := list_distinct(flatten(list(n.keys.same_give))), same_take := list_distinct(flatten(list(n.keys.same_take))),
    give := list_distinct(flatten(list(n.keys.give))), take := list_distinct(flatten(list(n.keys.take))),
    near_give := list_distinct(flatten(list(n.keys.near_give))), near_take := list_distinct(flatten(list(n.keys.near_take))),
    sounds := list_distinct(flatten(list(n.keys.sounds))), hints := list_distinct(flatten(list(n.keys.hints))),
    is_sure := bool_or(t.is_sure)) as keys
from first_leads as f
join core.incident_told as t on t.lead_id = f.lead_id and t.kind = f.kind
join stage.names as n on n.kind = t.kind and n.name = t.name
group by f.kind, f.names
