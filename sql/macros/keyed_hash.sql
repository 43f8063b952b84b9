-- A keyed hash of a personal value: equal values give equal keys, and nobody without the key finds the value.
create or replace temp macro keyed_hash(secret, x) as
    case when x is null then null else left(sha256(secret || sha256(secret || x)), 24) end
