-- Grain: one lead that names no project (or no employer) and the one group of leads it fits best. Inputs:
-- core.incident_fits. Why: an employer with one project in the division needs no project named; where two groups fit
-- alike neither is taken. What counts, the strongest first: a valid code, the name written alike, a division, a foreman.
create or replace table core.incident_places as
with weighed as (
    select
        *,
        -- What one lead alone tells of another project may be misread.
        16 * (is_several and is_same and (is_division_shared or is_code_equal))::integer
        + 8 * is_code_equal::integer + 4 * is_same::integer + 3 * is_division_shared::integer + 2 * is_foreman_shared::integer as weight
    from core.incident_fits
),
best as (
    select *, rank() over (partition by lead_id order by weight desc) as place,
        count(*) over (partition by lead_id) as fits
    from weighed
)
select lead_id, min(group_id) as group_id
from best
where place = 1
group by lead_id
-- A name not written alike, or in another division, decides only where nothing else is near.
having count(*) = 1 and bool_and(weight >= 7 or (kind = 'employer' and weight >= 3 and fits = 1))
