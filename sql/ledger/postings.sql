-- Grain: one entry to post: basis, subject, flow, day, cell. Inputs: core.target_entries, registry.ledger_entries,
-- core.changed_leads, core.ticket_versions, core.lead_of_ticket, registry.publications, registry.replays,
-- registry.undone_corrections, registry.active_members, stage.rows, $business_date, $newest_date, $rule_cause. Why: booked
-- as in accounting. The difference between what should be booked and what is, on its own day where that day is not published yet, else on the business date,
-- where it counts as a correction with its cause. Nothing on a published day ever changes.
create or replace table core.postings as
with booked as (
    select basis, subject_id, flow, occurred_on, division_code, channel,
           sum(quantity) as quantity, sum(effect) as effect
    from registry.ledger_entries
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
        select unnest(delivery_ids) from registry.publications
        where sequence = (select max(sequence) from registry.publications))
),
undone as (
    -- Tickets, and the leads they were published in, of which a correction was taken back since.
    select unnest([r.ticket_id, m.lead_id]) as subject_id
    from registry.undone_corrections as u
    join stage.rows as r on r.delivery_id = u.delivery_id and coalesce(u.row_no, r.row_no) = r.row_no
    left join registry.active_members as m on m.ticket_id = r.ticket_id
    where u.made_after >= (select coalesce(max(sequence), 0) from registry.publications)
)
select
    d.basis, d.subject_id, d.flow, d.occurred_on,
    case when d.occurred_on > $newest_date then d.occurred_on else $business_date end as booked_on,
    d.division_code, d.channel, d.quantity, d.effect,
    case
        when d.occurred_on > $newest_date then null
        when c.cause is not null then c.cause
        when d.subject_id in (select subject_id from undone) then 'undone_correction'
        when d.subject_id in (select subject_id from fresh) then 'late_row'
        when (select coalesce(max(replay_no), 0) from registry.replays)
             > (select coalesce(max(last_replay), 0) from registry.publications) then 'replay'
        else $rule_cause
    end as cause
from difference as d
left join core.changed_leads as c on d.basis = 'lead' and c.lead_id = d.subject_id
where d.quantity <> 0
