-- Grain: one row of a correction, with the row in quarantine that it stands for. Inputs: the manifest's origin.
-- Why: it resolves that row, and keeps its change time, even when the ticket number was what was wrong.
create table if not exists stage.corrections (
    delivery_id varchar,
    row_no bigint,
    corrects_delivery varchar,
    corrects_row bigint,
    changed_at timestamp
)
