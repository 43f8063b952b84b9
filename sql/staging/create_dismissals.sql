-- Grain: one row that a person dismissed. Inputs: registry.dismissals (the registry makes the table anew when it is read).
-- Why: rows can be folded where no registry was read: then nobody decided anything.
create table if not exists registry.standing_dismissals (delivery_id varchar, row_no bigint)
