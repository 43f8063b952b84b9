-- Parser `count`: a whole number, with or without 人/名/个.
create or replace temp macro parse_count(x) as
    try_cast(regexp_replace(regexp_replace(clean_text(x), '[人名个次天,， ]', '', 'g'), '\.0+$', '') as integer)
