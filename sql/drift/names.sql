-- Grain: source × code that is also a claimant's name in its deliveries of the day. Inputs: stage.profiles, stage.rows,
-- core.known_deliveries, $business_date. Why: a shifted column puts names where codes stand; they are never shown.
select distinct r.source, r.claimant_name
from stage.rows as r
semi join core.known_deliveries as k on k.delivery_id = r.delivery_id
semi join (select delivery_id, value from stage.profiles where kind = 'code') as p
    on p.delivery_id = r.delivery_id and p.value = r.claimant_name
where r.delivered_for = $business_date
