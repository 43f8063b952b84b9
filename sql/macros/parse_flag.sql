-- Parser `flag`: yes and no in the ways sources write them; NULL for anything else.
create or replace temp macro parse_flag(x) as
    case when lower(clean_text(x)) in ('1', '是', 'true', 'y', 'yes', '有') then true
         when lower(clean_text(x)) in ('0', '否', 'false', 'n', 'no', '无') then false end
