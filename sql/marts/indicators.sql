-- Grain: basis × division × channel at the end of the business date. Inputs: clearance.tickets, clearance.leads,
-- core.cells, core.calendar, $business_date, $due_soon. Why: counts that stand beside the headline, each by its formula
-- (schemas/tables/indicators.yml); a lead has a finding when one of its tickets has.
create or replace table clearance.indicators as
with found as (
    select ticket_id, lead_id, unnest(string_split(flags, ',')) as finding from clearance.tickets where flags <> ''
),
of_subjects as (
    select 'ticket' as basis, ticket_id as subject_id, finding from found
    union
    select 'lead', lead_id, finding from found
),
marks as (
    select
        basis, subject_id,
        bool_or(finding = 'extended_repeatedly') as is_extended_repeatedly,
        bool_or(finding = 'extended_on_last_day') as is_extended_on_last_day,
        bool_or(finding = 'extended_after_deadline') as is_extended_after_deadline,
        bool_or(finding = 'returned_repeatedly') as is_returned_repeatedly,
        bool_or(finding = 'money_disagrees') as is_money_disagreeing
    from of_subjects
    group by all
),
promised as (
    select lead_id, max(claimed_fen) as claimed_fen
    from clearance.tickets
    where status = 'closed' and outcome = 'paid_by_agreement'
    group by lead_id
),
late_leads as (
    select distinct lead_id from clearance.tickets where not is_closed_on_time
),
subjects as (
    select
        'ticket' as basis, ticket_id as subject_id, division_code, channel, status, is_open, is_overdue, due_at,
        coalesce(is_closed_on_time, false) as is_on_time,
        row_number() over (partition by lead_id order by received_at, ticket_id) > 1 as is_repeat,
        status = 'closed' and outcome = 'paid_by_agreement' as is_promised,
        coalesce(claimed_fen, 0) as promised_fen, coalesce(recovered_fen, 0) as paid_fen,
        status = 'closed' and coalesce(recovered_fen, 0) = 0 and outcome is distinct from 'unfounded' as is_closed_unpaid,
        cast(is_reply_owed as integer) as replies_owed
    from clearance.tickets
    union all
    select
        'lead', e.lead_id, e.division_code, e.channel, e.status, e.status = 'open', e.is_overdue, e.due_at,
        e.status = 'closed' and l.lead_id is null, e.repeat_of is not null, p.lead_id is not null,
        coalesce(p.claimed_fen, e.claimed_fen, 0), coalesce(e.recovered_fen, 0), e.is_closed_unpaid, e.replies_owed
    from clearance.leads as e
    left join late_leads as l on l.lead_id = e.lead_id
    left join promised as p on p.lead_id = e.lead_id
),
aged as (
    select
        s.*, m.* exclude (basis, subject_id),
        cast($business_date as date) - cast(s.due_at as date) as days_over,
        s.is_open and not s.is_overdue and k.working_day_no - n.working_day_no <= $due_soon as is_due_soon,
        coalesce(cast(s.due_at as date) <= $business_date and s.status not in ('returned', 'withdrawn'), false) as is_due
    from subjects as s
    left join marks as m on m.basis = s.basis and m.subject_id = s.subject_id
    left join core.calendar as k on k.day = cast(s.due_at as date)
    left join core.calendar as n on n.day = $business_date
),
counted as (
    select
        basis, division_code, channel,
        count(*) as known,
        count(*) filter (where status = 'closed') as closed,
        count(*) filter (where status = 'closed' and is_on_time) as closed_on_time,
        count(*) filter (where is_due) as due,
        count(*) filter (where is_due and status = 'closed' and is_on_time) as due_closed_on_time,
        count(*) filter (where is_overdue) as overdue,
        count(*) filter (where is_overdue and days_over <= 7) as overdue_0_7,
        count(*) filter (where is_overdue and days_over between 8 and 15) as overdue_8_15,
        count(*) filter (where is_overdue and days_over between 16 and 30) as overdue_16_30,
        count(*) filter (where is_overdue and days_over between 31 and 60) as overdue_31_60,
        count(*) filter (where is_overdue and days_over > 60) as overdue_over_60,
        count(*) filter (where is_due_soon) as due_soon,
        count(*) filter (where is_repeat) as repeats,
        count(*) filter (where is_money_disagreeing) as money_disagrees,
        count(*) filter (where is_promised) as promised,
        sum(promised_fen) filter (where is_promised) as promised_fen,
        sum(paid_fen) filter (where is_promised) as promised_paid_fen,
        count(*) filter (where is_promised and paid_fen < promised_fen) as promised_unpaid,
        count(*) filter (where is_closed_unpaid) as closed_unpaid,
        sum(replies_owed) as replies_owed,
        count(*) filter (where is_extended_repeatedly) as extended_repeatedly,
        count(*) filter (where is_extended_on_last_day) as extended_on_last_day,
        count(*) filter (where is_extended_after_deadline) as extended_after_deadline,
        count(*) filter (where is_returned_repeatedly) as returned_repeatedly
    from aged
    group by all
)
select
    cast($business_date as date) as business_date,
    c.basis,
    c.division_code,
    c.channel,
    cast(coalesce(k.known, 0) as integer) as known,
    cast(coalesce(k.closed, 0) as integer) as closed,
    cast(coalesce(k.closed_on_time, 0) as integer) as closed_on_time,
    k.closed_on_time / cast(nullif(k.closed, 0) as double) as on_time_of_closed,
    cast(coalesce(k.due, 0) as integer) as due,
    cast(coalesce(k.due_closed_on_time, 0) as integer) as due_closed_on_time,
    k.due_closed_on_time / cast(nullif(k.due, 0) as double) as on_time_of_due,
    cast(coalesce(k.overdue, 0) as integer) as overdue,
    cast(coalesce(k.overdue_0_7, 0) as integer) as overdue_0_7,
    cast(coalesce(k.overdue_8_15, 0) as integer) as overdue_8_15,
    cast(coalesce(k.overdue_16_30, 0) as integer) as overdue_16_30,
    cast(coalesce(k.overdue_31_60, 0) as integer) as overdue_31_60,
    cast(coalesce(k.overdue_over_60, 0) as integer) as overdue_over_60,
    cast(coalesce(k.due_soon, 0) as integer) as due_soon,
    cast(coalesce(k.repeats, 0) as integer) as repeats,
    cast(coalesce(k.money_disagrees, 0) as integer) as money_disagrees,
    cast(coalesce(k.promised, 0) as integer) as promised,
    cast(coalesce(k.promised_fen, 0) as bigint) as promised_fen,
    cast(coalesce(k.promised_paid_fen, 0) as bigint) as promised_paid_fen,
    cast(coalesce(k.promised_unpaid, 0) as integer) as promised_unpaid,
    cast(coalesce(k.closed_unpaid, 0) as integer) as closed_unpaid,
    cast(coalesce(k.replies_owed, 0) as integer) as replies_owed,
    cast(coalesce(k.extended_repeatedly, 0) as integer) as extended_repeatedly,
    cast(coalesce(k.extended_on_last_day, 0) as integer) as extended_on_last_day,
    cast(coalesce(k.extended_after_deadline, 0) as integer) as extended_after_deadline,
    cast(coalesce(k.returned_repeatedly, 0) as integer) as returned_repeatedly
from (select distinct basis, division_code, channel from core.cells) as c
left join counted as k using (basis, division_code, channel)
order by c.basis, c.division_code, c.channel
