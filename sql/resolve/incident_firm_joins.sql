-- Grain: one profile and the one firm that it fits best. Inputs: core.incident_firm_fits. Why: where two fit alike, it
-- stays apart. A short name that fits a firm of one lead goes where that lead goes.
create or replace table core.incident_firm_joins as
with best as (
    select profile, arg_max(firm, weight) as firm, any_value(own) as own
    from core.incident_firm_fits
    group by profile
    having count(*) = 1 or max(weight) > list_sort(list(weight), 'desc')[2]
)
select b.profile, coalesce(o.firm, b.firm) as firm
from best as b
left join best as o on o.own = b.firm
