-- Grain: one employer that one ticket names, in its field or its text. Inputs: named_tickets (ticket_id, employer,
-- told_employers). Why: a mention below 0.55 may agree with another but proves no difference (is_sure).
create or replace temp table ticket_names as
select ticket_id, name, bool_or(is_sure) as is_sure
from (
    select ticket_id, employer as name, true as is_sure
    from named_tickets
    where employer is not null
    union all
    select ticket_id, concat(m.place, m.brand, m.industry, m.form) as name, m.confidence >= 0.55 as is_sure
    from (select ticket_id, unnest(told_employers) as m from named_tickets)
)
group by ticket_id, name
