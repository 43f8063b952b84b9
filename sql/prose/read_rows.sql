-- Grain: one staged row read now. Inputs: unread_rows, row_figures, row_organisations, row_people, described_signers,
-- described_owed, described_numbers, described_employers_now, row_employers, row_projects. Why: all that resolution compares, beside the fields.
insert into stage.prose by name
select
    unnest(r.rows, recursive := true), f.told_claim, f.told_persons, f.told_period, o.told_employers, o.told_projects,
    p.told_claimant, p.told_agent, p.told_principal, p.told_foreman, p.told_phones, p.told_id_numbers, p.role, p.role_reason,
    s.described as signer, w.owed_name, d.described as owed, t.described as phone,
    e.set_id as employer_set,
    list_sort(list_distinct(list_filter(list_append(
        list_transform(list_filter(coalesce(o.told_employers, []), lambda m: m.confidence >= 0.5), lambda m: m.brand), b.brand),
        lambda x: length(x) >= 2))) as employer_brands, j.set_id as project_set
from unread_rows as r
join row_figures as f on f.row_no = r.number
join row_organisations as o on o.row_no = r.number
join row_people as p on p.row_no = r.number
join row_owed as w on w.number = r.number
left join described_signers as s on s.name = r.claimant_name
left join described_owed as d on d.name = w.owed_name
left join described_numbers as t on t.phone = r.claimant_phone
left join described_employers_now as b on b.name = r.employer
left join row_employers as e on e.ticket_id = r.number
left join row_projects as j on j.ticket_id = r.number
