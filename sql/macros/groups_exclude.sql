-- Whether one of two tickets is a group's and the other a person's own: always two leads. But where phone, name and sum (or people) are
-- the same, and no source states one person, the one text only leaves the group unsaid: a member's own sum is another.
create or replace temp macro groups_exclude(a, b, person, contact, claim) as
    (a.role = 'representative') <> (b.role = 'representative')
    and not coalesce(contact in ('same', 'told') and person in ('same', 'sound', 'near', 'compatible')
                     and (claim = 'same' or (claim = 'close' and period_likeness(a.period, b.period) = 'same')
                          or (a.persons > 1 and a.persons = b.persons))
                     and not a.is_claim_per_head and not b.is_claim_per_head and not a.is_one_stated and not b.is_one_stated, false)
