-- Grain: one entry to post: basis, subject, flow, day, cell. Inputs: core.differences, $business_date, $newest_date,
-- $is_reissue. Why: booked as in accounting: a difference is posted on its own day where that day is not published yet,
-- else on the business date, where it counts as a correction with its cause. Nothing on a published day ever changes,
-- and a reissue books nothing.
create or replace table core.postings as
select
    basis, subject_id, flow, occurred_on,
    case when occurred_on > $newest_date then occurred_on else $business_date end as booked_on,
    division_code, channel, quantity, effect,
    case when occurred_on > $newest_date then null else cause end as cause
from core.differences
where not $is_reissue
