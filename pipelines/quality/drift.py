"""Drift: how the deliveries of a business date differ in form from those of the 28 days before.

A pure function of the known deliveries and the contracts: the same from one day to the next and in a rebuild. It
blocks nothing. `profiles` counts what came, `comparison` judges it, `lines` says what to do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.contracts import SourceContract
from pipelines.normalize import Landed
from pipelines.quality.comparison import Day, Finding, History, compare
from pipelines.quality.expectations import Check, validate
from pipelines.quality.profiles import HISTORY_DAYS, profile
from pipelines.quality.results import CheckResult
from pipelines.store import Workspace, run_sql


def make_drift(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, SourceContract],
    known: Sequence[Landed],
    business_date: date,
) -> list[Finding]:
    """Profile what is not profiled yet and make the published table `clearance.drift`."""
    profile(workspace, connection, contracts, known, business_date)
    findings = find_drift(connection, contracts, business_date)
    kinds = {"business_date": pa.date32(), "count": pa.int64(), "rows": pa.int64(), "share": pa.float64()}
    kinds |= {"baseline_share": pa.float64(), "is_new": pa.bool_(), "history_days": pa.int32()}
    schema = pa.schema([(item.name, kinds.get(item.name, pa.string())) for item in fields(Finding)])
    connection.register("arriving", pa.Table.from_pylist([vars(item) for item in findings], schema=schema))
    connection.execute("create or replace table clearance.drift as select * from arriving")
    connection.unregister("arriving")
    return findings


def check_drift(
    findings: Sequence[Finding], sources: Iterable[str], report_folder: Path | None = None
) -> list[CheckResult]:
    """A warning a source with the number of its new findings; writes `drift.html` into `report_folder`."""
    import pandas as pd

    text = (
        f"来件形态与前 {HISTORY_DAYS} 天相比没有新变化（缺列、新列、新代码、时间新写法、空值与代码占比突变）"
    )
    counts = {source: 0 for source in sorted(sources)}
    for finding in findings:
        counts[finding.source] += finding.is_new
    checks = [Check("drift", source, source, text, is_blocking=False) for source in counts]
    page = None if report_folder is None else report_folder / "drift.html"
    return validate(
        "drift", pd.DataFrame({source: [count] for source, count in counts.items()}), checks, page
    )


def find_drift(
    connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract], business_date: date
) -> list[Finding]:
    """The findings of all sources that delivered for the date. Reads stage.profiles, stage.rows and known deliveries."""
    findings: list[Finding] = []
    for source, history in sorted(_histories(connection, contracts, business_date).items()):
        if history.today is not None:
            findings += compare(contracts[source], history, business_date)
    return findings


def _histories(
    connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, SourceContract], business_date: date
) -> dict[str, History]:
    parameters = {"business_date": business_date, "since": business_date - timedelta(days=HISTORY_DAYS)}
    days: dict[tuple[str, date], Day] = defaultdict(Day)
    histories: dict[str, History] = defaultdict(History)
    for source, day, column, kind, value, count, is_readable in run_sql(
        connection, "drift/days", parameters
    ).fetchall():
        if source not in contracts:
            continue
        entry = days[(source, day)]
        if kind == "rows":
            entry.rows = int(count)
        elif kind in ("empty", "absent"):
            (entry.empty if kind == "empty" else entry.absent)[column] = int(count)
        elif kind == "extra":
            entry.extra[column] = entry.extra.get(column, 0) + int(count)
            if day == business_date:
                histories[source].extra_shapes[column] = (value, is_readable)
        else:
            (entry.codes if kind == "code" else entry.shapes)[column][value] = int(count)
            if not is_readable:
                history = histories[source]
                (history.unread_shapes if kind == "shape" else history.unread_codes).add((column, value))
    for source, day, column, count in run_sql(connection, "drift/unreadable", parameters).fetchall():
        if (source, day) in days:
            name = contracts[source].columns_of("received_at")[0] if column == "received_at" else column
            days[(source, day)].unreadable[name] = int(count)
    for (source, day), entry in sorted(days.items()):
        if day == business_date:
            histories[source].today = entry
        else:
            histories[source].before.append(entry)
    for source, name in run_sql(connection, "drift/names", parameters).fetchall():
        histories[source].names |= {name}
    for history in histories.values():
        history.unread_shapes = {
            (column, shape)
            for column, shape in history.unread_shapes
            if not _is_read(connection, sample_time(shape))
        }
    return dict(histories)


def sample_time(shape: str) -> str:
    """A time that can be, written in a shape: 99999999 is 20230815, though 20231345 has that shape too."""
    parts = iter(("8", "15", "10", "20", "30"))

    def digits(run: re.Match[str]) -> str:
        length = len(run[0])
        if length <= 2:
            return next(parts, "1").zfill(length)[-length:]
        return {4: "2023", 5: "45153"}.get(length, "20230815102030123456"[:length])

    return re.sub("9+", digits, shape)


def _is_read(connection: duckdb.DuckDBPyConnection, text: str) -> bool:
    row = connection.execute("select parse_timestamp($1) is not null", [text]).fetchone()
    return bool(row and row[0])
