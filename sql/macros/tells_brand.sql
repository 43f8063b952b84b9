-- Whether a text holds one of the brands that another ticket names: then the employer read from it was read badly.
create or replace temp macro tells_brand(x, brands) as coalesce(list_bool_or(list_transform(brands, lambda b: contains(x, b))), false)
