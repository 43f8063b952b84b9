-- Grain: one row of unread_rows, by its number. Inputs: unread_rows. Why: the readers join their findings to the rows many
-- times, and joins by one number are cheaper than joins by the delivery's name.
create or replace temp view numbered_rows as
select * exclude (rows), '' as delivery_id, number as row_no from unread_rows
