-- Grain: one ticket and what it says in prose. Inputs: core.ticket_state, core.ticket_versions. Why: where two tickets seem
-- to name different employers, the text is looked at once more.
create or replace view core.texts as
select s.ticket_id, coalesce(v.title, '') || chr(10) || coalesce(v.narrative, '') as text
from core.ticket_state as s
join core.ticket_versions as v on v.ticket_id = s.ticket_id and v.delivery_id = s.delivery_id and v.row_no = s.row_no
