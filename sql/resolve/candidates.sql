-- Grain: one pair of tickets that may be one lead, the smaller id first. Inputs: core.blocks, core.features,
-- core.ticket_state. Why: only these pairs are compared. A number that one ticket quotes of another is a candidate too.
create or replace table core.candidates as
with met as (
    select a.ticket_id as ticket_a, b.ticket_id as ticket_b
    from core.blocks as a
    join core.blocks as b on b.block = a.block and a.ticket_id < b.ticket_id
    where not a.is_too_large
    union all
    select least(ticket_id, next_ticket), greatest(ticket_id, next_ticket)
    from (
        select k.ticket_id, lead(k.ticket_id) over (partition by k.block order by f.received_at, k.ticket_id) as next_ticket
        from core.blocks as k
        join core.features as f on f.ticket_id = k.ticket_id
        where k.is_too_large
    )
    where next_ticket is not null
),
quotes as (
    select least(f.ticket_id, t.ticket_id) as ticket_a, greatest(f.ticket_id, t.ticket_id) as ticket_b
    from (select ticket_id, unnest(quoted) as ticket_no from core.features) as f
    join core.ticket_state as t on t.ticket_no = f.ticket_no and t.ticket_id <> f.ticket_id
)
select ticket_a, ticket_b, bool_or(is_quoted) as is_quoted
from (select distinct ticket_a, ticket_b, false as is_quoted from met
      union all select ticket_a, ticket_b, true from quotes)
group by ticket_a, ticket_b
