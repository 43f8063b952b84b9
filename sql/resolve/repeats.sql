-- Grain: one lead that repeats an earlier one. Inputs: core.persons, core.lead_of_ticket, core.ticket_state.
-- Why: the same worker filing again after the first lead was closed, about a later period, is a new lead.
create or replace table core.repeat_of_lead as
with leads as (
    select
        l.lead_id, p.id_number, p.employer_key,
        min(p.received_at) as received_at, max(p.period_to) as period_to, min(p.period_from) as period_from,
        bool_or(p.is_open) as is_open, max(p.closed_at) as closed_at
    from core.lead_of_ticket as l
    join core.persons as p on p.ticket_id = l.ticket_id
    where p.id_number is not null and p.employer_key is not null and p.role = 'claimant'
    group by l.lead_id, p.id_number, p.employer_key
)
select b.lead_id, arg_max(a.lead_id, (a.received_at, a.lead_id)) as repeat_of
from leads as a
join leads as b on b.id_number = a.id_number and b.employer_key = a.employer_key and b.lead_id <> a.lead_id
where not a.is_open and a.closed_at <= b.received_at and a.period_to < b.period_from
group by b.lead_id
