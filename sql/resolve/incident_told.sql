-- Grain: one lead and one name that stands for its employer or its project. Inputs: core.incident_mentions,
-- $most_firms, $most_names. Why: a field says more than prose; and a word of the prose beside which the fields name many
-- employers (该公司, EPC) names none, in whatever words the city writes.
create or replace table core.incident_told as
with firms as (
    select distinct lead_id, heard from core.incident_mentions where kind = 'employer' and confidence = 1
),
common as (
    select m.kind, m.name, m.heard, m.lead_id
    from core.incident_mentions as m
    where m.confidence < 1
    qualify count(*) over (partition by m.kind, m.name) > $most_firms
),
empty_words as (
    select m.kind, m.name
    from common as m
    join firms as f on f.lead_id = m.lead_id and f.heard <> m.heard
    group by m.kind, m.name
    having count(distinct f.heard) > case m.kind when 'employer' then $most_firms else 4 * $most_firms end
),
ranked as (
    select m.*, max(m.confidence) over (partition by m.lead_id, m.kind) as best,
        row_number() over (partition by m.lead_id, m.kind order by m.confidence desc, m.tickets desc, m.name) as rank
    from core.incident_mentions as m
    left join empty_words as e on e.kind = m.kind and e.name = m.name
    where e.name is null or m.confidence = 1
)
select lead_id, kind, name, confidence >= 0.55 as is_sure, confidence = 1 as is_field
from ranked
where rank <= $most_names and (confidence = best or best < 1)
