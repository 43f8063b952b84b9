-- Parser `money_wan`: 万元 to fen, exact.
create or replace temp macro parse_money_wan(x) as try_cast(round(try_cast(parse_number(x) as decimal(18, 6)) * 1000000) as bigint)
