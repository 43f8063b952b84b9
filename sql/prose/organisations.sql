-- Grain: one row of text with the employers and projects it names, each once, in the order of the text.
-- Inputs: prose_rows, organisation_tokens, organisation_mentions (token → mentions in it).
-- Why: a token stands where it first occurs; the same name told twice is one mention, the surer one.
create or replace temp table told_organisations as
with mentions as (
    select t.row_id, m.kind, m.name, m.place, m.brand, m.industry, m.form, m.sound, m.sector, m.province, m.core,
           cast(instr(t.text, t.token) + m.at as integer) as start, m.length, m.confidence
    from organisation_tokens as t
    join organisation_mentions as m on m.token = t.token
), once as (
    select * from mentions
    qualify row_number() over (
        partition by row_id, kind, name order by confidence desc, start
    ) = 1
)
select row_id,
       list(struct_pack(place, brand, industry, form, sound, start, length, confidence) order by confidence desc, start, length, brand)
           filter (kind = 'employer') as told_employers,
       list(struct_pack(name := core, sound, start, length, confidence) order by confidence desc, start, length, core)
           filter (kind = 'project') as told_projects
from once
group by row_id
