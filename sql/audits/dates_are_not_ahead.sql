-- audit: dates_are_not_ahead
-- blocking: no
-- grain: one ticket with a step dated after the day on which it was delivered
-- inputs: core.ticket_findings
-- zh: 各环节时间不晚于报送日
-- why: a step in the future counts only when its day has come; a year 3021 never does
select ticket_id
from core.ticket_findings
where list_contains(findings, 'dated_ahead')
