-- Parser `ticket_number`: no blanks; NULL where bytes were broken or a spreadsheet turned the number into 6.4E+20.
create or replace temp macro parse_ticket_number(x) as
    case when clean_text(x) is null
           or contains(x, chr(65533))
           or regexp_matches(trim(x), '^\d(\.\d+)?[eE]\+?\d+$')
         then null
         else upper(replace(clean_text(x), ' ', '')) end
