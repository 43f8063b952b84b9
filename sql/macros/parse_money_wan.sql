-- Parser `money_wan`: 万元 to fen, exact.
create or replace temp macro parse_money_wan(x) as cast(round(parse_number(x) * 1000000) as bigint)
