-- Grain: one ticket and the group it is in. Inputs: core.ticket_state, core.linked_components, core.disputed_groups.
-- Why: undisputed chains as they stand, disputed ones as decided, all others alone.
create or replace table core.components as
with linked as (
    select c.ticket_id, min(c.ticket_id) over (partition by c.component) as component
    from core.linked_components as c
    where not c.is_too_large
)
select s.ticket_id, coalesce(d.component, l.component, s.ticket_id) as component
from core.ticket_state as s
left join linked as l on l.ticket_id = s.ticket_id
left join core.disputed_groups as d on d.ticket_id = s.ticket_id
