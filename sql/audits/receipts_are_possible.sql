-- audit: receipts_are_possible
-- blocking: no
-- grain: one row in quarantine for this reason that nothing has settled
-- inputs: clearance.quarantine
-- zh: 隔离中没有接收时间不可能（未来或年份错误）的记录
-- why: a receipt in the future or in the year 3021 is kept out, and is a claim all the same
select source, delivery_id, row_no
from clearance.quarantine
where reason = 'impossible_received_at' and not is_resolved
