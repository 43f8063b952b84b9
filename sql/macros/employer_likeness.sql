-- 'same', 'variant', 'namesake', 'different' or 'unknown' for two sides' keys (pipelines.normalize.likeness; projects
-- alike): same = brand and trade written alike and no other place, or the whole name; variant = brand equal by sound, or but for one
-- sign, and nothing known to both excludes it; namesake = the brand alone is equal, trade or place exclude each other;
-- unknown = a side names nothing that is sure enough to tell them apart. The best of any mention against any counts.
create or replace temp macro employer_likeness(l, r) as case
    when l is null or r is null then 'unknown'
    when not list_has_any(l.hints, r.hints) then case when l.is_sure and r.is_sure then 'different' else 'unknown' end
    when list_has_any(l.same_give, r.same_take) then 'same'
    when list_has_any(l.give, r.take) then 'variant'
    when list_has_any(l.near_give, r.near_take) then 'variant'
    when not (l.is_sure and r.is_sure) then 'unknown'
    when list_has_any(l.sounds, r.sounds) then 'namesake'
    else 'different' end
