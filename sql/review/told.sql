-- Grain: one ticket in review with what it says, fields and prose, as they stand in the row that is published. Inputs:
-- review_tickets (ticket_id, delivery_id, row_no, is_open, closed_at), stage.rows, stage.prose, core.features,
-- core.ticket_state. Why: what a person needs to
-- see to judge a pair. Personal data: for the reviewer's terminal and workbook alone.
select
    t.ticket_id, r.ticket_no, f.role, r.title, r.narrative,
    r.claimant_name,
    coalesce(f.owed, f.signer) as person,
    r.claimant_id_number, f.id_number, is_valid_id_number(r.claimant_id_number) as is_id_valid,
    r.claimant_phone, f.phone, f.told_phones, f.is_phone_shared,
    r.employer, f.employer_code,
    list_distinct(list_transform(list_filter(p.told_employers, lambda x: x.confidence >= 0.6), lambda x: concat(x.place, x.brand, x.industry, x.form))) as told_employers,
    r.project,
    list_distinct(list_transform(list_filter(p.told_projects, lambda x: x.confidence >= 0.6), lambda x: x.name)) as told_projects,
    f.period_from, f.period_to, f.is_period_a_field,
    f.claimed_fen, r.claimed_fen is not null as is_claim_a_field,
    f.persons, r.claimed_persons, f.division_code, f.quoted, p.told_agent.name as agent, f.foreman
from review_tickets as t
join stage.rows as r on r.delivery_id = t.delivery_id and r.row_no = t.row_no
join stage.prose as p on p.delivery_id = t.delivery_id and p.row_no = t.row_no
join core.features as f on f.ticket_id = t.ticket_id
join core.ticket_state as s on s.ticket_id = t.ticket_id and s.delivery_id = t.delivery_id and s.row_no = t.row_no
    and s.is_open = t.is_open and s.closed_at is not distinct from t.closed_at
order by t.ticket_id
