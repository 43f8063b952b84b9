-- Grain: one ticket with the set of names it tells. Inputs: ticket_names. Why: many tickets tell the same names, so keys
-- and likeness are made once for each set; the id is the set's content, the same in every run and in any order of names.
create or replace temp table ticket_sets as
select ticket_id, to_hex(bit_xor(md5_number(name || case when is_sure then '!' else '?' end))) as set_id
from ticket_names
group by ticket_id
