-- Grain: one version of a ticket. Inputs: core.known_rows, stage.rows. Why: what the source said, in the order in which
-- it said it.
create or replace table core.ticket_versions as
select
    r.* exclude (disposition, reason, flags) replace (case when k.has_left_scope then 'withdrawn' else r.status end as status),
    k.flags, k.is_contradicted,
    row_number() over (partition by k.ticket_id order by k.fold_no) as version_no
from core.known_rows as k
join stage.rows as r on r.delivery_id = k.delivery_id and r.row_no = k.row_no
where k.disposition = 'version'
