-- audit: closings_follow_receipts
-- blocking: no
-- grain: one row in quarantine for this reason that nothing has settled
-- inputs: clearance.quarantine
-- zh: 隔离中没有办结早于接收的记录
-- why: a row that is closed before it was received is kept out, and is a claim all the same
select source, delivery_id, row_no
from clearance.quarantine
where reason = 'closed_before_received' and not is_resolved
