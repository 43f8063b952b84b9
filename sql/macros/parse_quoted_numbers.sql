-- Parser `quoted_numbers`: what may be numbers of other tickets in a field; they link only where such a ticket exists.
create or replace temp macro parse_quoted_numbers(x) as
    list_transform(regexp_extract_all(x, '[A-Za-z]{0,8}\d[A-Za-z0-9\-]{7,}'), lambda n: upper(n))
