-- Grain: one known delivery with what its rows became; counts only. Inputs: stage.deliveries, core.known_deliveries,
-- core.known_rows, $business_date, $since. Why: the frame that the delivery checks validate; is_new marks what no
-- earlier publication has been warned about.
with counted as (
    select
        delivery_id,
        count(*) as rows_staged,
        count(distinct row_no) as row_numbers,
        count(*) filter (where disposition = 'version') as rows_version,
        count(*) filter (where disposition = 'same_as_before') as rows_same,
        count(*) filter (where disposition = 'out_of_scope') as rows_out_of_scope,
        count(*) filter (where disposition = 'quarantined') as rows_quarantined,
        count(*) filter (where disposition = 'quarantined' and coalesce(reason, '') = '') as quarantined_without_reason,
        count(*) filter (where disposition = 'version' and ticket_no is null) as versions_without_number,
        count(*) filter (where disposition = 'version' and received_at is null) as versions_without_receipt,
        count(*) filter (where disposition = 'version' and (division_code is null or channel is null))
            as versions_without_cell,
        count(*) filter (where disposition = 'version' and (status is null or changed_at is null))
            as versions_without_state,
        count(distinct ticket_no) as ticket_numbers,
        max(changed_at) as newest_change,
        count(*) filter (where cast(changed_at as date) > delivered_for) as rows_changed_later,
        count(*) filter (
            where list_bool_or(list_transform(flags, lambda f: starts_with(f, 'unknown_code')))) as rows_unknown_code,
        count(*) filter (where list_contains(flags, 'broken_bytes')) as rows_broken_bytes
    from core.known_rows
    group by delivery_id
)
select
    d.source, d.delivery_id, d.delivered_for, d.kind, d.rows,
    d.delivered_for = $business_date as is_of_the_day,
    d.delivered_for > $since as is_new,
    coalesce(c.rows_staged, 0) as rows_staged,
    coalesce(c.row_numbers, 0) as row_numbers,
    coalesce(c.rows_version, 0) as rows_version,
    coalesce(c.rows_same, 0) as rows_same,
    coalesce(c.rows_out_of_scope, 0) as rows_out_of_scope,
    coalesce(c.rows_quarantined, 0) as rows_quarantined,
    coalesce(c.quarantined_without_reason, 0) as quarantined_without_reason,
    coalesce(c.versions_without_number, 0) as versions_without_number,
    coalesce(c.versions_without_receipt, 0) as versions_without_receipt,
    coalesce(c.versions_without_cell, 0) as versions_without_cell,
    coalesce(c.versions_without_state, 0) as versions_without_state,
    coalesce(c.ticket_numbers, 0) as ticket_numbers,
    c.newest_change,
    coalesce(c.rows_changed_later, 0) as rows_changed_later,
    coalesce(c.rows_unknown_code, 0) as rows_unknown_code,
    coalesce(c.rows_broken_bytes, 0) as rows_broken_bytes,
    d.control_total,
    cast(coalesce(not d.control_total_agrees, false) as integer) as is_control_total_missed
from stage.deliveries as d
semi join core.known_deliveries as k on k.delivery_id = d.delivery_id
left join counted as c on c.delivery_id = d.delivery_id
order by d.source, d.delivered_for, d.order_key, d.delivery_id
