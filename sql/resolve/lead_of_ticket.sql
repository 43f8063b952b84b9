-- Grain: one ticket and the lead it is in. Inputs: core.components, core.ticket_state, registry.lead_registry,
-- registry.active_members. Why: an id once published survives. A component takes the living id whose anchor ticket it
-- holds (the earliest-received anchor of several), else a buried id whose anchor it holds, else a new id: a hash of
-- its anchor, the earliest-received ticket, ties by ticket id.
create or replace table core.lead_of_ticket as
with members as (
    select c.ticket_id, c.component, s.received_at
    from core.components as c
    join core.ticket_state as s on s.ticket_id = c.ticket_id
),
anchors as (
    select component, arg_min(ticket_id, (received_at, ticket_id)) as anchor_ticket
    from members
    group by component
),
claims as (
    select
        m.component, r.lead_id,
        row_number() over (
            partition by m.component
            order by case when r.lead_id in (select lead_id from registry.active_members) then 0 else 1 end,
                     m.received_at, m.ticket_id
        ) as choice
    from members as m
    join (select distinct lead_id, anchor_ticket from registry.lead_registry) as r on r.anchor_ticket = m.ticket_id
)
select
    m.ticket_id,
    coalesce(c.lead_id, 'L' || upper(left(sha256('lead:' || a.anchor_ticket), 16))) as lead_id,
    a.anchor_ticket,
    m.ticket_id = a.anchor_ticket as is_anchor
from members as m
join anchors as a on a.component = m.component
left join claims as c on c.component = m.component and c.choice = 1
