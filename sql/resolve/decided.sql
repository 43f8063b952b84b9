-- Grain: one link and what came of it. Inputs: core.joining_links, core.disputed_decisions, core.components.
-- Why: the explanation says of every link whether it joined, and else why not.
create or replace table core.decided as
select
    l.ticket_a, l.ticket_b, l.rule,
    coalesce(d.is_joined, a.component = b.component) as is_joined,
    coalesce(nullif(d.refusal, ''), case when a.component <> b.component then '牵连的工单过多，须人工核对' end, '') as refusal
from core.joining_links as l
join core.components as a on a.ticket_id = l.ticket_a
join core.components as b on b.ticket_id = l.ticket_b
left join core.disputed_decisions as d on d.ticket_a = l.ticket_a and d.ticket_b = l.ticket_b and d.rule = l.rule
