-- Grain: one pair of tickets that a rule, the score or a person considered, and what came of it. Inputs: core.links,
-- core.decided (pairs that were joined or refused, with the reason), core.components. Why: why two tickets
-- are one lead, or were kept apart, in words without personal data.
create or replace table core.matches as
select
    l.ticket_a, l.ticket_b, l.rule, l.weight as score,
    case when coalesce(d.is_joined, false) then l.reasons
         when a.component = b.component then concat_ws('；', nullif(l.reasons, ''), '经其他工单合并')
         else concat_ws('；', nullif(l.reasons, ''), '未合并：' || coalesce(nullif(d.refusal, ''), l.doubt)) end as reasons,
    a.component = b.component as is_joined
from core.links as l
join core.components as a on a.ticket_id = l.ticket_a
join core.components as b on b.ticket_id = l.ticket_b
left join core.decided as d on d.ticket_a = l.ticket_a and d.ticket_b = l.ticket_b and d.rule = l.rule
union all
select d.ticket_a, d.ticket_b, d.rule, null, case when d.is_joined then '人工判定为同一线索' else '人工判定为同一线索；未合并：' || d.refusal end, d.is_joined
from core.decided as d
where d.rule = 'judgement'
