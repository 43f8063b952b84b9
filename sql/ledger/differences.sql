-- Grain: basis, subject, flow, day, cell. Inputs: core.target_entries, registry.ledger_entries, core.changed_leads,
-- core.members_before, core.ticket_versions, core.lead_of_ticket, registry.publications, registry.replays,
-- registry.undone_corrections, stage.rows, $booked_upto, $before_sequence, $rule_cause. Why: what should be booked, by
-- all that is known now, less what the book says by $booked_upto; each difference with its cause against what the
-- publication $before_sequence knew. One that the book has corrected since bears the day and the cause of that.
create or replace table core.differences as
with booked as (
    select basis, subject_id, flow, occurred_on, division_code, channel,
           sum(quantity) as quantity, sum(effect) as effect
    from registry.ledger_entries
    where booked_on <= $booked_upto
    group by all
),
corrected_later as (
    select basis, subject_id, flow, occurred_on, division_code, channel,
           min(booked_on) as corrected_on, arg_min(cause, booked_on) as cause
    from registry.ledger_entries
    where booked_on > $booked_upto and occurred_on <= $booked_upto and cause is not null
    group by all
),
difference as (
    select
        coalesce(t.basis, b.basis) as basis,
        coalesce(t.subject_id, b.subject_id) as subject_id,
        coalesce(t.flow, b.flow) as flow,
        coalesce(t.occurred_on, b.occurred_on) as occurred_on,
        coalesce(t.division_code, b.division_code) as division_code,
        coalesce(t.channel, b.channel) as channel,
        cast(coalesce(t.quantity, 0) - coalesce(b.quantity, 0) as integer) as quantity,
        cast(coalesce(t.effect, 0) - coalesce(b.effect, 0) as integer) as effect
    from core.target_entries as t
    full join booked as b
        on b.basis = t.basis and b.subject_id = t.subject_id and b.flow = t.flow and b.occurred_on = t.occurred_on
       and b.division_code = t.division_code and b.channel = t.channel
),
fresh as (
    -- Tickets, and leads of tickets, of which a delivery says something that the publication before did not know.
    select unnest([v.ticket_id, l.lead_id]) as subject_id
    from core.ticket_versions as v
    left join core.lead_of_ticket as l on l.ticket_id = v.ticket_id
    where v.delivery_id not in (
        select unnest(delivery_ids) from registry.publications where sequence = $before_sequence)
),
undone as (
    -- Tickets, and the leads they were published in, of which a correction was taken back since.
    select unnest([r.ticket_id, m.lead_id]) as subject_id
    from registry.undone_corrections as u
    join stage.rows as r on r.delivery_id = u.delivery_id and coalesce(u.row_no, r.row_no) = r.row_no
    left join core.members_before as m on m.ticket_id = r.ticket_id
    where u.made_after >= $before_sequence
)
select
    d.basis, d.subject_id, d.flow, d.occurred_on, d.division_code, d.channel, d.quantity, d.effect, k.corrected_on,
    case
        when k.cause is not null then k.cause
        when c.cause is not null then c.cause
        when d.subject_id in (select subject_id from undone) then 'undone_correction'
        when d.subject_id in (select subject_id from fresh) then 'late_row'
        when (select coalesce(max(replay_no), 0) from registry.replays)
             > (select coalesce(max(last_replay), 0) from registry.publications where sequence <= $before_sequence) then 'replay'
        else $rule_cause
    end as cause
from difference as d
left join core.changed_leads as c on d.basis = 'lead' and c.lead_id = d.subject_id
left join corrected_later as k
    on k.basis = d.basis and k.subject_id = d.subject_id and k.flow = d.flow and k.occurred_on = d.occurred_on
   and k.division_code = d.division_code and k.channel = d.channel
where d.quantity <> 0
