-- audit: suspensions_end
-- blocking: no
-- grain: one ticket that has been suspended for longer than city.toml allows
-- inputs: core.ticket_findings
-- zh: 中止不超过设定天数
-- why: a suspension that never ends hides a ticket
select ticket_id
from core.ticket_findings
where list_contains(findings, 'suspended_long')
