"""Checks of what arrived: one frame a source, one row a delivery, counts only."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

from pipelines.quality.expectations import Check, validate
from pipelines.quality.results import CheckResult, crashed, reason_of
from pipelines.store import run_sql

QUARANTINED_PERCENT = 5
FRAME = "audits/frames/deliveries"


def check_deliveries(
    connection: duckdb.DuckDBPyConnection,
    business_date: date,
    report_folder: Path | None = None,
    *,
    since: date | None = None,
) -> list[CheckResult]:
    """Check every known delivery; warn only of those delivered for days after `since`.

    `since` is the newest business date published before (default: the day before `business_date`), so that a
    warning ends when its day is out. Reads stage.deliveries, core.known_deliveries and core.known_rows;
    writes a page a source, `deliveries_SOURCE.html`, into `report_folder`. No known delivery at all is a
    crash: there is nothing to publish.
    """
    try:
        frame = run_sql(
            connection,
            FRAME,
            {"business_date": business_date, "since": since or business_date - timedelta(days=1)},
        ).df()
    except duckdb.Error as error:
        return [_nothing(reason_of(error))]
    if frame.empty:
        return [_nothing("no known delivery")]
    accounted = (
        frame["rows_version"] + frame["rows_same"] + frame["rows_out_of_scope"] + frame["rows_quarantined"]
    )
    frame["rows_not_staged"] = (frame["rows"] - frame["rows_staged"]).abs()
    frame["rows_not_accounted"] = (frame["rows"] - accounted).abs()
    frame["row_numbers_repeated"] = frame["rows_staged"] - frame["row_numbers"]
    frame["is_of_the_day"] = frame["is_of_the_day"].astype("int64")
    new = frame["is_new"]
    frame["quarantined_percent"] = (
        -(-100 * frame["rows_quarantined"] // frame["rows"].where(frame["rows"] > 0, 1))
    ).where(new, 0)
    for column in ("rows_unknown_code", "rows_broken_bytes", "rows_changed_later", "is_control_total_missed"):
        frame[f"new_{column}"] = frame[column].where(new, 0)
    results: list[CheckResult] = []
    for source in sorted(frame["source"].unique()):
        rows = frame[frame["source"] == source].drop(columns=["is_new"]).reset_index(drop=True)
        page = None if report_folder is None else report_folder / f"deliveries_{source}.html"
        results += validate(f"deliveries {source}", rows, checks_of(source), page)
    return results


def checks_of(source: str) -> list[Check]:
    """What must hold for a source's deliveries, and what a person should look at."""
    blocking = {
        "rows_staged": ("rows_not_staged", "来件的每一行都已读入"),
        "rows_accounted": ("rows_not_accounted", "行数守恒：版本＋与前相同＋范围外＋隔离＝到达行数"),
        "row_numbers": ("row_numbers_repeated", "同一来件内行号不重复"),
        "versions_have_number": ("versions_without_number", "入账的每一行都有编号"),
        "versions_have_receipt": ("versions_without_receipt", "入账的每一行都有受理时间"),
        "versions_have_cell": ("versions_without_cell", "入账的每一行都有属地和渠道"),
        "versions_have_state": ("versions_without_state", "入账的每一行都有状态和变更时间"),
        "quarantine_has_reason": ("quarantined_without_reason", "隔离的每一行都写明原因"),
    }
    warning = {
        "codes_known": ("new_rows_unknown_code", "没有不认识的代码（状态、结论、渠道等）"),
        "text_whole": ("new_rows_broken_bytes", "文字没有损坏的字节"),
        "changes_in_time": ("new_rows_changed_later", "变更时间不晚于来件所属日"),
        "control_total_met": ("new_is_control_total_missed", "来源自报总数与收到行数一致"),
    }
    return [
        *(Check(name, source, column, text) for name, (column, text) in blocking.items()),
        *(Check(name, source, column, text, is_blocking=False) for name, (column, text) in warning.items()),
        Check(
            "quarantined_share",
            source,
            "quarantined_percent",
            f"每次来件隔离的比例不超过 {QUARANTINED_PERCENT} %",
            is_blocking=False,
            measure="max",
            at_most=QUARANTINED_PERCENT,
            unit=" %",
        ),
        Check(
            "delivered",
            source,
            "is_of_the_day",
            "来源在业务日有来件",
            is_blocking=False,
            at_least=1,
            at_most=None,
        ),
    ]


def _nothing(why: str) -> CheckResult:
    return crashed("deliveries", "all sources", True, "at least 1", "业务日以前有来件可查", why)
