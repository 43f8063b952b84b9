-- Grain: one lead that repeats an earlier one. Inputs: core.alike, core.features, core.lead_of_ticket. Why: the same
-- worker filing again after the first lead was closed, about a later period, is a new lead.
create or replace table core.repeat_of_lead as
with leads as (
    select
        l.lead_id, min(f.received_at) as received_at, max(f.closed_at) as closed_at, bool_or(f.is_open) as is_open,
        min(f.period_from) as period_from, max(f.period_to) as period_to
    from core.lead_of_ticket as l
    join core.features as f on f.ticket_id = l.ticket_id
    group by l.lead_id
),
pairs as (
    select x.lead_id as lead_a, y.lead_id as lead_b
    from core.alike as p
    join core.lead_of_ticket as x on x.ticket_id = p.ticket_a
    join core.lead_of_ticket as y on y.ticket_id = p.ticket_b and y.lead_id <> x.lead_id
    where p.period = 'apart' and (p.id_number = 'same' or (p.contact in ('same', 'told', 'masked') and p.person in ('same', 'sound', 'compatible'))) and p.person <> 'different' and p.employer in ('same', 'variant')
      and p.id_number <> 'different' and not p.is_group_and_person
)
select b.lead_id, arg_max(a.lead_id, (a.received_at, a.lead_id)) as repeat_of
from (select lead_a, lead_b from pairs union select lead_b, lead_a from pairs) as p
join leads as a on a.lead_id = p.lead_a
join leads as b on b.lead_id = p.lead_b
where not a.is_open and a.closed_at <= b.received_at and a.period_to < b.period_from
group by b.lead_id
