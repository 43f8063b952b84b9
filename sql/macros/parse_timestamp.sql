-- Parser `timestamp`: Beijing wall time from every shape of the contract; NULL where it cannot be read.
-- Shapes: 2023-08-15[ T]10:20[:30[.123456]][zone], 2023/8/15, 2023年8月15日[10时20分], 20230815[102000], spreadsheet serials,
-- seconds or milliseconds since 1970 (10 or 13 digits from 2001 on, which begin with 1: no date of ours does).
-- A stated zone is converted to Beijing time.
create or replace temp macro parse_timestamp(x) as
    case
        when x is null or x = '' then null
        when length(x) = 19 and x[5] = '-' and x[11] = ' ' then try_cast(x as timestamp)
        when regexp_matches(trim(x), '^\d{14}$') then try_strptime(trim(x), '%Y%m%d%H%M%S')
        when regexp_matches(trim(x), '^\d{12}$') then try_strptime(trim(x), '%Y%m%d%H%M')
        when regexp_matches(trim(x), '^\d{8}$') then try_strptime(trim(x), '%Y%m%d')
        when regexp_matches(trim(x), '^\d{5}(\.\d+)?$')
            then timestamp '1899-12-30 00:00:00'
                 + to_microseconds(cast(round(try_cast(trim(x) as double) * 86400) * 1000000 as bigint))
        when regexp_matches(trim(x), '^1\d{9}(\d{3})?$')
            then make_timestamp(try_cast(rpad(trim(x), 16, '0') as bigint)) + interval 8 hour
        when regexp_matches(trim(x), '(Z|[+-]\d{2}:?\d{2})$') and contains(x, ':')
            then cast(timezone('Asia/Shanghai', try_cast(regexp_replace(trim(x), '([+-]\d{2})(\d{2})$', '\1:\2') as timestamptz))
                      as timestamp)
        when regexp_matches(clean_text(x), '^\d{4} ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2} ?日?[T ]*(\d{1,2}[:时点](\d{1,2}分?(:?\d{1,2}(\.\d{1,6})?秒?)?)?)?$')
            then try_cast(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(clean_text(x), '^(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?日?[T ]*', '\1-\2-\3 '),
                            '[时点]$', ':00'),
                        '[时点分]', ':', 'g'),
                    '[:秒 ]+$', '')
                as timestamp)
        else null
    end
