-- Grain: one version of a ticket. Inputs: core.known_rows. Why: what the source said, in the order in which it said it.
create or replace table core.ticket_versions as
select
    * exclude (disposition, reason, fold_no),
    row_number() over (partition by ticket_id order by fold_no) as version_no
from core.known_rows
where disposition = 'version'
