-- Grain: one staged row and what its prose says, with spans into title, a line break, narrative (start from 1).
-- Why: a pure function of the row, made once when it is staged; what a field says is never overwritten by it.
create table if not exists stage.prose (
    delivery_id varchar,
    row_no bigint,
    told_claim struct(fen bigint, is_exact boolean, is_each boolean, "start" integer, length integer, confidence double),
    told_persons struct(persons integer, is_exact boolean, "start" integer, length integer, confidence double),
    told_period struct("first" integer, "last" integer, "start" integer, length integer, confidence double),
    told_employers struct(place varchar, brand varchar, industry varchar, form varchar, sound varchar, "start" integer, length integer, confidence double)[],
    told_projects struct("name" varchar, sound varchar, "start" integer, length integer, confidence double)[],
    told_claimant struct("name" varchar, relation varchar, "start" integer, length integer, confidence double),
    told_agent struct("name" varchar, relation varchar, "start" integer, length integer, confidence double),
    told_principal struct("name" varchar, relation varchar, "start" integer, length integer, confidence double),
    told_foreman struct("name" varchar, relation varchar, "start" integer, length integer, confidence double),
    told_phones struct(phone varchar, "start" integer, length integer, confidence double)[],
    told_id_numbers struct(id_number varchar, "start" integer, length integer, confidence double)[],
    role varchar,
    role_reason varchar,
    -- Who signs, who is owed (an agent's principal; else the claimant, where named in full), the phone in the field.
    signer struct(surname varchar, given varchar, title varchar, is_full boolean, is_masked boolean, is_withheld boolean, sex varchar, is_sex_weak boolean, sound varchar),
    owed_name varchar,
    owed struct(surname varchar, given varchar, title varchar, is_full boolean, is_masked boolean, is_withheld boolean, sex varchar, is_sex_weak boolean, sound varchar),
    phone struct(whole varchar, first3 varchar, last4 varchar, digits varchar, kind varchar),
    employer_set varchar,
    employer_brands varchar[],
    project_set varchar
)
