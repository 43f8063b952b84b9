-- Grain: one clock of a ticket. Inputs: core.clocks. Why: published form.
create or replace table clearance.clocks as
select ticket_id, clock, rule, clause, is_closing, is_measurable, starts_at, due_at, unit,
       cast(limit_value as integer) as limit_value, stopped_at, state, source_due_at, disagrees_with_source
from core.clocks
order by ticket_id, clock, rule
