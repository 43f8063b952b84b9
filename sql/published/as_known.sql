-- Grain: basis × division × channel of one day. Inputs: clearance_restated of the published file. Why: the same day with
-- all that this publication knows.
create macro as_known(day) as table
select * from clearance_restated where business_date = cast(day as date)
