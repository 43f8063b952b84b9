-- audit: versions_belong_to_one_ticket
-- blocking: yes
-- grain: one source row that is a version of no ticket, of a wrong one, or of several
-- inputs: core.ticket_versions
-- zh: 每个版本恰好属于一件
-- why: a version without its ticket is a lost claim; the ticket's id is its source and its number, nothing else
select delivery_id, row_no, count(*) as versions
from core.ticket_versions
group by delivery_id, row_no
having count(*) <> 1
    or bool_or(coalesce(ticket_id <> source || ':' || ticket_no, true))
