-- The day a delivery speaks for: that of a pulled file is the date in its name, where it is earlier than the day it was
-- pulled for. A file of yesterday that is first seen today does not say that today's is there.
create or replace temp macro covered_day(kind, is_handed_over, name, delivered_for) as
    case when kind = 'file' and not is_handed_over
         then least(delivered_for, coalesce(
             try_cast(regexp_replace(
                 regexp_extract(name, '20\d{2}[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])'),
                 '(20\d{2})[-_.年]?(\d{2})[-_.月]?(\d{2})', '\1-\2-\3') as date),
             delivered_for))
         else delivered_for end
