-- Parser `organisation_code`: GB 32100, upper case, no blanks.
create or replace temp macro parse_organisation_code(x) as upper(replace(clean_text(x), ' ', ''))
