-- Grain: source × day of delivery × column. Inputs: stage.rows, core.known_deliveries, $since, $business_date.
-- Why: values that a named parser could not read; staging has flagged them already. The receipt, which puts a row into
-- quarantine, has no flag: its column is called received_at.
select source, delivered_for, column_name, count(*) as count
from (
    select source, delivered_for, delivery_id, substr(flag, 12) as column_name
    from (
        select source, delivered_for, delivery_id, unnest(flags) as flag
        from stage.rows where delivered_for between $since and $business_date and len(flags) > 0
    )
    where starts_with(flag, 'unreadable:')
    union all
    select source, delivered_for, delivery_id, 'received_at'
    from stage.rows
    where delivered_for between $since and $business_date and reason = 'unreadable_received_at'
) as r
semi join core.known_deliveries as k on k.delivery_id = r.delivery_id
group by source, delivered_for, column_name
order by source, delivered_for, column_name
