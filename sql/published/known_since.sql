-- Grain: one entry that was known, or taken back, only after the day was published. Inputs: corrections and differences of
-- the published file. Why: as_known(day) less as_published(day), entry by entry, each with its cause. A restated file
-- lists what its book does not hold in `differences`.
create macro known_since(day) as table
select occurred_on, basis, subject_id, flow, division_code, channel, quantity, effect, cause, booked_on as corrected_on
from corrections
where occurred_on <= cast(day as date) and booked_on > cast(day as date)
union all
select occurred_on, basis, subject_id, flow, division_code, channel, quantity, effect, cause, corrected_on
from differences
where occurred_on <= cast(day as date)
