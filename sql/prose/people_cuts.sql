-- Grain: one row of people_rows. Inputs: people_rows; the patterns of person_patterns. Why: one pass over the
-- texts cuts out what may name a person and what tells the role; only the distinct cuts are read further. A plain look
-- ('…_hint') comes before the patterns that are slow and seldom fit. A kin is cut out with the 60 signs behind; counting
-- them is slow (RE2 gives up its automaton), so the sentence is cut out first and shortened, counted where two kin are far apart.
create or replace temp table people_cuts as
with halved as (
    select *, translate(coalesce(text, ''), '０１２３４５６７８９＋－＊', '0123456789+-*') as half from people_rows
)
select
    delivery_id, row_no, claimed_persons,
    nullif(trim(claimant_name), '') as claimant_name,
    coalesce(is_group, false) as is_group,
    claimant_id_number is not null as has_id_number,
    (claimant_id_number is not null or claimant_phone is not null
        or not regexp_matches(coalesce(claimant_name, '匿名'), '保密|匿名|不详|不愿')) as has_person,
    half as text,
    regexp_extract_all(half, '{self}') as self_cuts,
    regexp_extract_all(half, '{opening}') as opening_cuts,
    case when regexp_matches(half, '{owed_hint}') then regexp_extract_all(half, '{owed}') end as owed_cuts,
    case when regexp_matches(half, '{entrusted_hint}') then regexp_extract_all(half, '{entrusted}') end as entrusted_cuts,
    regexp_extract_all(half, '{acting}') as acting_cuts,
    case when regexp_matches(half, '{kin_hint}') then
        flatten(list_transform(
            list_transform(regexp_extract_all(half, '{kin_whole}'),
                           lambda c: struct_pack(cut := c, upto := length(regexp_extract(c, '{kin_head}')) + 60)),
            lambda c: case when regexp_matches(substring(c.cut, c.upto + 1), '{kin_head}') then regexp_extract_all(c.cut, '{kin}')
                           else [left(c.cut, c.upto)] end))
    end as kin_cuts,
    case when regexp_matches(half, '{is_kin_hint}') then regexp_extract_all(half, '{is_kin}') end as is_kin_cuts,
    case when regexp_matches(half, '{boss_hint}') then regexp_extract_all(half, '{boss}') end as boss_cuts,
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
