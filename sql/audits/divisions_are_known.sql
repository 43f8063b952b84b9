-- audit: divisions_are_known
-- blocking: no
-- grain: one row in quarantine for this reason that nothing has settled
-- inputs: clearance.quarantine
-- zh: 隔离中没有属地不在代码表的记录
-- why: a division that was renamed or merged is kept out until divisions.csv knows its name
select source, delivery_id, row_no
from clearance.quarantine
where reason = 'unknown_division' and not is_resolved
