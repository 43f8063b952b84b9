-- audit: leads_hold_one_claimant
-- blocking: yes
-- grain: one lead with two differing valid ID numbers of claimants
-- inputs: core.lead_of_ticket, core.ticket_parties
-- zh: 一条线索内不得有两个不同的有效身份证号（当事人本人）
-- why: the veto above all rules and judgements: a false merge hides a worker's claim
select l.lead_id, count(distinct upper(p.id_number)) as claimants
from core.lead_of_ticket as l
join core.ticket_parties as p on p.ticket_id = l.ticket_id
where p.role = 'claimant' and p.is_id_valid
group by l.lead_id
having count(distinct upper(p.id_number)) > 1
