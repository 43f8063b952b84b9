-- How alike two sums owed are, in fen: 'same', 'close' (within an eighth: one is rounded, 两万多), 'different', 'unknown'.
create or replace temp macro claim_likeness(l, r) as case
    when l is null or r is null then 'unknown'
    when l = r then 'same'
    when greatest(l, r) * 8 <= least(l, r) * 9 then 'close'
    else 'different' end
