-- audit: joined_pairs_share_a_lead
-- blocking: yes
-- grain: one published pair that is called joined and is not in one lead
-- inputs: clearance.matches, clearance.tickets
-- zh: 标为已合并的两件确在同一线索
-- why: the reasons an official reads must be the reasons of what was done
select m.ticket_a, m.ticket_b
from clearance.matches as m
left join clearance.tickets as a on a.ticket_id = m.ticket_a
left join clearance.tickets as b on b.ticket_id = m.ticket_b
where m.is_joined
  and (a.lead_id is null or b.lead_id is null or a.lead_id <> b.lead_id or m.lead_id is distinct from a.lead_id)
