-- Grain: one pair of tickets of one chain of links that may not be in one lead. Inputs: core.linked_components,
-- core.enemies, registry.standing_judgements. Why: a person's "different" holds whatever speaks for the pair.
create or replace table core.disputed_enemies as
with judged as (
    select least(j.ticket_a, j.ticket_b) as ticket_a, greatest(j.ticket_a, j.ticket_b) as ticket_b
    from registry.standing_judgements as j
    join core.linked_components as a on a.ticket_id = j.ticket_a
    join core.linked_components as b on b.ticket_id = j.ticket_b and b.component = a.component
    where j.verdict = 'different'
)
select ticket_a, ticket_b, reason, is_absolute from core.enemies anti join judged using (ticket_a, ticket_b)
union all
select j.ticket_a, j.ticket_b,
       case when e.is_absolute then e.reason else '人工判定为不同' end, true
from judged as j
left join core.enemies as e on e.ticket_a = j.ticket_a and e.ticket_b = j.ticket_b
