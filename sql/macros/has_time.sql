-- Whether a time text states a time of day (one without is compared by its date).
create or replace temp macro has_time(x) as
    coalesce(regexp_matches(trim(x), '\d([:点]\d|时|点)') or regexp_matches(trim(x), '^\d{12}(\d\d)?$')
             or regexp_matches(trim(x), '^1\d{9}(\d{3})?$')
             or regexp_matches(trim(x), '^\d{5}\.\d*[1-9]'), false)
