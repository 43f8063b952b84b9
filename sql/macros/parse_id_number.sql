-- Parser `id_number`: resident ID (GB 11643), upper case, no blanks.
create or replace temp macro parse_id_number(x) as upper(replace(clean_text(x), ' ', ''))
