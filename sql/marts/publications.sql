-- Grain: one publication. Inputs: registry.publications, core.new_publication. Why: what was published, on what.
create or replace table clearance.publications as
select publication_id, business_date, cast(revision as integer) as revision, kind, cast(len(delivery_ids) as integer) as deliveries, cast(rows_landed as bigint) as rows_landed,
       published_at, code_version, rules_version, calendar_version, model_version
from (select * exclude (sequence) from registry.publications union all by name select * exclude (sequence) from core.new_publication)
order by business_date, revision
