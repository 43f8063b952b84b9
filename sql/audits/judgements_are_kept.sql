-- audit: judgements_are_kept
-- blocking: yes
-- grain: one pair of tickets that a person judged different and that stand in one lead
-- inputs: registry.standing_judgements, core.lead_of_ticket
-- zh: 人工判定为不同的两件不在同一线索
-- why: a person's verdict outranks every rule, negatives first
select j.ticket_a, j.ticket_b
from registry.standing_judgements as j
join core.lead_of_ticket as a on a.ticket_id = j.ticket_a
join core.lead_of_ticket as b on b.ticket_id = j.ticket_b
where j.verdict = 'different' and a.lead_id = b.lead_id
