-- audit: ledger_identity
-- blocking: yes
-- grain: one day × basis × division × channel of the book or the restated ledger that does not balance
-- inputs: clearance.clearance_daily, clearance.clearance_restated
-- zh: 平衡式成立：上期结转＋新收＋重办＋转入－办结－转出－撤回＋更正＝期末未结
-- why: the ledger identity; a NULL figure does not balance either
with ledgers as (
    select 'clearance_daily' as ledger, * from clearance.clearance_daily
    union all by name
    select 'clearance_restated' as ledger, * from clearance.clearance_restated
)
select ledger, business_date, basis, division_code, channel
from ledgers
where opening + received + reopened + transferred_in - closed - transferred_out - withdrawn + corrections
      is distinct from closing
   or closing is null
