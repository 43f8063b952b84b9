-- Check digit mod 11-2 of GB 11643, a birth date that exists. Held equal to python-stdnum's cn.ric by a property test.
create or replace temp macro is_valid_id_number(x) as
    coalesce(regexp_matches(x, '^[1-9]\d{16}[0-9X]$')
    and try_strptime(substr(x, 7, 8), '%Y%m%d') is not null
    and substr('10X98765432', 1 + (
          7 * ascii(x[1]) + 9 * ascii(x[2]) + 10 * ascii(x[3]) + 5 * ascii(x[4]) + 8 * ascii(x[5]) + 4 * ascii(x[6])
        + 2 * ascii(x[7]) + 1 * ascii(x[8]) + 6 * ascii(x[9]) + 3 * ascii(x[10]) + 7 * ascii(x[11]) + 9 * ascii(x[12])
        + 10 * ascii(x[13]) + 5 * ascii(x[14]) + 8 * ascii(x[15]) + 4 * ascii(x[16]) + 2 * ascii(x[17])
        - 48 * 100) % 11, 1) = x[18], false)
