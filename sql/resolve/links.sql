-- Grain: one pair of tickets that a sure rule joins, the earlier first. Inputs: core.persons, core.ticket_versions.
-- Why: the sure rules of the domain: same valid claimant ID and matter; a quoted number that exists; same phone, same
-- full name, same employer and overlapping period. What is not sure stays apart.
create or replace table core.links as
with pairs as (
    select a.ticket_id as ticket_a, b.ticket_id as ticket_b, 1 as strength, 'same_id' as rule,
           '同一身份证号、同一单位、时段不相斥' as reasons
    from core.persons as a
    join core.persons as b on b.id_number = a.id_number
    where a.role = b.role and a.role in ('claimant', 'representative')
      and (a.employer_code = b.employer_code or a.employer_key = b.employer_key)
      and (a.received_at, a.ticket_id) < (b.received_at, b.ticket_id)
      and case when a.period_from is not null and b.period_from is not null
               then a.period_from <= b.period_to and b.period_from <= a.period_to
               else (a.has_period_field and b.has_period_field) or a.closed_at is null or a.closed_at >= b.received_at end
    union all
    select a.ticket_id, b.ticket_id, 3, 'same_phone_name_employer', '同一电话、同名、同一单位、时段重叠'
    from core.persons as a
    join core.persons as b on b.phone = a.phone and b.full_name = a.full_name
    where a.role = 'claimant' and b.role = 'claimant'
      and (a.id_number is null or b.id_number is null or a.id_number = b.id_number)
      and (a.employer_code = b.employer_code or a.employer_key = b.employer_key)
      and (a.received_at, a.ticket_id) < (b.received_at, b.ticket_id)
      and case when a.period_from is not null and b.period_from is not null
               then a.period_from <= b.period_to and b.period_from <= a.period_to
               else (a.has_period_field and b.has_period_field) or a.closed_at is null or a.closed_at >= b.received_at end
),
quotes as (
    select distinct v.ticket_id as ticket_id, unnest(v.quoted) as ticket_no
    from core.ticket_versions as v
    semi join core.ticket_state as s on s.ticket_id = v.ticket_id
    where len(v.quoted) > 0
),
quoted as (
    select
        case when (a.received_at, a.ticket_id) < (b.received_at, b.ticket_id) then a.ticket_id else b.ticket_id end as ticket_a,
        case when (a.received_at, a.ticket_id) < (b.received_at, b.ticket_id) then b.ticket_id else a.ticket_id end as ticket_b,
        2 as strength, 'quoted_number' as rule, '一件引用另一件的编号' as reasons,
        -- A number alone may have been copied wrongly, or be a colleague's: something else must agree, and where names
        -- differ, an ID or a phone. Only an agent's name may differ, and then the employer must agree.
        case
            when coalesce(case when a.full_name is not null and b.full_name is not null then a.full_name <> b.full_name
                               else a.surname <> b.surname end, false)
             and not coalesce(a.id_number = b.id_number, false) and not coalesce(a.any_phone = b.any_phone, false)
             and not ((a.role = 'agent' or b.role = 'agent')
                      and coalesce(a.employer_code = b.employer_code or a.employer_key = b.employer_key, false))
                then '姓名不同而证件、电话无一相符，编号可能抄错'
            when not coalesce(a.id_number = b.id_number, false) and not coalesce(a.any_phone = b.any_phone, false)
             and not coalesce(a.full_name = b.full_name, false)
             and not coalesce(a.employer_code = b.employer_code, false)
             and not coalesce(contains(a.employer_key, b.employer_key) or contains(b.employer_key, a.employer_key), false)
             and not coalesce((a.full_name is null or b.full_name is null) and a.surname = b.surname, false)
                then '除编号外无一相符，编号可能抄错'
        end as doubt
    from quotes as q
    join core.persons as a on a.ticket_id = q.ticket_id
    join core.ticket_state as t on t.ticket_no = q.ticket_no and t.ticket_id <> q.ticket_id
    join core.persons as b on b.ticket_id = t.ticket_id
)
select
    ticket_a, ticket_b,
    cast(arg_min(strength, (doubt is not null, strength)) as integer) as strength,
    arg_min(rule, (doubt is not null, strength)) as rule,
    arg_min(reasons, (doubt is not null, strength)) as reasons,
    case when bool_and(doubt is not null) then any_value(doubt) end as doubt
from (select *, cast(null as varchar) as doubt from pairs union all select * from quoted)
group by ticket_a, ticket_b
