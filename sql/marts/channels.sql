-- Grain: one channel. Inputs: core.channels. Why: names for channels, and the order in which tables list them.
create or replace table clearance.channels as
select
    channel, name, cast(position as integer) as position, sources, report_as,
    cast(row_number() over (order by report_position, position) as integer) as report_position
from core.channels
order by position
