-- A published text of a company, project or unit with any ID number or phone in it taken out.
create or replace temp macro without_numbers(x) as
    regexp_replace(regexp_replace(x, '\d{17}[0-9Xx]', '***', 'g'), '1[3-9]\d[ -]?\d{4}[ -]?\d{4}', '***', 'g')
