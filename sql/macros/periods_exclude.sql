-- Whether what two tickets (rows of core.compared; `contact`, `claim`, `employer` how alike they are) say of the months
-- forbids that they are one lead. A text may be read badly: where not both periods are fields, the very sum, phone and
-- employer outweigh it, but not once the earlier ticket was closed (a monthly wage is the same sum every month). And no
-- ticket is about months that come after its receipt.
create or replace temp macro periods_exclude(a, b, contact, claim, employer) as
    (period_likeness(a.period, b.period) = 'apart'
     and ((a.is_period_a_field and b.is_period_a_field)
          or not (contact in ('same', 'told') and claim = 'same' and employer in ('same', 'variant'))
          or coalesce(a.closed_at <= b.received_at, false) or coalesce(b.closed_at <= a.received_at, false)))
    or (a.period."first" is null and coalesce(b.period."first" > a.received_month, false))
    or (b.period."first" is null and coalesce(a.period."first" > b.received_month, false))
