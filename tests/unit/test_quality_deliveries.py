"""Deliveries: every check can fail, warnings end with their day, nothing at all is a crash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from pipelines.quality import check_deliveries
from pipelines.quality.deliveries import checks_of
from tests.sql.audits_city import BUSINESS_DATE, balanced_city

D1 = "delivery_id = 'd1' and row_no = 1"
# check → (the source that shows it, one statement that makes it fail)
BREAKS: dict[str, tuple[str, str]] = {
    "rows_staged": ("hotline", "delete from core.known_rows where delivery_id = 'd1' and row_no = 2"),
    "rows_accounted": ("hotline", f"update core.known_rows set disposition = null where {D1}"),
    "row_numbers": (
        "hotline",
        "update core.known_rows set row_no = 1 where delivery_id = 'd1' and row_no = 2",
    ),
    "versions_have_number": ("hotline", f"update core.known_rows set ticket_no = null where {D1}"),
    "versions_have_receipt": ("hotline", f"update core.known_rows set received_at = null where {D1}"),
    "versions_have_cell": ("hotline", f"update core.known_rows set division_code = null where {D1}"),
    "versions_have_state": ("hotline", f"update core.known_rows set changed_at = null where {D1}"),
    "quarantine_has_reason": ("hotline", "update core.known_rows set reason = ''"),
    "codes_known": ("national", "update core.known_rows set flags = ['unknown_code:status']"),
    "text_whole": ("national", "update core.known_rows set flags = ['broken_bytes']"),
    "changes_in_time": ("national", "update core.known_rows set changed_at = '2023-09-02'"),
    "control_total_met": ("national", "update stage.deliveries set control_total_agrees = false"),
    "quarantined_share": ("national", "update core.known_rows set disposition = 'quarantined', reason = 'x'"),
    "delivered": ("national", "update stage.deliveries set delivered_for = '2023-08-30'"),
}


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = balanced_city()
    yield connection
    connection.close()


def test_every_check_is_proven_able_to_fail() -> None:
    assert {check.check_name for check in checks_of("hotline")} == set(BREAKS)


@pytest.mark.parametrize("name", BREAKS)
def test_a_check_sees_what_is_wrong(city: duckdb.DuckDBPyConnection, name: str) -> None:
    source, statement = BREAKS[name]
    (before,) = [
        item
        for item in check_deliveries(city, BUSINESS_DATE)
        if (item.check_name, item.subject) == (name, source)
    ]
    assert before.status == "passed"
    city.execute(statement)
    (after,) = [
        item
        for item in check_deliveries(city, BUSINESS_DATE)
        if (item.check_name, item.subject) == (name, source)
    ]
    assert after.status == ("failed" if after.is_blocking else "warned")


def test_a_warning_ends_with_the_day_it_was_about(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("update core.known_rows set flags = ['unknown_code:status'] where delivery_id = 'd1'")

    def warned(since: date | None) -> set[str]:
        results = check_deliveries(city, BUSINESS_DATE, since=since)
        return {item.check_name for item in results if item.subject == "hotline" and item.status == "warned"}

    # d1 came the day before; its quarantined row is a third of it.
    assert warned(None) == {"delivered"}
    assert warned(date(2023, 8, 29)) == {"delivered", "codes_known", "quarantined_share"}


def test_nothing_delivered_and_nothing_made_are_crashes(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("delete from core.known_deliveries")
    assert [item.status for item in check_deliveries(city, BUSINESS_DATE)] == ["crashed"]
    city.execute("drop table core.known_rows")
    assert [item.status for item in check_deliveries(city, BUSINESS_DATE)] == ["crashed"]
