-- audit: rows_are_conserved
-- blocking: yes
-- grain: one known delivery whose rows do not add up
-- inputs: stage.deliveries, core.known_deliveries, core.known_rows
-- zh: 来源送来的每一行都有去处：件的版本、与前相同、范围外、隔离，四项之和等于到达行数
-- why: no row is lost, doubled or left without an end; a number that repeats cannot stand in for one that is missing
with landed as (
    select d.delivery_id, d.source, d.rows
    from stage.deliveries as d
    semi join core.known_deliveries as k on k.delivery_id = d.delivery_id
),
accounted as (
    select
        delivery_id,
        count(*) as rows,
        count(distinct row_no) as row_numbers,
        count(*) filter (
            where coalesce(disposition, '') not in ('version', 'same_as_before', 'out_of_scope', 'quarantined')
        ) as without_an_end
    from core.known_rows
    group by delivery_id
)
select coalesce(l.delivery_id, a.delivery_id) as delivery_id, l.source, l.rows as rows_landed, a.rows as rows_accounted
from landed as l
full join accounted as a on a.delivery_id = l.delivery_id
where l.rows is distinct from coalesce(a.rows, 0)
   or coalesce(a.rows, 0) <> coalesce(a.row_numbers, 0)
   or coalesce(a.without_an_end, 0) > 0
