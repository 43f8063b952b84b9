-- Grain: one row that a person settled: corrected in another row, or dismissed. Inputs: stage.corrections, stage.rows,
-- core.known_deliveries, registry.standing_dismissals. Why: the person's word stands, whatever a later rule would read
-- in the row; and a source that sends the very same row again (a snapshot does so every day) says nothing new. A row of
-- a correction is settled only by name: what a person changed is never taken for a copy.
create or replace table core.settled_rows as
with named as (
    select c.corrects_delivery as delivery_id, c.corrects_row as row_no, 'correction' as how,
           c.delivery_id as by_delivery, c.row_no as by_row
    from stage.corrections as c
    semi join core.known_deliveries as k on k.delivery_id = c.delivery_id
    union all
    select delivery_id, row_no, 'dismissed', null, null from registry.standing_dismissals
),
described as (
    select n.*, r.source, r.ticket_no, r.content_hash, r.division_text, r.delivered_for, r.order_key
    from named as n
    join stage.rows as r on r.delivery_id = n.delivery_id and r.row_no = n.row_no
    semi join core.known_deliveries as k on k.delivery_id = n.delivery_id
),
copies as (
    select r.delivery_id, r.row_no, d.how, d.by_delivery, d.by_row
    from stage.rows as r
    semi join core.known_deliveries as k on k.delivery_id = r.delivery_id
    join described as d
        on d.source = r.source and d.content_hash = r.content_hash and d.ticket_no is not distinct from r.ticket_no
       and d.division_text is not distinct from r.division_text
       and (r.delivered_for, r.order_key, r.delivery_id) > (d.delivered_for, d.order_key, d.delivery_id)
    where r.delivery_id not in (select delivery_id from stage.corrections)
)
select delivery_id, row_no, how, by_delivery, by_row
from (select delivery_id, row_no, how, by_delivery, by_row from described union all select * from copies)
-- By name before by likeness, a correction before a dismissal, the latest correction of several.
qualify row_number() over (
    partition by delivery_id, row_no
    order by (delivery_id, row_no) in (select (delivery_id, row_no) from named) desc, how, by_delivery desc, by_row desc
) = 1
