-- Grain: one open ticket whose closing limit ends otherwise than the publication before said. Inputs: clearance.tickets,
-- clearance.clocks, core.published_clocks. Why: a change of the calendar or of a rule computes every open deadline again;
-- which moved must be seen. Same rule, start and length, and another end: only the calendar can do that.
create or replace table clearance.moved_deadlines as
select
    t.ticket_id, t.division_code, t.channel, b.due_at as due_before, c.due_at,
    cast(cast(c.due_at as date) - cast(b.due_at as date) as integer) as moved_days,
    case
        when b.rule = c.rule and b.starts_at is not distinct from c.starts_at and b.unit is not distinct from c.unit
             and b.limit_value = c.limit_value then 'calendar'
        when b.starts_at is not distinct from c.starts_at and b.source_due_at is not distinct from c.source_due_at then 'rule'
        else 'source'
    end as cause
from clearance.tickets as t
join clearance.clocks as c on c.ticket_id = t.ticket_id and c.is_closing
join core.published_clocks as b on b.ticket_id = t.ticket_id and b.is_closing
where t.is_open and c.due_at is distinct from b.due_at
order by t.ticket_id
