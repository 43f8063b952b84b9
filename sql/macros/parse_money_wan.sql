-- Parser `money_wan`: 万元 to fen, exact. Ten million 万元 or more is no wage.
create or replace temp macro parse_money_wan(x) as
    case when abs(parse_number(x)) < 10000000 then cast(round(parse_number(x) * 1000000) as bigint) end
