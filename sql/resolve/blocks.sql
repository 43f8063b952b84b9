-- Grain: one key of one ticket under which it may meet its like. Inputs: core.features, $largest_block. Why: near-linear:
-- a key that more tickets share than $largest_block (a desk's number, a placeholder) brings no two together; every kind
-- of it has narrower kinds beside it. One person who comes more often than that meets the ticket before and after.
create or replace table core.blocks as
with keys as (
    select ticket_id, 'id' as kind, id_number as key from core.features where id_number is not null
    union all
    select ticket_id, 'phone', phone from core.features where phone is not null
    union all
    select ticket_id, 'phone', unnest(told_phones) from core.features
    union all
    select ticket_id, 'phone and surname', phone || owed_surname from core.features
    union all
    select ticket_id, 'phone and name', phone || ' ' || owed_name from core.features
    union all
    select ticket_id, 'masked phone and surname', phone_first3 || phone_last4 || owed_surname from core.features
    union all
    select ticket_id, 'name and employer', owed.sound || ' ' || unnest(employer_keys.sounds) from core.features
    union all
    select ticket_id, 'name and claim', owed.sound || ' ' || claimed_fen from core.features
    union all
    select ticket_id, 'name and division', owed.sound || ' ' || division_code from core.features
    union all
    select ticket_id, 'name and project', owed.sound || ' ' || unnest(project_keys.sounds) from core.features
    union all
    select ticket_id, 'surname, employer and claim', owed_surname || ' ' || unnest(employer_keys.sounds) || ' ' || claimed_fen
    from core.features
    union all
    select ticket_id, 'employer, claim and division', unnest(employer_keys.sounds) || ' ' || claimed_fen || ' ' || division_code
    from core.features
    union all
    select ticket_id, 'employer and people', unnest(employer_keys.sounds) || ' ' || persons
    from core.features
    where persons > 2
    union all
    select ticket_id, 'foreman and employer', owed_surname || ' ' || foreman || ' ' || unnest(employer_keys.sounds)
    from core.features
),
distinct_keys as (
    select distinct ticket_id, hash(kind, key) as block, kind in ('id', 'phone and name') as is_person from keys where key is not null
),
sized as (
    select d.*, count(*) over (partition by block) as size from distinct_keys as d
)
select ticket_id, block, size > $largest_block as is_too_large
from sized
where size between 2 and $largest_block or (size > $largest_block and is_person)
