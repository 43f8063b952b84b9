-- Grain: one project that one ticket names, in its field or its text. Inputs: named_tickets (ticket_id, project,
-- told_projects). Why: a mention below 0.55 may agree with another but proves no difference (is_sure).
create or replace temp table ticket_names as
select ticket_id, name, bool_or(is_sure) as is_sure
from (
    select ticket_id, project as name, true as is_sure
    from named_tickets
    where project is not null
    union all
    select ticket_id, m.name, m.confidence >= 0.55 as is_sure
    from (select ticket_id, unnest(told_projects) as m from named_tickets)
)
group by ticket_id, name
