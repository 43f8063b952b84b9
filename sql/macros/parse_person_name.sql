-- Parser `person_name`: NULL for a withheld name (保密, 匿名 …).
create or replace temp macro parse_person_name(x) as
    case when regexp_matches(clean_text(x), '^(保密|匿名.*|不详|未知|无|不愿透露.*|[-—*/]+)$') then null
         else replace(clean_text(x), ' ', '') end
