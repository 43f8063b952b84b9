-- Grain: one pair of project sets of one firm that may be one project, the earlier in place a possible head of the other.
-- Inputs: core.incident_project_sets, core.incident_names, $most_projects. Why: one project is told by its name, its
-- nickname and its sections; each shares a sound or two signs with another.
create or replace table core.incident_project_links as
with met as (
    select a.place as head, b.place, a.projects as a, b.projects as b, a.is_one, list_has_any(a.pieces, b.pieces) as is_piece_shared
    from core.incident_project_sets as a
    join core.incident_project_sets as b on b.firm = a.firm and b.place > a.place
    where a.rank <= $most_projects
),
pairs as (
    select k.a, k.b, employer_likeness(x.keys, y.keys) as likeness
    from (select distinct a, b from met) as k
    join core.incident_names as x on x.kind = 'project' and x.names = k.a
    join core.incident_names as y on y.kind = 'project' and y.names = k.b
)
select m.head, m.place, m.is_one as is_chained, 1 as rank,
    case p.likeness when 'same' then 20 when 'variant' then 15 else 0 end + case when m.is_piece_shared then 5 else 0 end as weight
from met as m
join pairs as p on p.a = m.a and p.b = m.b
where p.likeness in ('same', 'variant') or m.is_piece_shared
