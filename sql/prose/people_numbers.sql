-- Grain: one row of people_cuts that holds a long number (n = its rowid). Inputs: people_cuts. Why: a phone or an ID
-- number in the words stands for the field that is empty; each number is judged once a text.
create or replace temp table people_numbers as
with numbered as (
    select rowid as n, text, unnest(numbers) as written from people_cuts where len(numbers) > 0
),
bare as (
    select n, written, instr(text, written) as start, length(written) as length, phone_bare(written) as phone from numbered
),
judged as (
    select
        n, written, cast(start as integer) as start, cast(length as integer) as length, phone,
        case
            when length = 18 and regexp_matches(written, '^[1-9][0-9]{16}[0-9Xx]$') then 'id'
            when phone_kind(phone) in ('whole', 'masked', 'landline') then phone_kind(phone)
            when regexp_matches(phone, '^1[3-9]([0-9]{8}|[0-9]{10})$') then 'broken'
        end as kind
    from bare
)
select
    n,
    list(struct_pack(phone := phone, start := start, length := length,
                     confidence := case kind when 'whole' then 0.95 when 'broken' then 0.4 else 0.8 end)
         order by start, written) filter (where kind <> 'id') as phones,
    list(struct_pack(id_number := upper(written), start := start, length := length,
                     confidence := case when is_valid_id_number(upper(written)) then 0.98 else 0.3 end)
         order by start, written) filter (where kind = 'id') as id_numbers,
    coalesce(bool_or(kind in ('whole', 'masked')), false) as has_phone
from judged
where kind is not null
group by n
