-- audit: clocks_agree_with_the_tickets
-- blocking: yes
-- grain: one ticket with two closing clocks or with another limit than its closing clock's, or a clock of no ticket
-- inputs: clearance.clocks, clearance.tickets
-- zh: 每件只有一个办结时限，与件上所示一致
-- why: the limit an official reads on the ticket is the one the overdue stock was counted with
with closing as (
    select ticket_id, count(*) as clocks, max(due_at) as due_at
    from clearance.clocks
    where is_closing
    group by ticket_id
)
select t.ticket_id
from clearance.tickets as t
left join closing as c on c.ticket_id = t.ticket_id
where c.clocks > 1 or t.due_at is distinct from c.due_at
union all
select c.ticket_id
from clearance.clocks as c
anti join clearance.tickets as t on t.ticket_id = c.ticket_id
