-- Grain: one division. Inputs: core.divisions. Why: names for codes.
create or replace table clearance.divisions as
select division_code, name, level from core.divisions order by division_code
