"""Checks that stand between the warehouse and the public table; nothing is published past a blocking one.

Called from outside: `preload` (import the tool while the database works), `check_deliveries` (what arrived),
`make_drift` and `check_drift` (how what arrived differs in form from the days before),
`check_audits` (sql/audits/: what must hold between tables), `check_tables` (published tables against
schemas/tables/), `record` (the published table `checks`), `write_report` (the first page of the check report;
every check_… writes its own pages), `gate` (stop or go). Results carry counts, never a value of a row.
"""

from pipelines.quality.audits import check_audits
from pipelines.quality.deliveries import check_deliveries
from pipelines.quality.drift import check_drift, make_drift
from pipelines.quality.expectations import preload
from pipelines.quality.report import write_report
from pipelines.quality.results import CheckResult, gate, record
from pipelines.quality.tables import check_tables

__all__ = [
    "CheckResult",
    "check_audits",
    "check_deliveries",
    "check_drift",
    "check_tables",
    "gate",
    "make_drift",
    "preload",
    "record",
    "write_report",
]
