-- audit: extensions_are_in_time
-- blocking: no
-- grain: one ticket with an extension first seen after its limit had ended
-- inputs: core.ticket_findings
-- zh: 延期不晚于原时限
-- why: an extension after the deadline mends a figure, not a matter; inferred from versions
select ticket_id
from core.ticket_findings
where list_contains(findings, 'extended_after_deadline')
