-- How alike two periods are, each a struct of first and last month as yyyymm: 'same' (but for one month at an end),
-- 'overlapping', 'apart', 'unknown'.
create or replace temp macro period_likeness(l, r) as case
    when l."first" is null or r."first" is null then 'unknown'
    when l."first" = r."first" and l."last" = r."last" then 'same'
    when l."first" > r."last" or r."first" > l."last" then 'apart'
    when (l."first" = r."first" or l."last" = r."last")
         and abs(12 * (l."first" // 100 - r."first" // 100) + l."first" % 100 - r."first" % 100)
           + abs(12 * (l."last" // 100 - r."last" // 100) + l."last" % 100 - r."last" % 100) = 1 then 'same'
    else 'overlapping' end
