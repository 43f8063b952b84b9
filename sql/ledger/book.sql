-- Grain: one entry of the book with those about to be posted. Inputs: registry.ledger_entries, core.postings,
-- $booked_upto. Why: the daily table is the book, never a fresh count; a reissue shows it as its day was published.
create or replace table core.book as
select publication_id, basis, subject_id, flow, occurred_on, booked_on, division_code, channel, quantity, effect, cause
from registry.ledger_entries
where booked_on <= $booked_upto
union all
select $publication_id, basis, subject_id, flow, occurred_on, booked_on, division_code, channel, quantity, effect, cause
from core.postings
