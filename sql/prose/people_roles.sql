-- Grain: one row of people_cuts. Inputs: people_cuts, people_told, people_numbers. Why: who is
-- named, and in what role the ticket is written: several people's wages before one other's, one other's before a report, else the own wages.
create or replace temp table people_read as
with joined as (
    select
        c.* exclude (text), t.owed, t.acting, t.foreman, p.phones, p.id_numbers, p.has_phone,
        case when t.principal.confidence >= 0.75 or (c.formal <> '' and t.principal.confidence >= 0.65) then t.principal end as principal,
        case when t.self.name = t.principal.name then null else t.self end as self
    from people_cuts as c
    left join people_told as t on t.n = c.rowid
    left join people_numbers as p on p.n = c.rowid
),
judged as (
    select
        *,
        has_person or self is not null or coalesce(has_phone, false) as has_trace,
        case
            when is_group then '来源标明为集体投诉'
            when claimed_persons >= 2 then '来源登记人数为' || claimed_persons || '人'
            when counted <> '' then '文中提到多名当事人：' || regexp_replace(counted, '^[^0-9一二两三四五六七八九几十百数]', '')
            when collective <> '' then '文中为集体口吻：' || collective
            when is_plural and coalesce(claimed_persons, 0) <> 1 then '文中称被拖欠的是“我们”'
        end as group_reason,
        case
            when principal is not null then '代他人反映：' || coalesce(principal.relation, '受托')
            when acting is not null then '代他人反映：' || acting
            when formal <> '' then '代他人反映：' || formal
        end as agent_reason
    from joined
),
decided as (
    select
        *,
        case
            when agent_reason is not null and (claimed_persons = 1 or principal is not null) and not is_group
                and coalesce(claimed_persons, 1) < 2 and (counted = '' or principal is not null) then 'agent'
            when reports <> '' and not has_trace and coalesce(group_reason, '') not like '来源%' and not speaks_of_self then 'reporter'
            when group_reason is not null then 'representative'
            when agent_reason is not null then 'agent'
            when not has_trace and (reports <> '' or not (speaks_of_self or states_sum)) then 'reporter'
            when reports <> '' and not has_id_number and not speaks_of_self and owed is null and self is null then 'reporter'
            else 'claimant'
        end as role
    from judged
)
select
    delivery_id, row_no,
    case when role in ('claimant', 'representative') then coalesce(self, owed) end as told_claimant,
    case when role = 'agent' then self end as told_agent,
    case when role = 'agent' then coalesce(principal, case when self is null or owed.name <> self.name then owed end) end
        as told_principal,
    case when foreman.start not in (coalesce(self.start, 0), coalesce(principal.start, 0), coalesce(owed.start, 0))
           and foreman.name is distinct from self.name and foreman.name is distinct from claimant_name
        then foreman end as told_foreman,
    coalesce(phones, []) as told_phones,
    coalesce(id_numbers, []) as told_id_numbers,
    role,
    case role
        when 'representative' then group_reason
        when 'agent' then agent_reason
        when 'reporter' then case when reports <> '' then '举报他人被欠薪：' || reports else '没有留下任何个人信息' end
        else case when self is not null then '本人反映，文中自报姓名' when speaks_of_self then '本人反映'
            when states_sum then '说到具体欠薪数额，未见代他人反映' else '未见代他人反映的迹象' end
    end as role_reason
from decided
