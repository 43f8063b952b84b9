-- Grain: one ticket with what the sure rules compare. Inputs: core.ticket_state, core.ticket_parties, $period_sources.
-- Why: one place where "a full name", "a usable phone" and "a stated period" are decided.
create or replace table core.persons as
with hot_phones as (
    -- A phone that stands for several people (a foreman's, an agent's, a hotline desk's) proves no identity.
    select phone
    from core.ticket_parties
    where is_phone_usable
    group by phone
    having count(distinct name[1]) > 1
        or count(distinct case when is_id_valid then id_number end) > 1
        or count(distinct case when length(name) >= 2 and not regexp_matches(name, '(先生|女士|小姐|同志|师傅|老师|某|某某)$')
                               then name end) > 1
)
select
    s.ticket_id, s.source, s.received_at, s.closed_at, s.is_open,
    p.role,
    case when p.is_id_valid then p.id_number end as id_number,
    case when p.is_phone_usable and h.phone is null then p.phone end as phone,
    case when p.is_phone_usable then p.phone end as any_phone,
    case when length(p.name) >= 2 and not contains(p.name, '*')
          and not regexp_matches(p.name, '(先生|女士|小姐|同志|师傅|老师|某|某某)$') then p.name end as full_name,
    p.name[1] as surname,
    case when is_valid_organisation_code(s.employer_code) then s.employer_code end as employer_code,
    s.employer_key,
    case when s.period_from <= coalesce(s.period_to, s.period_from) then s.period_from end as period_from,
    case when s.period_from <= coalesce(s.period_to, s.period_from) then coalesce(s.period_to, s.period_from) end as period_to,
    -- Only a source with fields for the period can be silent about it; in prose it may stand unread.
    list_contains($period_sources, s.source) as has_period_field
from core.ticket_state as s
join core.ticket_parties as p on p.ticket_id = s.ticket_id
left join hot_phones as h on h.phone = p.phone
