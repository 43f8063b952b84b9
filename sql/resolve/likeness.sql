-- Grain: one candidate pair, how alike its tickets are and what forbids that they are one lead. Inputs: core.scored,
-- core.compared, core.texts. Why: the words of the explanation, and the vetoes of the domain: differing valid claimant IDs
-- (no judgement stands above it), a group and a person, other names, another employer, another period. names, firms: how
-- alike names and employers are by themselves, before what codes and texts add. Two sets of employers or projects are
-- compared once, however many pairs of tickets tell them, and wholly only where they share a hint.
create or replace table core.alike as
with met as (
    select
        s.*, a, b, name_likeness(a.person, b.person) as names,
        contact_likeness(a.contact, b.contact) as contact, period_likeness(a.period, b.period) as period,
        claim_likeness(a.claimed_fen, b.claimed_fen) as claim,
        case when a.employer_set < b.employer_set then a.employer_set else b.employer_set end as employers_a,
        case when a.employer_set < b.employer_set then b.employer_set else a.employer_set end as employers_b,
        case when a.project_set < b.project_set then a.project_set else b.project_set end as projects_a,
        case when a.project_set < b.project_set then b.project_set else a.project_set end as projects_b
    from core.scored as s
    join (select * exclude (employer_keys, project_keys) from core.compared) as a on a.unique_id = s.ticket_a
    join (select * exclude (employer_keys, project_keys) from core.compared) as b on b.unique_id = s.ticket_b
),
told_sets as (
    select 'employer' as kind, employers_a as set_a, employers_b as set_b from met where employers_a is not null and employers_b is not null
    union
    select 'project', projects_a, projects_b from met where projects_a is not null and projects_b is not null
),
keyed as (
    select 'employer' as kind, employer_set as name_set, any_value(unique_id) as ticket
    from core.compared where employer_keys is not null group by employer_set
    union all
    select 'project', project_set, any_value(unique_id) from core.compared where project_keys is not null group by project_set
),
keys as (
    select k.kind, k.name_set, case k.kind when 'employer' then c.employer_keys else c.project_keys end as keys
    from keyed as k join core.compared as c on c.unique_id = k.ticket
),
hinted as (
    select t.*, list_has_any(x.hints, y.hints) as is_hinted, x.is_sure and y.is_sure as is_sure
    from told_sets as t
    join (select kind, name_set, keys.hints as hints, keys.is_sure as is_sure from keys) as x on x.kind = t.kind and x.name_set = t.set_a
    join (select kind, name_set, keys.hints as hints, keys.is_sure as is_sure from keys) as y on y.kind = t.kind and y.name_set = t.set_b
),
set_pairs as (
    select kind, set_a, set_b, case when is_sure then 'different' else 'unknown' end as likeness from hinted where not is_hinted
    union all
    select h.kind, h.set_a, h.set_b, employer_likeness(x.keys, y.keys)
    from (select * from hinted where is_hinted) as h
    join keys as x on x.kind = h.kind and x.name_set = h.set_a
    join keys as y on y.kind = h.kind and y.name_set = h.set_b
),
named as (
    select m.*, coalesce(e.likeness, 'unknown') as firms, coalesce(p.likeness, 'unknown') as project
    from met as m
    left join set_pairs as e on e.kind = 'employer' and e.set_a = m.employers_a and e.set_b = m.employers_b
    left join set_pairs as p on p.kind = 'project' and p.set_a = m.projects_a and p.set_b = m.projects_b
),
told as (
    select
        n.ticket_a, n.ticket_b,
        case when n.firms = 'different'
             then tells_brand(x.text, n.b.employer_brands) or tells_brand(y.text, n.a.employer_brands) end as is_brand_told,
        case when n.names = 'different'
             then tells_name(x.text, n.b.person_name) or tells_name(y.text, n.a.person_name) end as is_name_told
    from named as n
    join core.texts as x on x.ticket_id = n.ticket_a
    join core.texts as y on y.ticket_id = n.ticket_b
    where n.firms = 'different' or n.names = 'different'
),
parts as (
    select
        n.* exclude (employers_a, employers_b, projects_a, projects_b),
        case when a.unread_name is not null or b.unread_name is not null
             then case when a.unread_name = b.unread_name then 'same' when a.unread_name <> b.unread_name then 'different' else 'unknown' end
             when t.is_name_told then 'told'
             else names end as person,
        case when a.id_number is null or b.id_number is null then 'unknown'
             when a.id_number = b.id_number then 'same' else 'different' end as id_number,
        case when a.employer_code = b.employer_code then 'same'
             when a.employer_code <> b.employer_code then 'different'
             when t.is_brand_told then 'variant'
             else firms end as employer,
        (a.role = 'representative') <> (b.role = 'representative') as is_group_and_person,
        coalesce(list_contains(a.quoted, b.ticket_no) or list_contains(b.quoted, a.ticket_no), false) as is_quoted
    from named as n
    left join told as t on t.ticket_a = n.ticket_a and t.ticket_b = n.ticket_b
)
select
    * exclude (a, b),
    case
        when id_number = 'different' then '身份证号不同'
        when groups_exclude(a, b, person, contact, claim) then '集体与个人分别计'
        when (a.role = 'reporter' or b.role = 'reporter') and not is_quoted then '举报件只凭编号关联'
        when id_number <> 'same' and person = 'different' then '姓名不同'
        when periods_exclude(a, b, contact, claim, employer) then '欠薪时段不相交'
        -- A name of the employer read badly is outweighed by phone, sum and months that all agree.
        when employer = 'different' and not (contact in ('same', 'told') and claim = 'same' and period = 'same') then '用人单位不同'
    end as veto,
    -- What says that it is one person and one matter: without it no score joins two tickets.
    (
        id_number = 'same'
        or (contact in ('same', 'told') and person in ('same', 'sound', 'near', 'compatible'))
        -- Nobody is named: sum and employer must say that it is the caller of before.
        or (contact in ('same', 'told') and person = 'unknown' and a.role <> 'agent' and b.role <> 'agent'
            and claim in ('same', 'close') and employer in ('same', 'variant'))
        or (contact = 'same' and person = 'unknown' and claim = 'same' and period = 'same' and employer <> 'different'
            and (a.claimed_fen % 100000 <> 0 or (a.role <> 'agent' and b.role <> 'agent')))
        -- The one text names who signs the other: an agent and the principal, about one sum.
        or (person = 'told' and claim = 'same' and employer in ('same', 'variant') and period <> 'apart')
        or (contact = 'masked' and person in ('same', 'compatible'))
        or (contact = 'shared' and person = 'same')
        or (contact = 'shared' and person = 'compatible' and claim = 'same' and period = 'same' and employer in ('same', 'variant'))
        -- Another phone: the same name, employer, and sum; a name that only fits (王先生) is not enough, whatever else agrees.
        or (contact in ('different', 'unknown') and person in ('same', 'sound') and employer in ('same', 'variant')
            and ((claim = 'same' and (person = 'same' or period = 'same'))
                 or (person = 'same' and claim = 'close' and period = 'same' and project in ('same', 'variant'))))
        -- No employer is told: the same name, months, and a sum that is not a round one.
        or (contact in ('different', 'unknown') and person = 'same' and employer = 'unknown' and claim = 'same' and period = 'same'
            and a.claimed_fen % 100000 <> 0)
        or (is_quoted and employer in ('same', 'variant') and person not in ('different', 'told') and claim <> 'different')
    )
    -- Another sum may be another matter: all else must agree.
    and (claim <> 'different' or is_quoted or (period = 'same' and employer = 'same' and project <> 'different'))
    -- A phone of several people may be that of one who speaks for them under the own name: the very sum, or sum and months.
    and (contact <> 'shared' or is_quoted or id_number = 'same'
         or (person = 'compatible' and claim = 'same' and period = 'same')
         or (person = 'same' and (claim = 'same' or (claim = 'close' and period = 'same' and employer in ('same', 'variant')))))
        as is_one_matter
from parts
