-- audit: quarantine_is_listed
-- blocking: yes
-- grain: one row in quarantine that is not listed, or listed and not in quarantine, or without a reason
-- inputs: core.known_rows, clearance.quarantine
-- zh: 隔离的每一行都列出并有原因，且不多列
-- why: a row in quarantine is a worker's claim that the table does not hold yet
select coalesce(k.delivery_id, q.delivery_id) as delivery_id, coalesce(k.row_no, q.row_no) as row_no
from (select delivery_id, row_no, reason from core.known_rows where disposition = 'quarantined') as k
full join clearance.quarantine as q on q.delivery_id = k.delivery_id and q.row_no = k.row_no
where k.delivery_id is null or q.delivery_id is null or q.reason is null or q.reason is distinct from k.reason
