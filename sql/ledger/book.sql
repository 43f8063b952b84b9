-- Grain: one entry of the book with those about to be posted. Inputs: registry.ledger_entries, core.postings.
-- Why: the daily table is the book, never a fresh count.
create or replace table core.book as
select publication_id, basis, subject_id, flow, occurred_on, booked_on, division_code, channel, quantity, effect, cause
from registry.ledger_entries
union all
select $publication_id, basis, subject_id, flow, occurred_on, booked_on, division_code, channel, quantity, effect, cause
from core.postings
