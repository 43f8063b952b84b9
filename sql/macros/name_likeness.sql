-- How alike two names are, each a row of describe_names: 'same', 'compatible' (an address, a mask or 某 that the other
-- fits), 'sound' (other signs, said alike), 'near' (one sign of three or more differs), 'different', 'unknown' (one is
-- missing or withheld; or only the signs of a given name speak against a 先生 or 女士, which is no proof).
create or replace temp macro name_likeness(l, r) as
    case
        when l.surname is null or r.surname is null or l.is_withheld or r.is_withheld then 'unknown'
        when l.is_full and r.is_full then
            case
                when l.surname = r.surname and l.given = r.given then 'same'
                when l.sound = r.sound then 'sound'
                when length(l.surname || l.given) >= 3 and length(l.surname || l.given) = length(r.surname || r.given)
                    -- Sign by sign: levenshtein and hamming count bytes.
                    and len(list_filter([1, 2, 3, 4, 5],
                        lambda i: substr(l.surname || l.given, i, 1) <> substr(r.surname || r.given, i, 1))) = 1 then 'near'
                else 'different'
            end
        when l.surname <> r.surname then
            case when split_part(l.sound, ' ', 1) = split_part(r.sound, ' ', 1) then 'unknown' else 'different' end
        when l.sex <> r.sex and not l.is_sex_weak and not r.is_sex_weak then 'different'
        when l.sex <> r.sex then 'unknown'
        when l.is_masked and r.is_full then
            case when regexp_matches(r.given, replace('^' || l.given || '$', '*', '.'))
                   or regexp_matches(l.given, '^\*+$') then 'compatible' else 'different' end
        when r.is_masked and l.is_full then
            case when regexp_matches(l.given, replace('^' || r.given || '$', '*', '.'))
                   or regexp_matches(r.given, '^\*+$') then 'compatible' else 'different' end
        else 'compatible'
    end
