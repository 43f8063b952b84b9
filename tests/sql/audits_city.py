"""A small warehouse that balances, written by hand (audits_city.sql): the ground for trying the audits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

BUSINESS_DATE = date(2023, 8, 31)
HERE = Path(__file__).parent


def balanced_city() -> duckdb.DuckDBPyConnection:
    """A fresh in-memory warehouse in which every audit passes."""
    connection = duckdb.connect()
    connection.execute((HERE / "audits_city.sql").read_text(encoding="utf-8"))
    ledger = (HERE / "audits_ledger.sql").read_text(encoding="utf-8")
    connection.execute(
        ledger.format(ledger="clearance_daily", day="booked_on", is_correction="e.booked_on <> e.occurred_on")
    )
    connection.execute(ledger.format(ledger="clearance_restated", day="occurred_on", is_correction="false"))
    return connection
