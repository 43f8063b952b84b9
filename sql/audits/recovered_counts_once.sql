-- audit: recovered_counts_once
-- blocking: yes
-- grain: one lead whose recovered money is not that of exactly one of its closed tickets, or a ledger that counts more
-- inputs: clearance.leads, clearance.tickets, clearance.clearance_restated
-- zh: 追回金额每条线索只计一次，且账上合计与线索合计相等
-- why: three tickets may report the same money; it counts once per lead, as one of them recorded it
select l.lead_id
from clearance.leads as l
anti join clearance.tickets as t
    on t.lead_id = l.lead_id and t.recovered_fen = l.recovered_fen and t.closed_at is not null
where l.recovered_fen > 0
union all
select 'clearance_restated'
from (select coalesce(sum(recovered_fen), 0) as fen from clearance.clearance_restated where basis = 'lead') as r
cross join (select coalesce(sum(recovered_fen), 0) as fen from clearance.leads) as l
where r.fen <> l.fen
