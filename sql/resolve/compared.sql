-- Grain: one ticket as Splink compares it. Inputs: core.features, core.name_frequencies. Why: the columns of the frozen
-- model (pipelines/resolve/model.json); rare names prove more than common ones.
create or replace view core.compared as
select
    f.ticket_id as unique_id, f.ticket_no, f.quoted, f.role, f.id_number, f.employer_code, f.employer_set, f.employer_keys,
    f.employer_brands, f.project_set, f.project_keys, f.claimed_fen, f.is_claim_per_head, f.is_one_stated,
    f.persons, f.division_code, f.foreman, f.owed_name as person_name,
    f.owed.sound as person_sound, f.unread_name, f.phone, n.frequency as tf_person_name, f.is_period_a_field,
    coalesce(f.owed, case when f.role <> 'agent' then f.signer end) as person,
    struct_pack(
        phone := f.phone, is_agent := f.role = 'agent', is_shared := f.is_phone_shared,
        is_masked := coalesce(f.is_phone_masked, false), first3 := f.phone_first3, last4 := f.phone_last4,
        told := f.told_phones) as contact,
    struct_pack("first" := f.period_from, "last" := f.period_to) as period,
    f.received_at, year(f.received_at) * 100 + month(f.received_at) as received_month,
    case when not f.is_open then f.closed_at end as closed_at
from core.features as f
left join core.name_frequencies as n on n.name = f.owed_name
