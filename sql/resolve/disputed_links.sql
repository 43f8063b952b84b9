-- Grain: one link of a chain of links in which two tickets may not be together. Inputs: core.joining_links,
-- core.linked_components, core.disputed_enemies. Why: a chain without enemies is one lead as it stands, whatever the
-- order; only these are decided link by link.
create or replace table core.disputed_links as
with disputed as (
    select distinct c.component
    from core.disputed_enemies as e
    join core.linked_components as c on c.ticket_id = e.ticket_a
)
select l.ticket_a, l.ticket_b, l.rank, l.rule, l.weight
from core.joining_links as l
join core.linked_components as c on c.ticket_id = l.ticket_a
semi join disputed as d on d.component = c.component
where not c.is_too_large
