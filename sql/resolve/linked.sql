-- Grain: one link that joins unless something speaks against it. Inputs: core.links, registry.standing_judgements,
-- core.features. Why: what the grouping sees; a person's word stands first.
create or replace table core.joining_links as
select ticket_a, ticket_b, rank, rule, weight
from core.links
where doubt is null
union all
select least(j.ticket_a, j.ticket_b), greatest(j.ticket_a, j.ticket_b), 0, 'judgement', 0.0
from registry.standing_judgements as j
semi join core.features as a on a.ticket_id = j.ticket_a
semi join core.features as b on b.ticket_id = j.ticket_b
where j.verdict = 'same'
