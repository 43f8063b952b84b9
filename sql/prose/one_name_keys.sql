-- Grain: one name with its keys. Inputs: name_keys (name, whole_name and a column for each list of keys).
-- Why: incidents compare single names, not whole tickets.
create or replace temp table one_name_keys as
select name, whole_name, struct_pack(
    same_give := same_give, same_take := same_take, give := give, take := take, near_give := near_give,
    near_take := near_take, sounds := sounds, hints := hints) as keys
from name_keys
