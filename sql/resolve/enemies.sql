-- Grain: one pair of tickets that links would bring into one lead and that may not be in one, with the reason.
-- Inputs: core.linked_components, core.compared, core.alike, core.texts. Why: a chain of good pairs must not
-- put together what no pair may; a pair that speaks against itself keeps its groups apart. How alike the two are is known
-- where they are a candidate pair, and is found for the others.
create or replace table core.enemies as
with pairs as (
    select a.ticket_id as ticket_a, b.ticket_id as ticket_b
    from core.linked_components as a
    join core.linked_components as b on b.component = a.component and a.ticket_id < b.ticket_id
    where not a.is_too_large
),
likenesses as (
    select ticket_a, ticket_b, names, firms, project, period, contact, claim, weight
    from core.alike
    semi join pairs using (ticket_a, ticket_b)
    union all
    select
        p.ticket_a, p.ticket_b, name_likeness(a.person, b.person), employer_likeness(a.employer_keys, b.employer_keys),
        employer_likeness(a.project_keys, b.project_keys), period_likeness(a.period, b.period),
        contact_likeness(a.contact, b.contact), claim_likeness(a.claimed_fen, b.claimed_fen), null
    from (from pairs anti join core.alike using (ticket_a, ticket_b)) as p
    join core.compared as a on a.unique_id = p.ticket_a
    join core.compared as b on b.unique_id = p.ticket_b
),
compared as (
    select
        l.*, a, b,
        l.names = 'different' or coalesce(a.unread_name <> b.unread_name, false) as is_other_name,
        case when a.employer_code = b.employer_code then 'same' when a.employer_code <> b.employer_code then 'other code'
             else l.firms end as employer,
        coalesce(list_contains(a.quoted, b.ticket_no) or list_contains(b.quoted, a.ticket_no), false) as is_quoted
    from likenesses as l
    join (select * exclude (employer_keys, project_keys, person, contact) from core.compared) as a on a.unique_id = l.ticket_a
    join (select * exclude (employer_keys, project_keys, person, contact) from core.compared) as b on b.unique_id = l.ticket_b
),
reasoned as (
    select
        c.ticket_a, c.ticket_b, coalesce(c.a.id_number <> c.b.id_number, false) as is_absolute,
        c.a.employer_brands as brands_a, c.b.employer_brands as brands_b, c.a.person_name as name_a, c.b.person_name as name_b,
        c.claim, c.employer,
        case
            when c.a.id_number <> c.b.id_number then '身份证号不同'
            when groups_exclude(c.a, c.b, c.names, c.contact, c.claim) then '集体与个人分别计'
            when not coalesce(c.a.id_number = c.b.id_number, false) and c.is_other_name then '姓名不同'
            when periods_exclude(c.a, c.b, c.contact, c.claim, case when c.employer = 'other code' then 'different' else 'same' end)
                then '欠薪时段不相交'
            when c.employer in ('different', 'other code')
                 and not (c.contact in ('same', 'told') and c.claim = 'same' and c.period = 'same') then '用人单位不同'
            when c.claim = 'different' and not c.is_quoted
                 and not (c.period = 'same' and c.employer in ('same', 'variant', 'namesake') and c.project <> 'different')
                then '金额不同且无其他佐证'
            when c.weight < 0 then '两件之间的证据相斥'
        end as reason
    from compared as c
)
select r.ticket_a, r.ticket_b, r.is_absolute, r.reason
from reasoned as r
left join core.texts as x on x.ticket_id = r.ticket_a
    and (r.reason = '姓名不同' or (r.reason = '用人单位不同' and r.employer = 'different'))
left join core.texts as y on y.ticket_id = r.ticket_b
    and (r.reason = '姓名不同' or (r.reason = '用人单位不同' and r.employer = 'different'))
where r.reason is not null
  and not (r.reason = '用人单位不同' and (tells_brand(x.text, r.brands_b) or tells_brand(y.text, r.brands_a)))
  and not (r.reason = '姓名不同' and r.claim = 'same' and (tells_name(x.text, r.name_b) or tells_name(y.text, r.name_a)))
