-- audit: events_are_in_order
-- blocking: yes
-- grain: one ticket whose events do not start with its one receipt, are not numbered through, or bear no date
-- inputs: core.ticket_events
-- zh: 每件的经过从受理开始、编号连续、计入日不早于发生日
-- why: state, clocks and ledger are queries over events; an order with holes makes them say different things
select ticket_id
from core.ticket_events
group by ticket_id
having min(sequence) <> 1
    or max(sequence) <> count(*)
    or count(distinct sequence) <> count(*)
    or count(*) filter (where event = 'received') <> 1
    or min(sequence) filter (where event = 'received') <> 1
    -- An event dated before the receipt counts on the day of receipt, so the day may be later than the time, never earlier.
    or bool_or(occurred_at is null or coalesce(occurred_on < cast(occurred_at as date), true))
    or bool_or(coalesce(event not in ('received', 'accepted', 'extended', 'suspended', 'resumed', 'transferred',
                                      'returned', 'withdrawn', 'closed', 'reopened'), true))
