-- Check digit mod 31 of GB 32100; alphabet without I, O, S, V, Z.
create or replace temp macro is_valid_organisation_code(x) as
    coalesce(regexp_matches(x, '^[0-9A-HJ-NP-RT-UWXY]{18}$')
    and (31 - list_sum(list_transform(range(1, 18), lambda i:
            (instr('0123456789ABCDEFGHJKLMNPQRTUWXY', x[i]) - 1)
            * [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28][i])) % 31) % 31
        = instr('0123456789ABCDEFGHJKLMNPQRTUWXY', x[18]) - 1, false)
