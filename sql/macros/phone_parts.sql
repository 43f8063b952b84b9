-- What is left of a phone_bare, as phone_likeness compares it: struct(whole, first3, last4, digits, kind).
create or replace temp macro phone_parts(bare) as
    struct_pack(
        whole := case when phone_kind(bare) in ('whole', 'landline') then bare end,
        first3 := case when phone_kind(bare) in ('whole', 'masked') then nullif(regexp_extract(bare, '^\d{3}'), '') end,
        last4 := case when phone_kind(bare) in ('whole', 'masked', 'landline')
                      then nullif(regexp_extract(bare, '\d{4}$'), '') end,
        digits := case when phone_kind(bare) <> 'lost' then nullif(replace(bare, '*', ''), '') end,
        kind := phone_kind(bare))
