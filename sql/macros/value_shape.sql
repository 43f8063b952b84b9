-- Shape of a value, fit to be shown: every digit becomes 9, Latin letters a (T and Z stay: they stand in times), other
-- writing 字, but for the characters of dates. Nothing of what the value says is left; at most 60 characters,
-- and no run of digits as long as an ID number.
create or replace temp macro value_shape(x) as
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(translate(left(trim(x), 60), '012345678', '999999999'),
        '[A-SU-Ya-z]+', 'a', 'g'),
        '[^\x00-\x7f年月日时分秒点]+', '字', 'g'),
        '[\s\x00-\x1f\x7f]+', ' ', 'g'),
        '9{18,}', '9…', 'g')
