-- audit: tickets_do_not_vanish
-- blocking: yes
-- reissue: no
-- grain: one ticket that an earlier publication held and this one does not
-- inputs: registry.active_members, core.ticket_state
-- zh: 以前公布过的件没有消失
-- why: tickets are never deleted; a source's deletion makes them withdrawn
select m.ticket_id
from registry.active_members as m
anti join core.ticket_state as s on s.ticket_id = m.ticket_id
