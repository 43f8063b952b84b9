-- Parser `text`.
create or replace temp macro parse_text(x) as clean_text(x)
