-- Grain: one pair of tickets that a rule or a person considered. Inputs: core.matches, core.lead_of_ticket.
-- Why: why two tickets are one lead, or were kept apart.
create or replace table clearance.matches as
select m.ticket_a, m.ticket_b, case when m.is_joined then l.lead_id end as lead_id, m.rule, m.score,
       m.reasons, case m.rule when 'judgement' then 'person' when 'score' then 'model' else 'rule' end as decided_by, m.is_joined
from core.matches as m
left join core.lead_of_ticket as l on l.ticket_id = m.ticket_a
order by m.ticket_a, m.ticket_b, m.rule
