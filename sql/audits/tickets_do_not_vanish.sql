-- audit: tickets_do_not_vanish
-- blocking: yes
-- reissue: no
-- grain: one ticket that an earlier publication held and this one does not
-- inputs: registry.active_members, registry.known_undone_corrections, core.ticket_state, core.ticket_versions, stage.rows
-- zh: 以前公布过的件没有消失
-- why: tickets are never deleted; a source's deletion makes them withdrawn; one that a correction alone made goes when it is taken back
select m.ticket_id
from registry.active_members as m
anti join core.ticket_state as s on s.ticket_id = m.ticket_id
where exists (select 1 from core.ticket_versions as v where v.ticket_id = m.ticket_id)
   or not exists (
       select 1
       from stage.rows as r
       join registry.known_undone_corrections as u
           on u.delivery_id = r.delivery_id and coalesce(u.row_no, r.row_no) = r.row_no
       where r.ticket_id = m.ticket_id)
