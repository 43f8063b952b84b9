-- Grain: one row and the full name of who is owed. Inputs: unread_rows, row_people, described_signers. Why: an agent signs
-- for somebody; a clerk writes 王先生 where the text gives the name.
create or replace temp table row_owed as
select
    r.number,
    case
        when p.role = 'agent' then p.told_principal.name
        when p.role = 'reporter' then null
        when s.described.is_full then r.claimant_name
        -- 王先生 in the field: a name of another surname in the text (致电人为涂料工) is none, or another's.
        when s.described.surname is not null and not starts_with(p.told_claimant.name, s.described.surname) then null
        else p.told_claimant.name
    end as owed_name
from unread_rows as r
join row_people as p on p.row_no = r.number
left join described_signers as s on s.name = r.claimant_name
