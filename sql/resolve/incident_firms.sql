-- Grain: one profile that has a firm, by the place of the firm's first profile. Inputs: core.incident_profiles,
-- core.incident_firm_heads (place, head), core.incident_round (profile). Why: a profile that follows nobody is a firm's first.
insert into core.incident_firms
select r.profile, coalesce(h.head, p.place)
from core.incident_round as r
join core.incident_profiles as p on p.profile = r.profile
left join core.incident_firm_heads as h on h.place = p.place
