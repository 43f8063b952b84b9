-- Grain: one landed row. Inputs: landing Parquet of one source, stage.deliveries, stage.corrections, core.division_names.
-- Why: the contract's parsers, codes and quarantine reasons in one pass; {{…}} parts are made from schemas/sources.
-- A row outside the scope is counted, not judged; a cut row is never trusted in any field.
insert into stage.rows by name
with landed as (
    select d.delivery_id, d.source as _source, d.delivered_for, d.order_key,
           coalesce(c.changed_at, d.changed_at) as delivery_changed_at, r.*
    from (select * from {scan}) as r
    join stage.deliveries as d on d.rows_file = r.filename
    left join stage.corrections as c on c.delivery_id = d.delivery_id and c.row_no = r.row_no
),
parsed as (
    select
        delivery_id, row_no, {source} as source, delivered_for, order_key, delivery_changed_at, _defect, _broken,
        {fields},
        {native_status} as native_status,
        {status} as status,
        {outcome} as outcome,
        {channel} as channel,
        coalesce({in_scope}, false) as is_in_scope,
        {ticket_no_raw} as ticket_no_raw,
        has_time({received_raw}) as received_has_time,
        has_time({closed_raw}) as closed_has_time,
        has_time({source_due_raw}) as source_due_has_time,
        [
            {flags},
            case when _broken is not null then 'broken_bytes' end,
            case when list_bool_or(list_transform([{texts}], lambda t: regexp_matches(lower(trim(t)), {suspicious})))
                 then 'suspicious_text' end
        ] as raised,
        [{unused}] as unused
    from landed
),
placed as (
    select
        p.* exclude (changed_at, is_deleted, status, raised),
        n.division_code,
        case when p.is_deleted then 'withdrawn' else p.status end as status,
        coalesce(p.is_deleted, false) as is_deleted,
        coalesce(p.changed_at, p.delivery_changed_at,
                 cast(p.delivered_for as timestamp) + interval 1 day - interval 1 second) as changed_at,
        list_filter(list_concat(p.raised, [
            case when p.status = 'closed' and p.closed_at is null then 'closing_date_missing' end
        ]), lambda f: f is not null) as flags
    from parsed as p
    left join core.division_names as n
        on n.text = trim(regexp_replace(trim(p.division_text), {strip_prefixes}, ''), '_ ')
),
judged as (
    select
        *,
        case
            when _defect is not null then _defect
            when not is_in_scope then null
            when ticket_no is null and ticket_no_raw is null then 'missing_ticket_no'
            when ticket_no is null then 'unreadable_ticket_no'
            when received_at is null then 'unreadable_received_at'
            when cast(received_at as date) > delivered_for or year(received_at) < {first_year} then 'impossible_received_at'
            when cast(closed_at as date) < cast(received_at as date)
              or (closed_at < received_at and received_has_time and closed_has_time) then 'closed_before_received'
            when least(claimed_fen, claimed_persons, recovered_fen, recovered_persons) < 0 then 'negative_amount'
            when division_code is null then 'unknown_division'
            when channel is null then 'unknown_channel'
        end as reason
    from placed
)
select
    * exclude (ticket_no_raw, is_in_scope, delivery_changed_at, _defect, _broken, unused, outcome_text, status_text),
    source || ':' || ticket_no as ticket_id,
    case when reason is not null then 'quarantined' when is_in_scope then 'in_scope' else 'out_of_scope' end as disposition,
    md5(cast(row(
        channel, native_status, status, outcome, category, received_at, accepted_at, filed_at, dispatched_at, signed_at,
        closed_at, extended_until, source_due_at, limit_value, limit_unit, extension_count, return_count, is_supervised,
        division_code, handler, employer, employer_code, project, address, industry, is_government_project,
        claimed_fen, claimed_persons, recovered_fen, recovered_persons, period_from, period_to,
        title, narrative, reply_text, claimant_name, claimant_id_number, claimant_phone,
        is_group, is_solved, is_deleted, quoted, unused
    ) as varchar)) as content_hash
from judged
