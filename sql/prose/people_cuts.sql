-- Grain: one row of people_rows. Inputs: people_rows; {…} patterns of person_patterns. Why: one pass over the texts cuts out what may name a person
-- and what tells the role; only the distinct cuts are read further.
create or replace temp table people_cuts as
with halved as (
    select *, translate(text, '０１２３４５６７８９＋－＊', '0123456789+-*') as half from people_rows
)
select
    delivery_id, row_no, half as text,
    nullif(trim(claimant_name), '') as claimant_name,
    ((claimant_name is not null and not regexp_matches(claimant_name, '保密|匿名|不详|不愿'))
        or claimant_id_number is not null or claimant_phone is not null) as has_person,
    claimant_id_number is not null as has_id_number,
    coalesce(is_group, false) as is_group, claimed_persons,
    regexp_extract_all(half, '{self}') as self_cuts,
    regexp_extract_all(half, '{opening}') as opening_cuts,
    regexp_extract_all(half, '{owed}') as owed_cuts,
    regexp_extract_all(half, '{entrusted}') as entrusted_cuts,
    regexp_extract_all(half, '{acting}') as acting_cuts,
    regexp_extract_all(half, '{kin}') as kin_cuts,
    regexp_extract_all(half, '{is_kin}') as is_kin_cuts,
    regexp_extract_all(half, '{boss}') as boss_cuts,
    regexp_extract_all(half, '{led}') as led_cuts,
    regexp_extract_all(half, '{owes}') as owes_cuts,
    list_filter(regexp_extract_all(half, '{numbers}'), lambda c: length(c) >= 10) as numbers,
    regexp_extract(half, '{counted}') as counted,
    regexp_extract(half, '{collective}') as collective,
    regexp_matches(half, '{plural}') as is_plural,
    regexp_extract(half, '{formal}') as formal,
    regexp_matches(half, '{own}') as speaks_of_self,
    regexp_extract(half, '{reports}') as reports,
    regexp_matches(half, '{owed_sum}') as states_sum
from halved
