-- Parser `money_yuan`: yuan to fen, exact; halves of a fen away from zero.
create or replace temp macro parse_money_yuan(x) as try_cast(round(try_cast(parse_number(x) as decimal(18, 6)) * 100) as bigint)
