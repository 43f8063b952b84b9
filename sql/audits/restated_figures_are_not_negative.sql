-- audit: restated_figures_are_not_negative
-- blocking: yes
-- grain: one day × basis × division × channel of the restated ledger with a figure below zero, or corrections
-- inputs: clearance.clearance_restated
-- zh: 重述账没有负数，也没有更正
-- why: with all that is known now, nothing is closed that was not open, and nothing needs a correction
select business_date, basis, division_code, channel
from clearance.clearance_restated
where least(opening, received, reopened, transferred_in, closed, transferred_out, withdrawn, closing,
            overdue_open, due_soon, closed_on_time, closed_late, due_total, recovered_persons, recovered_fen) < 0
   or corrections <> 0
