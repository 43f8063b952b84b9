-- Grain: one run of text that may hold a name of an employer or project, in one row, with where it first stands.
-- Inputs: prose_rows, the patterns named (a run without function words that ends in a trade, legal form or kind of building),
-- and cued (a run told by what stands around it).
-- Why: RE2 reads every row twice; what the runs mean is decided once for each distinct run (pipelines.normalize.prose_names).
create or replace temp table organisation_tokens as
with runs as (
    select row_id, text, unnest(list_concat(regexp_extract_all(text, '{named}'), regexp_extract_all(text, '{cued}'))) as token
    from prose_rows
)
select row_id, token, instr(text, token) as start
from runs
