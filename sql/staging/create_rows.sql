-- Grain: one row as a source sent it, typed. Inputs: landing, contracts. Why: typed once, used by every day after.
create table if not exists stage.rows (
    delivery_id varchar, row_no bigint, source varchar, delivered_for date, order_key varchar,
    ticket_no varchar, ticket_id varchar, channel varchar, changed_at timestamp,
    native_status varchar, status varchar, outcome varchar, category varchar,
    received_at timestamp, received_has_time boolean, accepted_at timestamp, filed_at timestamp,
    dispatched_at timestamp, signed_at timestamp, closed_at timestamp, closed_has_time boolean,
    extended_until timestamp, source_due_at timestamp, source_due_has_time boolean,
    limit_value integer, limit_unit varchar, extension_count integer, return_count integer, is_supervised boolean,
    division_code varchar, division_text varchar, handler varchar,
    employer varchar, employer_code varchar, project varchar, address varchar, industry varchar,
    is_government_project boolean,
    claimed_fen bigint, claimed_persons integer, recovered_fen bigint, recovered_persons integer,
    period_from integer, period_to integer,
    title varchar, narrative varchar, reply_text varchar,
    claimant_name varchar, claimant_id_number varchar, claimant_phone varchar,
    is_group boolean, is_solved boolean, is_deleted boolean, quoted varchar[],
    flags varchar[], disposition varchar, reason varchar, content_hash varchar
)
