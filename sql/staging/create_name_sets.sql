-- Grain: one set of employers or projects that some row names, with the keys that say what it may be alike to.
-- Why: many rows name the same; the id is the set's content, so the keys are made once.
create table if not exists stage.name_sets (
    kind varchar,
    set_id varchar,
    keys struct(same_give ubigint[], same_take ubigint[], give ubigint[], take ubigint[], near_give ubigint[], near_take ubigint[], sounds ubigint[], hints ubigint[], is_sure boolean)
)
