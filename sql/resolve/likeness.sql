-- Grain: one candidate pair, how alike its tickets are and what forbids that they are one lead. Inputs: core.scored,
-- core.compared, core.texts. Why: the words of the explanation, and the vetoes of the domain: differing valid claimant IDs
-- (no judgement stands above it), a group and a person, other names, another employer, another period.
create or replace table core.alike as
with told as (
    select
        s.ticket_a, s.ticket_b,
        tells_brand(x.text, b.employer_brands) or tells_brand(y.text, a.employer_brands) as is_brand_told,
        tells_name(x.text, b.person_name) or tells_name(y.text, a.person_name) as is_name_told
    from core.scored as s
    join core.compared as a on a.unique_id = s.ticket_a
    join core.compared as b on b.unique_id = s.ticket_b
    join core.texts as x on x.ticket_id = s.ticket_a
    join core.texts as y on y.ticket_id = s.ticket_b
    where employer_likeness(a.employer_keys, b.employer_keys) = 'different'
       or name_likeness(a.person, b.person) = 'different'
),
parts as (
    select
        s.*, a, b,
        case when a.unread_name is not null or b.unread_name is not null
             then case when a.unread_name = b.unread_name then 'same' when a.unread_name <> b.unread_name then 'different' else 'unknown' end
             when t.is_name_told and name_likeness(a.person, b.person) = 'different' then 'told'
             else name_likeness(a.person, b.person) end as person,
        case when a.id_number is null or b.id_number is null then 'unknown'
             when a.id_number = b.id_number then 'same' else 'different' end as id_number,
        contact_likeness(a.contact, b.contact) as contact,
        case when a.employer_code = b.employer_code then 'same'
             when a.employer_code <> b.employer_code then 'different'
             when t.is_brand_told and employer_likeness(a.employer_keys, b.employer_keys) = 'different' then 'variant'
             else employer_likeness(a.employer_keys, b.employer_keys) end as employer,
        employer_likeness(a.project_keys, b.project_keys) as project,
        period_likeness(a.period, b.period) as period,
        claim_likeness(a.claimed_fen, b.claimed_fen) as claim,
        (a.role = 'representative') <> (b.role = 'representative') as is_group_and_person,
        coalesce(list_contains(a.quoted, b.ticket_no) or list_contains(b.quoted, a.ticket_no), false) as is_quoted
    from core.scored as s
    join core.compared as a on a.unique_id = s.ticket_a
    join core.compared as b on b.unique_id = s.ticket_b
    left join told as t on t.ticket_a = s.ticket_a and t.ticket_b = s.ticket_b
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
