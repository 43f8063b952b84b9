-- audit: leads_keep_groups_apart
-- blocking: yes
-- grain: one lead that holds a group's ticket and a worker's own, and no person judged so
-- inputs: core.lead_of_ticket, core.ticket_parties, registry.standing_judgements
-- zh: 集体件与个人件分为两条线索（人工判定除外）
-- why: a group representative's ticket and a member's own are always two leads in one incident
with mixed as (
    select l.lead_id
    from core.lead_of_ticket as l
    join core.ticket_parties as p on p.ticket_id = l.ticket_id
    where p.role in ('claimant', 'representative')
    group by l.lead_id
    having count(distinct p.role) > 1
),
judged as (
    select distinct a.lead_id
    from registry.standing_judgements as j
    join core.lead_of_ticket as a on a.ticket_id = j.ticket_a
    join core.lead_of_ticket as b on b.ticket_id = j.ticket_b
    where j.verdict = 'same' and a.lead_id = b.lead_id
)
select m.lead_id
from mixed as m
anti join judged as j on j.lead_id = m.lead_id
