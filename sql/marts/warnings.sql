-- Grain: one warning: its kind, and a division, a channel, the city (neither), or an incident. Inputs: clearance.campaign,
-- clearance.indicators, clearance.incidents, clearance.leads, clearance.tickets, core.members_before, core.calendar,
-- $baseline_date, $target_date, $business_date, $before_sequence, the thresholds of city.toml. Why: who falls behind the
-- campaign's course or has overdue stock beyond a share, blue, yellow or red; and every large or major incident on the
-- day on which it becomes known to be one.
create or replace table clearance.warnings as
with levels(level, rank, behind, overdue) as (
    values ('blue', 1, $behind_blue, $overdue_blue), ('yellow', 2, $behind_yellow, $overdue_yellow),
           ('red', 3, $behind_red, $overdue_red)
),
course as (
    -- The share of the stock that even clearing, working day by working day, would have cleared by now.
    select
        count(*) filter (where day > $baseline_date and day <= $business_date)
            / cast(nullif(count(*) filter (where day > $baseline_date and day <= $target_date), 0) as double) as share
    from core.calendar
    where is_working_day
),
places as (
    select
        c.basis, c.division_code, c.channel,
        sum(c.stock_baseline) as stock, sum(c.stock_cleared) as cleared, sum(i.overdue) as overdue
    from clearance.campaign as c
    join clearance.indicators as i
        on i.basis = c.basis and i.division_code = c.division_code and i.channel = c.channel
    where c.basis = 'ticket'
    group by grouping sets ((c.basis), (c.basis, c.division_code), (c.basis, c.channel))
),
opened as (
    select basis, division_code, channel, count(*) as open_subjects
    from (select 'ticket' as basis, division_code, channel from clearance.tickets where is_open)
    group by grouping sets ((basis), (basis, division_code), (basis, channel))
),
observed as (
    select 'behind' as kind, p.basis, p.division_code, p.channel,
           s.share - p.cleared / cast(p.stock as double) as observed
    from places as p
    cross join course as s
    where p.stock > 0 and $business_date between $baseline_date and $target_date
    union all
    select 'overdue', p.basis, p.division_code, p.channel, p.overdue / cast(o.open_subjects as double)
    from places as p
    join opened as o
        on o.division_code is not distinct from p.division_code and o.channel is not distinct from p.channel
    where o.open_subjects > 0
),
standing as (
    select o.kind, o.basis, o.division_code, o.channel, o.observed, l.level, l.rank,
           case o.kind when 'behind' then l.behind else l.overdue end as threshold
    from observed as o
    join levels as l on o.observed >= case o.kind when 'behind' then l.behind else l.overdue end
    qualify row_number() over (partition by o.kind, o.basis, o.division_code, o.channel order by l.rank desc) = 1
),
known as (
    -- Since when a ticket is known: its receipt, or today where no publication before held it.
    select t.ticket_id, t.lead_id, t.incident_id, t.person_key,
           case when $before_sequence > 0 and m.ticket_id is null then cast($business_date as date)
                else cast(t.received_at as date) end as known_on
    from clearance.tickets as t
    left join core.members_before as m on m.ticket_id = t.ticket_id
),
people as (
    select incident_id, known_on, count(*) as new_people
    from (select incident_id, person_key, min(known_on) as known_on from known where person_key is not null group by all)
    group by all
),
claims as (
    select k.incident_id, min(k.known_on) as known_on, any_value(e.claimed_persons) as persons,
           any_value(case when e.is_group then e.claimed_fen end) as group_fen,
           any_value(case when not e.is_group then e.claimed_fen end) as own_fen
    from known as k
    join clearance.leads as e on e.lead_id = k.lead_id
    group by k.incident_id, k.lead_id
),
days as (
    select incident_id, known_on, max(persons) as persons, max(group_fen) as group_fen, sum(own_fen) as own_fen
    from claims
    group by all
),
grown as (
    select
        coalesce(d.incident_id, p.incident_id) as incident_id, coalesce(d.known_on, p.known_on) as known_on,
        greatest(coalesce(max(d.persons) over upto, 0), coalesce(sum(p.new_people) over upto, 0)) as persons,
        greatest(coalesce(max(d.group_fen) over upto, 0), coalesce(sum(d.own_fen) over upto, 0)) as fen
    from days as d
    full join people as p on p.incident_id = d.incident_id and p.known_on = d.known_on
    window upto as (partition by coalesce(d.incident_id, p.incident_id) order by coalesce(d.known_on, p.known_on))
),
appeared as (
    select
        g.incident_id,
        min(g.known_on) filter (where g.persons >= $large_persons or g.fen >= $large_fen) as large_on,
        min(g.known_on) filter (where g.persons >= $major_persons or g.fen >= $major_fen) as major_on
    from grown as g
    group by g.incident_id
)
select
    cast($business_date as date) as business_date, kind, coalesce(division_code, channel, 'city') as subject, level,
    division_code, channel, cast(null as varchar) as incident_id,
    cast(observed as double) as observed, cast(threshold as double) as threshold
from standing
union all
select
    $business_date, case i.size when 'major' then 'major_incident' else 'large_incident' end,
    i.incident_id, case i.size when 'major' then 'red' else 'yellow' end, i.division_code, null, i.incident_id,
    cast(i.persons as double), null
from clearance.incidents as i
join appeared as a on a.incident_id = i.incident_id
where (i.size = 'major' and a.major_on = $business_date) or (i.size = 'large' and a.large_on = $business_date)
order by all
