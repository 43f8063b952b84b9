-- Grain: one person on a ticket, with a role. Inputs: core.ticket_versions, core.ticket_state, $person_key (secret).
-- Why: vetoes, groups and head counts read roles. A person is only somebody's claimant where nothing says otherwise:
-- a text that speaks of acting for somebody makes an agent, a group's ticket a representative, a ticket without any
-- trace of a person a reporter.
create or replace table core.ticket_parties as
with stated as (
    select v.*, s.is_group as state_is_group
    from core.ticket_versions as v
    join core.ticket_state as s on s.ticket_id = v.ticket_id and s.delivery_id = v.delivery_id and s.row_no = v.row_no
),
read as (
    select
        ticket_id, source, claimant_name, claimant_id_number, claimant_phone,
        is_valid_id_number(claimant_id_number) as is_id_valid,
        coalesce(regexp_matches(claimant_phone, '^1[3-9]\d{9}$'), false) as is_phone_usable,
        state_is_group
            or coalesce(regexp_matches(narrative, '我们.{0,6}[0-9一二三四五六七八九十百两几]+多?(个|名|位)?(人|工人|工友|农民工)|等.{0,4}[0-9一二三四五六七八九十百]+(人|名)|工友们|[0-9一二三四五六七八九十百两几]+多?(名|位|个)(工友|工人|农民工|同事)'), false) as speaks_for_group,
        speaks_for_another(concat_ws(' ', title, narrative)) as speaks_as_agent
    from stated
)
select
    ticket_id, source,
    case
        when claimant_name is null and claimant_id_number is null and claimant_phone is null then 'reporter'
        when speaks_as_agent then 'agent'
        when speaks_for_group then 'representative'
        else 'claimant'
    end as role,
    claimant_name as name, claimant_id_number as id_number, claimant_phone as phone, is_id_valid, is_phone_usable,
    case
        when is_id_valid then keyed_hash($person_key, 'id:' || claimant_id_number)
        when claimant_name is not null and is_phone_usable
            then keyed_hash($person_key, 'name:' || claimant_name || ':' || claimant_phone)
    end as person_key
from read
