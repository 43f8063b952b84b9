-- Grain: one row of text with the employers and projects it names, each once, the surest first.
-- Inputs: organisation_tokens, organisation_mentions (token, name_id, at, doubt), organisation_names (name_id, its parts).
-- Why: a token stands where it first occurs; the same name told twice is one mention, the surer, else the earlier one.
-- `rank` holds doubt (hundredths short of certainty), start and length in one number, so that names sort fast.
create or replace temp table told_organisations as
with mentions as (
    select t.row_id, m.name_id,
           min((m.doubt * 1000000 + t.start + m.at) * 1000 + m.length) as rank
    from organisation_tokens as t
    join organisation_mentions as m on m.token = t.token
    group by t.row_id, m.name_id
), told as (
    select m.row_id,
           list_sort(list(struct_pack(m.rank, n.place, n.brand, n.industry, n.form, n.sound))
                     filter (n.kind = 'employer')) as employers,
           list_sort(list(struct_pack(m.rank, n.core, n.sound)) filter (n.kind = 'project')) as projects
    from mentions as m
    join organisation_names as n on n.name_id = m.name_id
    group by m.row_id
)
select row_id,
       list_transform(employers, lambda e: struct_pack(
           place := e.place, brand := e.brand, industry := e.industry, form := e.form, sound := e.sound,
           start := cast((e.rank // 1000) % 1000000 as integer), length := cast(e.rank % 1000 as integer),
           confidence := cast(1 - (e.rank // 1000000000) / 100 as double))) as told_employers,
       list_transform(projects, lambda p: struct_pack(
           name := p.core, sound := p.sound,
           start := cast((p.rank // 1000) % 1000000 as integer), length := cast(p.rank % 1000 as integer),
           confidence := cast(1 - (p.rank // 1000000000) / 100 as double))) as told_projects
from told
