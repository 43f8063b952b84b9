-- Grain: one ticket with what resolution compares. Inputs: core.ticket_state, core.ticket_versions, stage.prose,
-- stage.name_sets. Why: one place where field and prose come together (the field first), and where a phone that stands
-- for several people (a foreman's, an agent's, a desk's) is found: it proves no identity.
create or replace table core.features as
with told as (
    select
        s.ticket_id, s.ticket_no, s.source, s.received_at, s.closed_at, s.is_open, s.division_code, v.quoted,
        p.role, p.owed, p.signer,
        -- 张三丰先生 and 张三丰 are one name.
        case when p.owed.is_full then p.owed.surname || p.owed.given end as owed_name,
        -- A name that cannot be taken apart is compared as it stands.
        case when v.claimant_name is not null and p.signer.surname is null and not coalesce(p.signer.is_withheld, false)
             then v.claimant_name end as unread_name,
        case when p.role = 'agent' then p.told_principal.name[1] else coalesce(p.signer.surname, p.owed.surname) end as owed_surname,
        -- An agent's own number says nothing of who is owed; in a text, one valid number alone is the claimant's.
        case
            when p.role = 'agent' then null
            when is_valid_id_number(v.claimant_id_number) then v.claimant_id_number
            when p.role = 'claimant' and len(list_distinct(list_transform(p.told_id_numbers, lambda x: upper(x.id_number)))) = 1
                 and is_valid_id_number(p.told_id_numbers[1].id_number) then upper(p.told_id_numbers[1].id_number)
        end as id_number,
        coalesce(p.phone.whole, case when coalesce(p.phone.kind, 'lost') = 'lost' then p.told_phones[1].phone end) as phone,
        p.phone.kind = 'masked' as is_phone_masked, p.phone.first3 as phone_first3, p.phone.last4 as phone_last4,
        list_sort(list_distinct(list_transform(coalesce(p.told_phones, []), lambda x: x.phone))) as told_phones,
        case when is_valid_organisation_code(v.employer_code) then v.employer_code end as employer_code,
        p.employer_set, p.employer_brands, p.project_set, p.told_foreman.name as foreman,
        v.period_from is not null as is_period_a_field,
        case when v.period_from is not null then v.period_from else p.told_period.first end as period_from,
        -- An end that is not stated is the month of receipt.
        case when v.period_from is not null
             then coalesce(v.period_to, greatest(v.period_from, year(s.received_at) * 100 + month(s.received_at)))
             else p.told_period.last end as period_to,
        coalesce(v.claimed_fen,
                 p.told_claim.fen * case when p.told_claim.is_each then coalesce(p.told_persons.persons, 1) else 1 end) as claimed_fen,
        coalesce(v.claimed_persons = 1, false) as is_one_stated,
        -- So much for each, and nowhere how many they are: no sum of the matter.
        coalesce(v.claimed_fen is null and p.told_claim.is_each and p.told_persons.persons is null, false) as is_claim_per_head,
        coalesce(case when v.claimed_persons > 1 then v.claimed_persons end, p.told_persons.persons) as persons
    from core.ticket_state as s
    join core.ticket_versions as v on v.ticket_id = s.ticket_id and v.delivery_id = s.delivery_id and v.row_no = s.row_no
    join stage.prose as p on p.delivery_id = s.delivery_id and p.row_no = s.row_no
),
bearers as (
    select phone, owed_surname, owed_name, unread_name, id_number from told where phone is not null
    union all
    select unnest(told_phones), owed_surname, owed_name, unread_name, id_number from told
),
shared_phones as (
    select phone
    from bearers
    group by phone
    having count(distinct owed_surname) > 1 or count(distinct owed_name) > 1 or count(distinct id_number) > 1
        or count(distinct unread_name) > 1
)
select
    t.* exclude (period_from, period_to),
    case when t.period_from <= t.period_to then t.period_from end as period_from,
    case when t.period_from <= t.period_to then t.period_to end as period_to,
    h.phone is not null as is_phone_shared,
    e.keys as employer_keys, j.keys as project_keys
from told as t
left join shared_phones as h on h.phone = t.phone
left join stage.name_sets as e on e.kind = 'employer' and e.set_id = t.employer_set
left join stage.name_sets as j on j.kind = 'project' and j.set_id = t.project_set
