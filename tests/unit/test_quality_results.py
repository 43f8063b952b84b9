"""What the gate lets through, what it stops and how it says so; what becomes of results."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import duckdb
import pytest

from pipelines.contracts import load_tables
from pipelines.errors import CheckCrashed, GateFailed
from pipelines.quality import CheckResult, gate, record
from pipelines.quality.audits import load_audits
from pipelines.quality.deliveries import checks_of
from pipelines.quality.results import crashed, reason_of
from pipelines.settings import PROJECT_ROOT

PASSED = CheckResult("ledger_identity", "audit", True, "passed", 0, "0", "平衡式成立")
FAILED = dataclasses.replace(PASSED, status="failed", observed=3)
WARNED = CheckResult("codes_known", "hotline", False, "warned", 2, "0", "没有不认识的代码")
CRASHED = crashed("ledger_chain", "audit", True, "0", "每日上期结转等于前一日期末未结", "CatalogException")


def test_a_day_whose_checks_pass_or_warn_goes_out() -> None:
    gate([PASSED, WARNED])


def test_a_failed_blocking_check_stops_the_day_and_is_named() -> None:
    with pytest.raises(GateFailed) as stopped:
        gate([PASSED, FAILED, WARNED], where="checks/2023-08-31_r01")
    assert stopped.value.checks == ["ledger_identity [audit]"]
    message = str(stopped.value)
    assert "平衡式成立" in message and "observed 3, expected 0" in message
    assert "checks/2023-08-31_r01" in message and "docs/checks.md" in message
    assert "codes_known" not in message


@pytest.mark.parametrize("is_blocking", [True, False])
def test_a_crashed_check_is_no_failed_check_and_stops_the_day(is_blocking: bool) -> None:
    with pytest.raises(CheckCrashed, match="ledger_chain"):
        gate([PASSED, dataclasses.replace(CRASHED, is_blocking=is_blocking)])


def test_a_crash_is_named_before_failures_and_both_are_told() -> None:
    with pytest.raises(CheckCrashed, match=r"1 blocking checks failed besides(.|\n)*ledger_identity"):
        gate([FAILED, CRASHED])


def test_a_day_without_checks_is_stopped() -> None:
    with pytest.raises(CheckCrashed, match="no check has run"):
        gate([])


def test_results_become_the_published_table_of_its_contract() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema clearance")
        record(connection, [FAILED])
        assert record(connection, [WARNED, PASSED, CRASHED]) == 3
        rows = connection.execute("select check_name, status, observed from clearance.checks").fetchall()
        assert rows == [
            ("codes_known", "warned", 2),
            ("ledger_chain", "crashed", None),
            ("ledger_identity", "passed", 0),
        ]
        described = connection.execute("describe clearance.checks").fetchall()
    contract = load_tables()["checks"]
    assert [(row[0], row[1]) for row in described] == [
        (name, item.type) for name, item in contract.columns.items()
    ]


def test_why_a_check_died_never_holds_a_value() -> None:
    with duckdb.connect() as connection:
        with pytest.raises(duckdb.ConversionException) as died:
            connection.execute("select cast('王小明 13900000000' as integer)").fetchall()
        assert reason_of(died.value) == "ConversionException"
        with pytest.raises(duckdb.CatalogException) as missing:
            connection.execute("select * from core.known_rows")
        assert "known_rows" in reason_of(missing.value)


def test_great_expectations_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, pipelines.quality; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_check_is_documented() -> None:
    text = (PROJECT_ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    names = [audit.name for audit in load_audits()] + [check.check_name for check in checks_of("hotline")]
    assert [name for name in names if f"`{name}`" not in text] == []
    assert [audit.name for audit in load_audits() if audit.description not in text] == []
