-- Grain: one set of names with the keys of all of them. Inputs: ticket_sets, ticket_names, name_keys (name, keys).
-- Why: one lookup says whether any name of one side agrees with any of the other.
create or replace temp table set_keys as
with first_tickets as (
    select set_id, min(ticket_id) as ticket_id
    from ticket_sets
    group by set_id
)
select f.set_id, struct_pack(
    same_give := flatten(list(k.same_give)), same_take := flatten(list(k.same_take)),
    give := flatten(list(k.give)), take := flatten(list(k.take)),
    near_give := flatten(list(k.near_give)), near_take := flatten(list(k.near_take)),
    sounds := flatten(list(k.sounds)), hints := flatten(list(k.hints)),
    is_sure := bool_or(n.is_sure)) as keys
from first_tickets as f
join ticket_names as n on n.ticket_id = f.ticket_id
join name_keys as k on k.name = n.name
group by f.set_id
