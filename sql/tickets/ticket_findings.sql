-- Grain: one ticket with findings about its history or money. Inputs: core.ticket_state, core.ticket_events,
-- core.ticket_versions, core.clocks, core.clock_rules, core.calendar, $business_date, $suspended_days. Why: what supervisors
-- criticise, and what a source says that cannot all be true: kept and flagged, counted in `checks`. The day of an
-- extension is that of the version which first shows it (inferred: no source sends the day of the request).
create or replace table core.ticket_findings as
with extensions as (
    select
        ticket_id, occurred_at, occurred_on,
        lag(try_cast(detail as timestamp)) over (partition by ticket_id order by sequence) as until_before
    from core.ticket_events
    where event = 'extended' and occurred_on <= $business_date
),
-- The last day of the closing limit as it was without an extension.
limits as (
    select
        c.ticket_id, c.starts_at,
        case c.unit
            when 'hour' then cast(c.starts_at + to_hours(c.limit_value) as date)
            when 'calendar_day' then cast(c.starts_at as date) + c.limit_value
            else w.day
        end as last_day
    from (
        select k.ticket_id, k.starts_at, k.unit,
               k.limit_value - case when s.extended_until is not null then coalesce(r.extension_adds, 0) else 0 end as limit_value
        from core.clocks as k
        join core.ticket_state as s on s.ticket_id = k.ticket_id
        join core.clock_rules as r
            on r.rule = k.rule and r.channel = s.channel
           and cast(s.received_at as date) between r.valid_from and r.valid_to
        where k.is_closing and k.limit_value is not null and k.ticket_id in (select ticket_id from extensions)
    ) as c
    left join core.calendar as b on b.day = cast(c.starts_at as date)
    left join core.calendar as w
        on c.unit = 'working_day' and w.is_working_day and w.working_day_no = b.working_day_no + c.limit_value
),
extended as (
    select
        e.ticket_id, count(*) as extensions,
        bool_or(e.occurred_on = coalesce(cast(e.until_before as date), l.last_day)) as is_on_last_day,
        bool_or(e.occurred_on > coalesce(cast(e.until_before as date), l.last_day)) as is_after_deadline
    from extensions as e
    left join limits as l on l.ticket_id = e.ticket_id and e.occurred_at >= l.starts_at
    group by e.ticket_id
),
happened as (
    select
        ticket_id,
        count(*) filter (where event = 'returned') as returns,
        count(*) filter (where event = 'closed') as closings,
        max(occurred_on) filter (where event = 'suspended') as suspended_on
    from core.ticket_events
    where occurred_on <= $business_date and event in ('returned', 'closed', 'suspended')
    group by ticket_id
),
stated as (
    select
        ticket_id,
        count(distinct cast(closed_at as date)) filter (where status = 'closed' and not is_contradicted) as closing_dates,
        bool_or(greatest(closed_at, accepted_at, filed_at, dispatched_at, signed_at) >= delivered_for + interval 1 day)
            as is_dated_ahead,
        bool_or(greatest(source_due_at, extended_until) >= delivered_for + interval 3650 day) as is_due_too_far
    from core.ticket_versions
    group by ticket_id
),
found as (
    select
        s.ticket_id,
        list_filter([
            case when cast(s.accepted_at as date) < cast(s.received_at as date) then 'accepted_before_received' end,
            case when t.closing_dates > greatest(h.closings, 1) then 'closed_twice' end,
            case when t.is_dated_ahead then 'dated_ahead' end,
            case when t.is_due_too_far then 'due_too_far' end,
            case when s.status = 'suspended' and h.suspended_on < cast($business_date as date) - $suspended_days
                 then 'suspended_long' end,
            case when greatest(coalesce(e.extensions, 0), coalesce(s.extension_count, 0)) >= 2 then 'extended_repeatedly' end,
            case when e.is_on_last_day then 'extended_on_last_day' end,
            case when e.is_after_deadline then 'extended_after_deadline' end,
            case when greatest(coalesce(h.returns, 0), coalesce(s.return_count, 0)) >= 2 then 'returned_repeatedly' end,
            case when s.status = 'closed'
                  and ((s.outcome = 'paid' and (s.recovered_fen = 0 or s.recovered_fen < s.claimed_fen))
                       or (s.outcome in ('unfounded', 'court', 'police', 'arbitration') and s.recovered_fen > 0))
                 then 'money_disagrees' end
        ], lambda f: f is not null) as findings
    from core.ticket_state as s
    left join happened as h on h.ticket_id = s.ticket_id
    left join stated as t on t.ticket_id = s.ticket_id
    left join extended as e on e.ticket_id = s.ticket_id
)
select ticket_id, findings from found where len(findings) > 0
