-- Grain: one name of an employer or a project that some row tells, with the keys that say what it may be alike to.
-- Why: incidents choose among the names of a lead; whole_name: of an employer
-- that tells place, brand and trade, without branch and brackets.
create table if not exists stage.names (
    kind varchar,
    name varchar,
    whole_name varchar,
    keys struct(same_give ubigint[], same_take ubigint[], give ubigint[], take ubigint[], near_give ubigint[], near_take ubigint[], sounds ubigint[], hints ubigint[])
)
