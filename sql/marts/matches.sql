-- Grain: one pair of tickets that a rule or a person considered. Inputs: core.matches, core.lead_of_ticket, core.scored.
-- Why: why two tickets are one lead, or were kept apart, and what each part of the evidence weighed. To a tenth: finer,
-- the weight of a name would tell how rare it is. The score is rounded down, so that 8 stays the line it is.
create or replace table clearance.matches as
select m.ticket_a, m.ticket_b, case when m.is_joined then l.lead_id end as lead_id, m.rule, floor(m.score * 10) / 10 as score,
       m.reasons, case m.rule when 'judgement' then 'person' when 'score' then 'model' else 'rule' end as decided_by, m.is_joined,
       round(s.person_weight, 1) as person_weight, round(s.id_number_weight, 1) as id_number_weight,
       round(s.contact_weight, 1) as contact_weight, round(s.employer_weight, 1) as employer_weight,
       round(s.project_weight, 1) as project_weight, round(s.period_weight, 1) as period_weight,
       round(s.claim_weight, 1) as claim_weight, round(s.persons_weight, 1) as persons_weight,
       round(s.division_weight, 1) as division_weight, round(s.quoted_weight, 1) as quoted_weight
from core.matches as m
left join core.lead_of_ticket as l on l.ticket_id = m.ticket_a
left join core.scored as s on s.ticket_a = m.ticket_a and s.ticket_b = m.ticket_b
order by m.ticket_a, m.ticket_b, m.rule
