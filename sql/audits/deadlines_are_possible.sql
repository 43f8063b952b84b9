-- audit: deadlines_are_possible
-- blocking: no
-- grain: one ticket with a deadline or extension ten years ahead
-- inputs: core.ticket_findings
-- zh: 来源时限、延期不在十年以后
-- why: a mistyped year hides an overdue ticket
select ticket_id
from core.ticket_findings
where list_contains(findings, 'due_too_far')
