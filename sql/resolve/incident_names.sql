-- Grain: one set of names of employers or of projects, with the keys of all of them. Inputs: core.incident_leads,
-- stage.name_sets. Why: leads that name the same share a set, so few sets are compared.
create or replace table core.incident_names as
with sets as (
    select distinct 'employer' as kind, employers as names from core.incident_leads where employers is not null
    union all
    select distinct 'project', projects from core.incident_leads where projects is not null
),
parts as (
    select kind, names, unnest(string_split(names, ' ')) as set_id from sets
)
select p.kind, p.names, struct_pack(
    same_give := list_distinct(flatten(list(n.keys.same_give))), same_take := list_distinct(flatten(list(n.keys.same_take))),
    give := list_distinct(flatten(list(n.keys.give))), take := list_distinct(flatten(list(n.keys.take))),
    near_give := list_distinct(flatten(list(n.keys.near_give))), near_take := list_distinct(flatten(list(n.keys.near_take))),
    sounds := list_distinct(flatten(list(n.keys.sounds))), hints := list_distinct(flatten(list(n.keys.hints))),
    is_sure := bool_or(n.keys.is_sure)) as keys
from parts as p
join stage.name_sets as n on n.kind = p.kind and n.set_id = p.set_id
group by p.kind, p.names
