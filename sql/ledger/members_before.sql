-- Grain: one ticket in the lead that it was last published in. Inputs: registry.lead_members, $before_sequence. Why: what
-- moved since the publication that is compared with; of a reissue that is the first one of its day, not the newest.
create or replace table core.members_before as
select ticket_id, lead_id
from (
    select
        *,
        row_number() over (
            partition by ticket_id order by sequence desc, case change when 'joined' then 0 else 1 end) as newest
    from registry.lead_members
    where sequence <= $before_sequence
)
where newest = 1 and change = 'joined'
