-- Grain: one ticket with the set of names it tells. Inputs: ticket_names. Why: many tickets tell the same names, so keys
-- and likeness are made once for each set; the id is the set's content, the same in every run.
create or replace temp table ticket_sets as
select ticket_id, md5(string_agg(name || case when is_sure then '!' else '?' end, chr(10) order by name)) as set_id
from ticket_names
group by ticket_id
