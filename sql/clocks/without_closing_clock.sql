-- Grain: one channel. Inputs: core.ticket_state, core.clocks. Why: every ticket has a closing clock, or it is said.
select s.channel, count(*) as tickets
from core.ticket_state as s
anti join core.clocks as c on c.ticket_id = s.ticket_id and c.is_closing
group by s.channel
order by s.channel
