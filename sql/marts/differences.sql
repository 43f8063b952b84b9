-- Grain: one entry that the restated day has and the book of that day has not, or the other way. Inputs:
-- core.differences, $publication_id, $business_date, $is_reissue. Why: what a reissue says otherwise, and why; a daily
-- publication books what it knows and has none.
create or replace table clearance.differences as
select
    $publication_id as publication_id, cast($business_date as date) as business_date, occurred_on, basis, subject_id, flow,
    division_code, channel, quantity, effect, cause, corrected_on
from core.differences
where $is_reissue
order by all
