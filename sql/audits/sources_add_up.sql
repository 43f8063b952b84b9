-- audit: sources_add_up
-- blocking: yes
-- grain: one source whose published row counts do not add up, or are not those of its rows
-- inputs: clearance.sources, core.known_rows
-- zh: 来源表的行数平衡，且与逐行数出的一致
-- why: what stands beside the table as 累计隔离 is counted, not estimated
with counted as (
    select
        source, count(*) as landed,
        count(*) filter (where disposition = 'version') as versions,
        count(*) filter (where disposition = 'same_as_before') as same,
        count(*) filter (where disposition = 'out_of_scope') as out_of_scope,
        count(*) filter (where disposition = 'quarantined') as quarantined
    from core.known_rows
    group by source
)
select coalesce(s.source, c.source) as source
from clearance.sources as s
full join counted as c on c.source = s.source
where s.source is null
   or coalesce(s.rows_landed, 0) <> coalesce(c.landed, 0)
   or coalesce(s.rows_version, 0) <> coalesce(c.versions, 0)
   or coalesce(s.rows_same, 0) <> coalesce(c.same, 0)
   or coalesce(s.rows_out_of_scope, 0) <> coalesce(c.out_of_scope, 0)
   or coalesce(s.rows_quarantined, 0) <> coalesce(c.quarantined, 0)
