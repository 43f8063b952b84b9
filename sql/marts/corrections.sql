-- Grain: one entry booked on a later day than its own. Inputs: core.book. Why: late knowledge, by cause.
create or replace table clearance.corrections as
select publication_id, booked_on, occurred_on, basis, subject_id, flow, division_code, channel, quantity, effect, cause
from core.book
where booked_on <> occurred_on
order by all
