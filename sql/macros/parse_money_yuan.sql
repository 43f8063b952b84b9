-- Parser `money_yuan`: yuan to fen, exact; halves of a fen away from zero. A thousand hundred-millions or more is no wage.
create or replace temp macro parse_money_yuan(x) as
    case when abs(parse_number(x)) < 100000000000 then cast(round(parse_number(x) * 100) as bigint) end
