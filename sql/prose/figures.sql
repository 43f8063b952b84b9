-- Grain: one figure of one row (a phone or a long number is none). Inputs: figure_pieces.
-- Why: each figure with the text before it (and the figure before that: 一个人差三千) and after it.
create or replace temp table figures as
with places as (
    select delivery_id, row_no, received_month, pieces, unnest(range(2, len(pieces), 2)) as place
    from figure_pieces
)
select
    delivery_id, row_no, received_month, place,
    pieces[place] as token,
    right(coalesce(pieces[place - 2], '') || pieces[place - 1], 20) as before,
    left(pieces[place + 1] || coalesce(pieces[place + 2], ''), 16) as after
from places
where length(pieces[place]) > 1 and not regexp_matches(pieces[place], '{passed_over}')
