-- audit: closed_once
-- blocking: no
-- grain: one ticket that states several closing dates and was not reopened between them
-- inputs: core.ticket_findings
-- zh: 同一件没有两个办结日期
-- why: the last stated date counts; a source that closes twice may have closed too early
select ticket_id
from core.ticket_findings
where list_contains(findings, 'closed_twice')
