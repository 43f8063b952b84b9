-- Parser `phone`: digits and masking stars only, +86 dropped; NULL where a spreadsheet lost it (1.38E+10).
create or replace temp macro parse_phone(x) as
    case when regexp_matches(trim(x), '[eE]\+') then null
         else nullif(regexp_replace(regexp_replace(clean_text(x), '[^0-9*xX]', '', 'g'), '^(0086|86)(1\d{10})$', '\2'), '') end
