-- Grain: one change of a lead's being open, or of its cell. Inputs: core.ticket_entries, core.lead_of_ticket,
-- core.ticket_events, core.ticket_state, $business_date. Why: a lead is received with its earliest ticket and leaves
-- with its last open one: as closed if any of its tickets was closed, else by that ticket's flow. It counts in the
-- cell of its anchor (the earliest-received ticket as now known), whose change of division is a transfer.
create or replace table core.lead_entries as
with moves as (
    select
        l.lead_id, l.is_anchor, e.ordered_at, e.subject_id, e.sequence, e.effect, e.flow,
        row_number() over running as move_no,
        sum(e.effect) over running as open_after,
        bool_or(e.flow = 'closed') over running as has_closed
    from core.ticket_entries as e
    join core.lead_of_ticket as l on l.ticket_id = e.subject_id
    -- A change of cell is no change of being open; a return and its coming back are.
    semi join core.ticket_events as t
        on t.ticket_id = e.subject_id and t.sequence = e.sequence and t.event <> 'transferred'
    window running as (partition by l.lead_id order by e.ordered_at, e.effect desc, e.subject_id, e.sequence
                       rows unbounded preceding)
),
changes as (
    select
        lead_id, ordered_at, effect,
        case when is_anchor then 0 else 1 end as rank, case when is_anchor then sequence else move_no end as place,
        case
            when effect < 0 and has_closed then 'closed'
            when effect < 0 then flow
            else null
        end as leaving_flow
    from moves
    where (effect > 0 and open_after = 1) or (effect < 0 and open_after = 0)
),
stream as (
    -- At one instant the anchor's own events come in their order, those of other tickets after them.
    select lead_id, ordered_at, rank, place, 1 as part, effect, leaving_flow, null as to_division
    from changes
    union all
    select a.lead_id, t.ordered_at, 0, t.sequence, 0, 0, null, t.to_division
    from core.lead_of_ticket as a
    join core.ticket_events as t on t.ticket_id = a.ticket_id
    where a.is_anchor and t.event in ('received', 'transferred') and t.occurred_on <= $business_date
),
placed as (
    select
        *,
        last_value(to_division ignore nulls) over upto as division,
        last_value(to_division ignore nulls) over before as division_before,
        sum(effect) over before as open_before,
        last_value(leaving_flow ignore nulls) over before as left_by,
        row_number() over upto as position
    from stream
    window upto as (partition by lead_id order by ordered_at, rank, place, part rows unbounded preceding),
           before as (partition by lead_id order by ordered_at, rank, place, part
                      rows between unbounded preceding and 1 preceding)
),
named as (
    select p.*, s.channel, cast(p.ordered_at as date) as occurred_on
    from placed as p
    join core.lead_of_ticket as a on a.lead_id = p.lead_id and a.is_anchor
    join core.ticket_state as s on s.ticket_id = a.ticket_id
)
select lead_id as subject_id, channel, division as division_code, position as sequence, 0 as step, occurred_on, ordered_at, 1 as effect,
       case when left_by is null then 'received' when left_by = 'transferred_out' then 'transferred_in' else 'reopened' end as flow
from named
where effect > 0
union all
select lead_id, channel, division, position, 0, occurred_on, ordered_at, -1, leaving_flow
from named
where effect < 0
union all
select lead_id, channel, division_before, position, 0, occurred_on, ordered_at, -1, 'transferred_out'
from named
where effect = 0 and coalesce(open_before, 0) > 0 and division <> division_before
union all
select lead_id, channel, division, position, 1, occurred_on, ordered_at, 1, 'transferred_in'
from named
where effect = 0 and coalesce(open_before, 0) > 0 and division <> division_before
