-- How alike two tickets' phones are, each a struct of sql/resolve/features.sql: 'same', 'told' (one's own is told in the
-- other's text), 'masked' (one is masked and what is left agrees), 'shared' (the same, but it stands for several people),
-- 'different', 'unknown' (one is missing; or one is an agent's and the other the claimant's own).
create or replace temp macro contact_likeness(l, r) as case
    when l.phone = r.phone then case when l.is_shared or r.is_shared then 'shared' else 'same' end
    when list_contains(r.told, l.phone) or list_contains(l.told, r.phone) then
        case when l.is_shared or r.is_shared then 'shared' else 'told' end
    when l.phone is null and not l.is_masked or r.phone is null and not r.is_masked then 'unknown'
    when l.is_agent <> r.is_agent then 'unknown'
    when (l.is_masked or r.is_masked) and l.first3 = r.first3 and l.last4 = r.last4 then 'masked'
    else 'different' end
