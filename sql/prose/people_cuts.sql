-- Grain: one row of people_rows. Inputs: people_rows; the patterns of person_patterns. Why: one pass over the
-- texts cuts out what may name a person and what tells the role; only the distinct cuts are read further. A plain look
-- ('…_hint'; may_… for several patterns at once) comes before those that are slow or seldom fit. A kin is cut out with the 60 signs behind; counting
-- them is slow (RE2 gives up its automaton), so the sentence is cut out first and shortened, counted where two kin are far apart.
create or replace temp table people_cuts as
with halved as (
    select
        * exclude (text),
        case when regexp_matches(text, '[０-９＋－＊]') then translate(text, '０１２３４５６７８９＋－＊', '0123456789+-*')
             else coalesce(text, '') end as half
    from people_rows
),
hinted as (
    select
        *,
        regexp_matches(half, '{told_hint}') as may_tell,
        regexp_matches(half, '{named_hint}') as may_name,
        regexp_matches(half, '{role_hint}') as may_show_role
    from halved
)
select
    delivery_id, row_no, claimed_persons,
    nullif(trim(claimant_name), '') as claimant_name,
    coalesce(is_group, false) as is_group,
    claimant_id_number is not null as has_id_number,
    (claimant_id_number is not null or claimant_phone is not null
        or not regexp_matches(coalesce(claimant_name, '匿名'), '保密|匿名|不详|不愿')) as has_person,
    half as text,
    case when may_name then regexp_extract_all(half, '{self}') end as self_cuts,
    case when may_tell then regexp_extract_all(half, '{opening}') end as opening_cuts,
    case when regexp_matches(half, '{owed_hint}') then regexp_extract_all(half, '{owed}') end as owed_cuts,
    case when may_tell and regexp_matches(half, '{entrusted_hint}') then regexp_extract_all(half, '{entrusted}') end as entrusted_cuts,
    case when may_tell then regexp_extract_all(half, '{acting}') end as acting_cuts,
    case when regexp_matches(half, '{kin_hint}') then
        flatten(list_transform(
            list_transform(regexp_extract_all(half, '{kin_whole}'),
                           lambda c: struct_pack(cut := c, upto := length(regexp_extract(c, '{kin_head}')) + 60)),
            lambda c: case when regexp_matches(substring(c.cut, c.upto + 1), '{kin_head}') then regexp_extract_all(c.cut, '{kin}')
                           else [left(c.cut, c.upto)] end))
    end as kin_cuts,
    case when may_tell and regexp_matches(half, '{is_kin_hint}') then regexp_extract_all(half, '{is_kin}') end as is_kin_cuts,
    case when regexp_matches(half, '{boss_hint}') then regexp_extract_all(half, '{boss}') end as boss_cuts,
    case when may_name then regexp_extract_all(half, '{led}') end as led_cuts,
    case when may_tell then regexp_extract_all(half, '{owes}') end as owes_cuts,
    list_filter(regexp_extract_all(half, '{numbers}'), lambda c: length(c) >= 10) as numbers,
    case when may_show_role then regexp_extract(half, '{counted}') else '' end as counted,
    case when may_show_role then regexp_extract(half, '{collective}') else '' end as collective,
    may_show_role and regexp_matches(half, '{plural}') as is_plural,
    case when may_show_role then regexp_extract(half, '{formal}') else '' end as formal,
    regexp_matches(half, '{own}') as speaks_of_self,
    case when may_show_role then regexp_extract(half, '{reports}') else '' end as reports,
    regexp_matches(half, '{owed_sum}') as states_sum
from hinted
