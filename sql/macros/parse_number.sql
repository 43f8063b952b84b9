-- A decimal number from a numeric field; thousands separators and the unit's sign are dropped.
create or replace temp macro parse_number(x) as
    case when regexp_matches(regexp_replace(clean_text(x), '[,，元￥¥ ]', '', 'g'), '^[+-]?\d{1,12}(\.\d*)?([eE][+-]?\d{1,2})?$')
         then try_cast(regexp_replace(clean_text(x), '[,，元￥¥ ]', '', 'g') as decimal(28, 8)) end
