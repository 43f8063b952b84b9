-- Grain: one lead whose tickets are not the ones it was last published with, and why. Inputs: core.lead_of_ticket,
-- core.members_before, registry.judgements, $last_judgement. Why: corrections in leads name their cause.
create or replace table core.changed_leads as
with before as (select ticket_id, lead_id from core.members_before),
moved as (
    select b.ticket_id, b.lead_id as old_lead, n.lead_id as new_lead
    from before as b
    join core.lead_of_ticket as n on n.ticket_id = b.ticket_id
    where n.lead_id <> b.lead_id
),
living as (select distinct lead_id from core.lead_of_ticket),
causes as (
    -- A lead that no longer lives was merged; one that lives on and lost a ticket was split.
    select m.old_lead, m.new_lead, m.ticket_id,
           case when m.old_lead in (select lead_id from living) then 'split' else 'merge' end as cause
    from moved as m
),
judged as (
    -- A new judgement on the ticket's pair, or the undoing of one.
    select distinct unnest([j.ticket_a, j.ticket_b, u.ticket_a, u.ticket_b]) as ticket_id
    from registry.judgements as j
    left join registry.judgements as u on u.judgement_no = j.undoes
    where j.judgement_no > $last_judgement
)
select lead_id, case when bool_or(is_judged) then 'judgement' else max(cause) end as cause
from (
    select c.old_lead as lead_id, c.cause, j.ticket_id is not null as is_judged
    from causes as c left join judged as j on j.ticket_id = c.ticket_id
    union all
    select c.new_lead, c.cause, j.ticket_id is not null
    from causes as c left join judged as j on j.ticket_id = c.ticket_id
)
group by lead_id
