-- audit: limits_follow_their_start
-- blocking: no
-- grain: one clock whose limit lies before its start
-- inputs: clearance.clocks
-- zh: 时限不早于起算时间
-- why: a source may state a limit before the receipt; a person should ask the source, the day need not stop
select ticket_id, clock
from clearance.clocks
where due_at < starts_at
