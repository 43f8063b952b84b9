-- Grain: one source. Inputs: core.known_rows, stage.deliveries, core.known_deliveries, core.source_titles,
-- registry.waivers, core.refusals, core.pull_problems, $business_date. Why: freshness and completeness, ours against theirs.
create or replace table clearance.sources as
with deliveries as (
    select d.* from stage.deliveries as d
    semi join core.known_deliveries as k on k.delivery_id = d.delivery_id
),
counted as (
    select source,
           count(*) filter (where disposition = 'version') as rows_version,
           count(*) filter (where disposition = 'same_as_before') as rows_same,
           count(*) filter (where disposition = 'out_of_scope') as rows_out_of_scope,
           count(*) filter (where disposition = 'quarantined') as rows_quarantined
    from core.known_rows group by source
),
summed as (
    select source,
           -- What a person corrected is no delivery of the source.
           max(coalesce(covers, delivered_for)) filter (where kind <> 'correction') as last_delivered_for,
           count(*) as deliveries, sum(rows) as rows_landed,
           sum(control_total) as control_total, sum(case when control_total is not null then rows end) as control_rows,
           bool_and(control_total_agrees) as is_control_total_met
    from deliveries group by source
)
select
    t.source, t.title, t.channels, s.last_delivered_for,
    coalesce(s.last_delivered_for >= $business_date, false) as is_delivered,
    exists (select 1 from registry.waivers as w where w.source = t.source and w.business_date = $business_date) as is_waived,
    cast($business_date - s.last_delivered_for as integer) as age_days,
    cast(coalesce(s.deliveries, 0) as integer) as deliveries, cast(coalesce(s.rows_landed, 0) as bigint) as rows_landed,
    coalesce(c.rows_version, 0) as rows_version, coalesce(c.rows_same, 0) as rows_same,
    coalesce(c.rows_out_of_scope, 0) as rows_out_of_scope, coalesce(c.rows_quarantined, 0) as rows_quarantined,
    cast(s.control_total as bigint) as control_total, cast(s.control_rows as bigint) as control_rows, s.is_control_total_met,
    nullif(p.problem, '') as pull_problem,
    cast(coalesce(r.refused, 0) as integer) as refused
from core.source_titles as t
left join summed as s on s.source = t.source
left join counted as c on c.source = t.source
left join core.refusals as r on r.source = t.source
left join core.pull_problems as p on p.source = t.source
order by t.source
