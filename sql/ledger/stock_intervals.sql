-- Grain: one span of days over which a subject was open in one cell: at the end of each day from opened_on to the day
-- before left_on (NULL: still). Inputs: core.ticket_entries, core.lead_entries. Why: stock, overdue and due soon of
-- any day.
create or replace table core.stock_intervals as
with entries as (
    select 'ticket' as basis, * from core.ticket_entries
    union all
    select 'lead', * from core.lead_entries
)
select basis, subject_id, division_code, channel, occurred_on as opened_on, next_on as left_on
from (
    select *, lead(occurred_on) over (partition by basis, subject_id order by ordered_at, sequence, step) as next_on
    from entries
)
where effect > 0
