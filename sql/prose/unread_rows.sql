-- Grain: one staged row in scope whose prose is not read yet. Inputs: stage.rows, stage.prose. Why: one more day reads
-- one day's rows.
create or replace temp table unread_rows as
select
    r.*, cast(r.received_at as date) as received_on, coalesce(r.title, '') || chr(10) || coalesce(r.narrative, '') as text,
    row_number() over () as number
from stage.rows as r
anti join stage.prose as p on p.delivery_id = r.delivery_id and p.row_no = r.row_no
where r.disposition = 'in_scope'
