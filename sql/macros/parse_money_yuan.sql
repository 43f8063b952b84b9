-- Parser `money_yuan`: yuan to fen, exact; halves of a fen away from zero.
create or replace temp macro parse_money_yuan(x) as cast(round(parse_number(x) * 100) as bigint)
