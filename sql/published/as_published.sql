-- Grain: basis × division × channel of one day. Inputs: clearance_daily of the published file. Why: any past day can be
-- asked as it was published: the book, which later knowledge never changes.
create macro as_published(day) as table
select * from clearance_daily where business_date = cast(day as date)
