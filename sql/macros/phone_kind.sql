-- What a phone_bare is: 'whole' (a mobile number, 1[3-9] and nine digits), 'masked', 'landline' (with the area code), 'lost',
-- 'broken' (anything else, as 10 or 12 digits), NULL where nothing stands.
create or replace temp macro phone_kind(bare) as
    case
        when bare is null then null
        when bare = 'lost' then 'lost'
        when regexp_matches(bare, '^1[3-9]\d{9}$') then 'whole'
        when regexp_matches(bare, '^\d{0,7}\*+\d{0,7}$') then 'masked'
        when regexp_matches(bare, '^0\d{9,11}$') then 'landline'
        else 'broken'
    end
