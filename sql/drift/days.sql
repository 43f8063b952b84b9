-- Grain: source × day of delivery × column × kind × value. Inputs: stage.profiles, stage.deliveries,
-- core.known_deliveries, $since, $business_date. Why: what each day looked like; a day has one or more deliveries.
select p.source, d.delivered_for, p.column_name, p.kind, case when p.kind = 'rows' then '' else p.value end as value,
       sum(p.count) as count, coalesce(bool_or(p.is_readable), true) as is_readable
from stage.profiles as p
join stage.deliveries as d on d.delivery_id = p.delivery_id
semi join core.known_deliveries as k on k.delivery_id = p.delivery_id
where d.delivered_for between $since and $business_date and d.rows > 0 and d.kind <> 'correction'
group by p.source, d.delivered_for, p.column_name, p.kind, case when p.kind = 'rows' then '' else p.value end
order by p.source, d.delivered_for, p.column_name, p.kind, value
