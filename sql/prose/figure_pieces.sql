-- Grain: one row of figure_rows. Inputs: figure_rows, the pattern of figures.
-- Why: pieces of the text, its figures at the even places, in one pass over the text.
create or replace temp table figure_pieces as
select
    delivery_id, row_no,
    cast(year(received_on) * 100 + month(received_on) as integer) as received_month,
    string_split(regexp_replace(replace(text, chr(1), ' '), '{figure}', chr(1) || '\0' || chr(1), 'g'), chr(1)) as pieces
from figure_rows
