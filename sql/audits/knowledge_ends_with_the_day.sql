-- audit: knowledge_ends_with_the_day
-- blocking: yes
-- reissue: no
-- grain: one delivery that this publication uses and may not know, or that was never staged
-- inputs: core.known_deliveries, stage.deliveries, $business_date
-- zh: 只用业务日及以前的来件
-- why: a publication of D knows the deliveries with delivered_for ≤ D; only a reissue knows more
select k.delivery_id
from core.known_deliveries as k
left join stage.deliveries as d on d.delivery_id = k.delivery_id
where d.delivered_for is null or d.delivered_for > $business_date
