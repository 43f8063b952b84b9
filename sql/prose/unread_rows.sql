-- Grain: one distinct reading still to be made: all that the reading of a row depends on, and the staged rows in scope of
-- which it is the prose (`rows`). Inputs: stage.rows, stage.prose. Why: one more day reads one day's rows, and a ticket that
-- its source delivers again and again unchanged is read once.
create or replace temp table unread_rows as
with staged as (
    select
        r.delivery_id, r.row_no, cast(r.received_at as date) as received_on,
        coalesce(r.title, '') || chr(10) || coalesce(r.narrative, '') as text,
        r.claimant_name, r.claimant_phone, r.claimant_id_number, r.claimed_persons, r.is_group, r.employer, r.project
    from stage.rows as r
    anti join stage.prose as p on p.delivery_id = r.delivery_id and p.row_no = r.row_no
    where r.disposition = 'in_scope'
)
select * exclude (delivery_id, row_no), list(struct_pack(delivery_id, row_no)) as rows, row_number() over () as number
from staged
group by all
