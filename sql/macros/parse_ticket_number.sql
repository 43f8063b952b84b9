-- Parser `ticket_number`: upper case, no blanks. NULL where it is no ticket's number: broken bytes, a number that a
-- spreadsheet turned into 6.4E+20, other characters than letters, digits and - _ / ., a mobile or a resident ID.
create or replace temp macro parse_ticket_number(x) as
    case when regexp_matches(upper(replace(clean_text(x), ' ', '')), '^[A-Z0-9][A-Z0-9_/.\-]*$')
          and not regexp_matches(trim(x), '^\d(\.\d+)?[eE]\+?\d+$')
          and not regexp_matches(clean_text(x), '^1[3-9]\d{9}$')
          and not is_valid_id_number(upper(replace(clean_text(x), ' ', '')))
         then upper(replace(clean_text(x), ' ', '')) end
