-- Parser `month`: yyyymm from 2023-05, 202305, 2023/5, 2023年5月; NULL for a month that is none.
create or replace temp macro parse_month(x) as
    case when regexp_matches(clean_text(x), '^(19|20)\d{2}[-/.年]?(0?[1-9]|1[0-2])月?([-/.]\d{1,2}|\d{1,2}日)?$')
         then try_cast(regexp_extract(clean_text(x), '^(\d{4})', 1) as integer) * 100
              + try_cast(regexp_extract(clean_text(x), '^\d{4}[-/.年]?(0[1-9]|1[0-2]|[1-9])', 1) as integer) end
