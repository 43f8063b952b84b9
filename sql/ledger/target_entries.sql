-- Grain: basis, subject, flow, day, cell. Inputs: core.ticket_entries, core.lead_entries. Why: the book as it would be
-- if everything now known had been known in time.
create or replace table core.target_entries as
select 'ticket' as basis, subject_id, flow, occurred_on, division_code, channel,
       cast(count(*) as integer) as quantity, cast(sum(effect) as integer) as effect
from core.ticket_entries
group by all
union all
select 'lead', subject_id, flow, occurred_on, division_code, channel, cast(count(*) as integer), cast(sum(effect) as integer)
from core.lead_entries
group by all
