-- Grain: day × channel. Inputs: core.cells, stage.deliveries, core.known_deliveries, core.source_channels.
-- Why: a 0 differs from "the source did not deliver". A day is delivered by a delivery that speaks for it, and every day
-- before a source's first delivery by that one, which brought the history. A channel of several sources is delivered
-- when each of them is.
create or replace table core.source_days as
with known as (
    select d.source, d.delivered_for, coalesce(d.covers, d.delivered_for) as covers
    from stage.deliveries as d
    semi join core.known_deliveries as k on k.delivery_id = d.delivery_id
    where d.kind <> 'correction'
),
firsts as (select source, min(delivered_for) as first_on from known group by source)
select
    c.business_date, m.channel,
    bool_and(coalesce(c.business_date <= f.first_on, false) or k.covers is not null) as is_delivered
from (select distinct business_date from core.cells) as c
cross join core.source_channels as m
left join firsts as f on f.source = m.source
left join (select distinct source, covers from known) as k
    on k.source = m.source and k.covers = c.business_date
group by c.business_date, m.channel
