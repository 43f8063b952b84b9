-- Grain: one person on a ticket, with a role. Inputs: core.ticket_versions, core.ticket_state, stage.prose, $person_key
-- (secret). Why: vetoes, groups and head counts read roles, and a person is only somebody's claimant where nothing says
-- otherwise (stage.prose: who speaks for somebody, for a group, or is owed nothing).
create or replace table core.ticket_parties as
with read as (
    select
        v.ticket_id, v.source, v.claimant_name, v.claimant_id_number, v.claimant_phone, p.role,
        is_valid_id_number(v.claimant_id_number) as is_id_valid,
        coalesce(regexp_matches(v.claimant_phone, '^1[3-9]\d{9}$'), false) as is_phone_usable
    from core.ticket_versions as v
    join core.ticket_state as s on s.ticket_id = v.ticket_id and s.delivery_id = v.delivery_id and s.row_no = v.row_no
    join stage.prose as p on p.delivery_id = v.delivery_id and p.row_no = v.row_no
)
select
    ticket_id, source, role, claimant_name as name, claimant_id_number as id_number, claimant_phone as phone,
    is_id_valid, is_phone_usable,
    case
        when is_id_valid then keyed_hash($person_key, 'id:' || claimant_id_number)
        when claimant_name is not null and is_phone_usable
            then keyed_hash($person_key, 'name:' || claimant_name || ':' || claimant_phone)
    end as person_key
from read
