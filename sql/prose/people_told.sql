-- Grain: one row of people_cuts that names somebody (n = its rowid). Inputs: people_cuts, people_read_cuts. Why: of
-- several mentions the surest counts, of equally sure ones the first.
create or replace temp table people_told as
with spread as (
    select rowid as n, 'self' as kind, unnest(self_cuts) as cut from people_cuts
    union all select rowid, 'opening', unnest(opening_cuts) from people_cuts
    union all select rowid, 'owed', unnest(owed_cuts) from people_cuts
    union all select rowid, 'entrusted', unnest(entrusted_cuts) from people_cuts
    union all select rowid, 'acting', unnest(acting_cuts) from people_cuts
    union all select rowid, 'kin', unnest(kin_cuts) from people_cuts
    union all select rowid, 'is_kin', unnest(is_kin_cuts) from people_cuts
    union all select rowid, 'boss', unnest(boss_cuts) from people_cuts
    union all select rowid, 'led', unnest(led_cuts) from people_cuts
    union all select rowid, 'owes', unnest(owes_cuts) from people_cuts
),
placed as (
    select
        s.n, r.part, r.confidence, r.relation,
        cast(instr(c.text, s.cut) + r.start as integer) as start, r.name, r.length
    from spread as s
    join people_read_cuts as r on r.kind = s.kind and r.cut = s.cut
    join people_cuts as c on c.rowid = s.n
),
told as (
    select
        n, part, confidence - coalesce(start, 0) / 1e6 as weight, relation,
        struct_pack(name := name, relation := relation, start := start, length := length, confidence := confidence) as person
    from placed
)
select
    n,
    max_by(person, weight) filter (where part = 'self') as self,
    max_by(person, weight) filter (where part = 'owed') as owed,
    max_by(person, weight) filter (where part = 'principal') as principal,
    max_by(person, weight) filter (where part = 'foreman') as foreman,
    max_by(relation, weight) filter (where part = 'acting') as acting
from told
group by n
