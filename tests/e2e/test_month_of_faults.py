"""Days in which every source fails in its own ways end as they would have without: the short form of the benchmark."""

from __future__ import annotations

import pytest

from examples.month import RATES, run_month
from examples.upstream.servers import Fault


def test_nothing_is_lost_invented_or_unsaid_in_days_of_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    for fault in RATES:
        is_false_refusal = fault in (Fault.HTTP_401_ONCE, Fault.NONCE_REPEATED)
        monkeypatch.setitem(RATES, fault, 0.02 if is_false_refusal else 0.25)
    month = run_month(tickets=150, days=3, say=lambda line: None)
    assert len(month.faults) >= 8, month.faults
    assert month.missing_days >= 1
    assert month.published == month.days == 3
    assert month.tickets == 150
    assert month.unnamed == []
    assert (month.lost, month.invented, month.changed, month.leads_differ) == (0, 0, 0, 0)
    assert month.cells > 0 and month.cells_differ == 0
