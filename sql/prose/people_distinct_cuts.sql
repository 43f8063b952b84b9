-- Grain: one distinct cut of a kind. Inputs: people_cuts. Why: a name is read once, however many rows repeat it.
create or replace temp table people_distinct_cuts as
select distinct kind, cut from (
    select 'self' as kind, unnest(self_cuts) as cut from people_cuts
    union all select 'opening', unnest(opening_cuts) from people_cuts
    union all select 'owed', unnest(owed_cuts) from people_cuts
    union all select 'entrusted', unnest(entrusted_cuts) from people_cuts
    union all select 'acting', unnest(acting_cuts) from people_cuts
    union all select 'kin', unnest(kin_cuts) from people_cuts
    union all select 'is_kin', unnest(is_kin_cuts) from people_cuts
    union all select 'boss', unnest(boss_cuts) from people_cuts
    union all select 'led', unnest(led_cuts) from people_cuts
    union all select 'owes', unnest(owes_cuts) from people_cuts
)
