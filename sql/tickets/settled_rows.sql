-- Grain: one row that a person settled: corrected in another row, dismissed, or the row of a correction that was taken
-- back. Inputs: stage.corrections, stage.rows, core.known_deliveries, registry.standing_dismissals,
-- registry.known_undone_corrections, registry.lead_members. Why: the person's word on a row stands,
-- whatever a rule mended later would read in it: it is set aside (but no published ticket vanishes by a correction that
-- becomes known later). And a source that sends the very same row again, as a snapshot does every day, says nothing
-- new: a copy is settled while it is in quarantine, a readable copy is a claim. A row of a correction is settled only
-- by name: what a person changed is never taken for a copy. A correction taken back leaves all as if it had never come:
-- its row is set aside, and the row that it stood for is settled no more.
create or replace table core.settled_rows as
with undone as (
    select c.delivery_id, c.row_no
    from stage.corrections as c
    semi join registry.known_undone_corrections as u
        on u.delivery_id = c.delivery_id and coalesce(u.row_no, c.row_no) = c.row_no
),
named as (
    select c.corrects_delivery as delivery_id, c.corrects_row as row_no, 'correction' as how,
           c.delivery_id as by_delivery, c.row_no as by_row
    from stage.corrections as c
    semi join core.known_deliveries as k on k.delivery_id = c.delivery_id
    anti join undone as u on u.delivery_id = c.delivery_id and u.row_no = c.row_no
    union all
    select delivery_id, row_no, 'dismissed', null, null from registry.standing_dismissals
    union all
    select delivery_id, row_no, 'undone', null, null from undone
),
described as (
    select
        n.*, r.source, r.ticket_no, r.content_hash, r.division_text, r.delivered_for, r.order_key, r.changed_at,
        n.how in ('dismissed', 'undone') or c.ticket_id is not distinct from r.ticket_id
            or not exists (select 1 from registry.lead_members as m where m.ticket_id = r.ticket_id) as is_set_aside
    from named as n
    join stage.rows as r on r.delivery_id = n.delivery_id and r.row_no = n.row_no
    left join stage.rows as c on c.delivery_id = n.by_delivery and c.row_no = n.by_row
    semi join core.known_deliveries as k on k.delivery_id = n.delivery_id
),
copies as (
    select r.delivery_id, r.row_no, d.how, d.by_delivery, d.by_row, false as is_set_aside
    from stage.rows as r
    semi join core.known_deliveries as k on k.delivery_id = r.delivery_id
    join described as d
        on d.how <> 'undone' and d.source = r.source and d.content_hash = r.content_hash
       and d.ticket_no is not distinct from r.ticket_no
       and d.division_text is not distinct from r.division_text
       and (r.delivered_for, r.order_key, r.delivery_id) > (d.delivered_for, d.order_key, d.delivery_id)
    where r.disposition = 'quarantined' and r.delivery_id not in (select delivery_id from stage.corrections)
      -- Not where the source said something else in between: then it says the old thing anew.
      and not exists (
          select 1 from stage.rows as v
          semi join core.known_deliveries as k on k.delivery_id = v.delivery_id
          where v.ticket_id = r.ticket_id and v.disposition = 'in_scope'
            and v.changed_at > d.changed_at and v.changed_at < r.changed_at
            and v.delivery_id not in (select delivery_id from stage.corrections))
)
select delivery_id, row_no, how, by_delivery, by_row, is_set_aside
from (
    select delivery_id, row_no, how, by_delivery, by_row, is_set_aside, 0 as rank from described
    union all
    select *, 1 from copies
)
-- By name before by likeness, a correction before a dismissal, the latest correction of several.
qualify row_number() over (
    partition by delivery_id, row_no order by rank, how, by_delivery desc, by_row desc
) = 1
