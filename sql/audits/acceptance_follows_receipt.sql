-- audit: acceptance_follows_receipt
-- blocking: no
-- grain: one ticket that was accepted before it was received
-- inputs: core.ticket_findings
-- zh: 受理不早于接收
-- why: a source states the two the wrong way round; both are kept, a person asks the source
select ticket_id
from core.ticket_findings
where list_contains(findings, 'accepted_before_received')
