-- Grain: one delivery × column × kind × value. Inputs: none. Why: what a delivery looked like, counted once and kept,
-- so that a day is compared with the 28 days before it without reading their rows again. Kinds: rows (its value is
-- the version of the profile), empty, absent (rows of a header that lacks the column), code, shape (of a time), extra
-- (filled values of an undeclared column; the value is a shape). is_readable: as a yes or no (code) or a time (shape).
create table if not exists stage.profiles (
    delivery_id varchar, source varchar, column_name varchar, kind varchar, value varchar, count bigint,
    is_readable boolean
)
