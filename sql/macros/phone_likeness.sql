-- How alike two phones are, each a struct of phone_parts held in a column (written inline it is bound over and over): 'same', 'compatible' (one is masked and what is left agrees),
-- 'one_digit' (one digit differs, is lost or is too many), 'different', 'unknown' (one is missing, lost or of another sort).
create or replace temp macro phone_likeness(l, r) as
    case
        when l.kind is null or r.kind is null or l.kind = 'lost' or r.kind = 'lost' then 'unknown'
        when (l.kind = 'landline') <> (r.kind = 'landline') then 'unknown'
        when l.whole = r.whole then 'same'
        when l.kind = 'masked' or r.kind = 'masked' then
            case
                when l.kind = 'broken' or r.kind = 'broken' then 'unknown'
                when (l.first3 <> r.first3) or (l.last4 <> r.last4) then 'different'
                when l.first3 = r.first3 or l.last4 = r.last4 then 'compatible'
                else 'unknown'
            end
        when l.digits is null or r.digits is null or length(l.digits) < 7 or length(r.digits) < 7 then 'unknown'
        when levenshtein(l.digits, r.digits) <= 1 then 'one_digit'
        else 'different'
    end
