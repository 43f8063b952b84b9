"""对账单: a source's day, theirs against ours, with the numbers that stand on one side alone. Reads, lands nothing.

REST and database: the keys (number, change time) of the day as the source shows them now, against everything landed.
Files: every file of the day in the outbox against what is landed of it. Without a connection: the control totals of
the manifests, and the statement says that no more was looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

import duckdb
import psycopg

from pipelines.contracts import SourceContract
from pipelines.errors import DeliveryRefused, SourceError
from pipelines.ingest.database import columns_of, copy_keys, named_error, numbers_there, open_database
from pipelines.ingest.days import date_in_name
from pipelines.ingest.deliveries import Delivery, landed
from pipelines.ingest.faults import fault_of_error
from pipelines.ingest.file_pulls import marker_of, missing_in_sequence, name_pattern
from pipelines.ingest.handover import page_reading
from pipelines.ingest.keys import Comparison, HeldKeys, Key, write_keys
from pipelines.ingest.landing import original, reading_connection, workbench
from pipelines.ingest.markers import read_marker, start_of
from pipelines.ingest.outboxes import Entry, Outbox, open_outbox
from pipelines.ingest.readers import form_of, read_file
from pipelines.ingest.refused import standing_refusals
from pipelines.ingest.rest import RestSource
from pipelines.ingest.rows import map_headers
from pipelines.ingest.windows import Window, beijing_now
from pipelines.settings import Connection
from pipelines.store import Workspace, quote_identifier

Side = Literal["theirs_alone", "ours_alone"]
Outcome = Literal["agrees", "differs", "not_compared"]
FROM_MANIFESTS = "未连接来源，仅按清单的总数核对"


@dataclass(frozen=True)
class Line:
    """One thing compared: a day's keys, a file, a delivery. `agrees` None: there was nothing to compare it with."""

    subject: str
    theirs: int | None
    ours: int | None
    agrees: bool | None
    note: str = ""


@dataclass(frozen=True)
class Difference:
    """A ticket number on one side alone, with the change time or the file that it stands in there."""

    number: str
    side: Side
    where: str


@dataclass(frozen=True)
class Statement:
    """The statement of a source for a day.

    `is_live` says whether the source itself was asked; `is_asked_in_vain` that it was, and did not answer.
    """

    source: str
    business_date: date
    is_live: bool
    lines: tuple[Line, ...]
    differences: tuple[Difference, ...] = ()
    is_asked_in_vain: bool = False

    @property
    def outcome(self) -> Outcome:
        """Whether anything differs; else whether anything was compared with the source or its total."""
        told = [line.agrees for line in self.lines]
        if self.differences or False in told:
            return "differs"
        return "agrees" if True in told and not self.is_asked_in_vain else "not_compared"

    @property
    def agrees(self) -> bool:
        """Whether something was compared, and nothing differs."""
        return self.outcome == "agrees"


def reconcile(
    workspace: Workspace, contract: SourceContract, connection: Connection | None, business_date: date
) -> Statement:
    """Theirs against ours. A source that cannot be asked is compared by its manifests, and does not agree."""
    if connection is None:
        return _of_manifests(workspace, contract, business_date)
    kinds = {"rest": _rest, "database": _database, "files": _files}
    try:
        with workbench(workspace) as bench:
            return kinds[contract.delivery.kind](workspace, contract, connection, business_date, bench)
    except SourceError as error:
        told = Line("连接来源", None, None, None, fault_of_error(error).zh)
        known = _of_manifests(workspace, contract, business_date)
        return Statement(contract.source, business_date, False, (told, *known.lines), is_asked_in_vain=True)


def _of_manifests(workspace: Workspace, contract: SourceContract, day: date) -> Statement:
    lines = [
        Line(item.name, item.control_total, item.control_rows, item.control_total_agrees, FROM_MANIFESTS)
        for item in landed(workspace, contract.source)
        if item.covers == day
    ]
    if not lines:
        lines = [Line("当日交付", None, 0, None, "当日没有接收到任何交付，也未能向来源核实")]
    return Statement(contract.source, day, False, tuple(lines))


# -- keys --------------------------------------------------------------------------------------------------------


def _rest(
    workspace: Workspace, contract: SourceContract, connection: Connection, day: date, bench: Path
) -> Statement:
    since, before = _bounds(day)
    number, keys_file = contract.columns_of("ticket_no")[0], bench / "keys.csv"
    with RestSource(contract, connection, say=lambda line: None) as source:
        answer = source.read(Window(since, before, before), bench)
        changed = source.delivery.order_column
        keys = [Key((row.get(number) or "").strip(), row.get(changed) or "") for row in answer.rows]
        write_keys(keys, keys_file)
        found = HeldKeys(workspace, contract, date.max).compare(keys_file, since, before)
        moved: set[str] = set()
        if found.ours_alone:
            # What changed after the day is not missing: it will come, or has come, with a later one.
            later = beijing_now() + timedelta(days=1)
            rows = source.read(Window(before, later, later), bench).rows if later > before else []
            moved = {(row.get(number) or "").strip() for row in rows}
    return _of_keys(contract, day, found, moved)


def _database(
    workspace: Workspace, contract: SourceContract, connection: Connection, day: date, bench: Path
) -> Statement:
    keys_file = bench / "keys.csv"
    try:
        with open_database(contract, connection) as database, database.cursor() as cursor:
            columns = columns_of(contract, cursor)
            copy_keys(contract, cursor, columns, _bounds(day), keys_file)
            found = HeldKeys(workspace, contract, date.max).compare(keys_file, *_bounds(day))
            moved = numbers_there(contract, cursor, columns, found.ours_alone)
    except psycopg.Error as error:
        raise named_error(contract, error) from None
    return _of_keys(contract, day, found, moved)


def _of_keys(contract: SourceContract, day: date, found: Comparison, moved: set[str]) -> Statement:
    gone = [number for number in found.ours_alone if number not in moved]
    changed = len(found.ours_alone) - len(gone)
    ours = found.theirs - len(found.theirs_alone) + len(gone)
    line = Line(
        "编号与变更时间", found.theirs, ours, not found.theirs_alone and not gone,
        f"另有 {changed} 件此后又有变更，不计为差异" if changed else "",
    )  # fmt: skip
    differences = [Difference(key.number, "theirs_alone", key.changed) for key in found.theirs_alone]
    differences += [Difference(number, "ours_alone", "对方已无此件") for number in gone]
    return Statement(contract.source, day, True, (line,), tuple(differences))


def _bounds(day: date) -> tuple[datetime, datetime]:
    return datetime.combine(day, time()), datetime.combine(day + timedelta(days=1), time())


# -- files -------------------------------------------------------------------------------------------------------


def _files(
    workspace: Workspace, contract: SourceContract, connection: Connection, day: date, bench: Path
) -> Statement:
    lines: list[Line] = []
    differences: list[Difference] = []
    own = landed(workspace, contract.source)
    by_name: dict[str, list[Delivery]] = {}
    for item in own:
        by_name.setdefault(item.name, []).append(item)
    with open_outbox(contract, connection) as outbox:
        listed = {entry.name: entry for entry in outbox.entries()}
        pattern = name_pattern(contract)
        of_day = [
            entry
            for entry in listed.values()
            if pattern.fullmatch(entry.name)
            and date_in_name(entry.name) == day
            and not entry.name.lower().endswith(".ok")
        ]
        for entry in sorted(of_day):
            line, found = _file(
                workspace, contract, outbox, listed, entry, by_name.get(entry.name, []), own, bench
            )
            lines.append(line)
            differences += found
    there = {entry.name for entry in of_day}
    known = there | {item.name for item in own if date_in_name(item.name) == day}
    skipped = missing_in_sequence(contract, known)
    if skipped:
        lines.append(Line("文件序号", None, None, False, f"序号缺 {'、'.join(map(str, skipped))}"))
    for item in own:
        if date_in_name(item.name) == day and item.name not in there:
            lines.append(Line(item.name, None, item.rows, None, "文件已不在来源目录，以我方留存为准"))
    for standing in standing_refusals(workspace, contract):
        if standing.is_open and date_in_name(standing.refusal.name) == day:
            lines.append(Line(standing.refusal.name, None, 0, False, "已拒收，原件与原因留存"))
    if not lines:
        lines.append(Line("当日文件", 0, 0, None, "来源目录中没有当日文件，也没有接收过"))
    return Statement(contract.source, day, True, tuple(lines), tuple(differences))


def _file(
    workspace: Workspace,
    contract: SourceContract,
    outbox: Outbox,
    listed: dict[str, Entry],
    entry: Entry,
    same_name: Sequence[Delivery],
    own: Sequence[Delivery],
    bench: Path,
) -> tuple[Line, list[Difference]]:
    file = bench / "received"
    outbox.fetch(entry, file)
    stated: int | None = None
    notes: list[str] = []
    try:
        item = original(file, contract.source, entry.name)
        marker_entry = marker_of(listed, entry) if "marker" in contract.delivery else None
        if "marker" in contract.delivery and marker_entry is None:
            notes.append("没有校验标记")
        if marker_entry is not None:
            outbox.fetch(marker_entry, bench / "marker")
            marker = read_marker(contract.source, start_of(bench / "marker"), marker_entry.name)
            stated = marker.rows
            if marker.sha256 != item.sha256:
                notes.append("文件与标记的校验值不符")
        held = next((held for held in (*same_name, *own) if held.sha256 == item.sha256), None)
        if held is not None:
            theirs = held.rows if stated is None else stated
            is_same = theirs == held.rows and not notes
            return Line(entry.name, theirs, held.rows, is_same, "；".join(notes)), []
        notes.append("内容与已接收的不同" if same_name else "尚未接收")
        rows, numbers = _numbers(workspace, contract, file, entry.name, bench)
    except DeliveryRefused as error:
        notes.append(fault_of_error(error).zh)
        return Line(entry.name, None, sum(held.rows for held in same_name), False, "；".join(notes)), []
    ours = _numbers_held(workspace, contract, same_name or own)
    differences = [
        Difference(number, "theirs_alone", entry.name) for number in sorted(numbers - ours) if number
    ]
    if same_name:
        differences += [Difference(number, "ours_alone", entry.name) for number in sorted(ours - numbers)]
    held_rows = sum(held.rows for held in same_name)
    return Line(
        entry.name, rows if stated is None else stated, held_rows, False, "；".join(notes)
    ), differences


def _numbers(
    workspace: Workspace, contract: SourceContract, file: Path, name: str, bench: Path
) -> tuple[int, set[str]]:
    """Rows and ticket numbers of a file as it lies in the outbox."""
    key = contract.columns_of("ticket_no")[0]
    with reading_connection(workspace) as scratch:
        form = form_of(contract.source, file, name)
        if form == "json_page":
            reading = page_reading(scratch, contract, original(file, contract.source, name), bench)
        else:
            reading = read_file(scratch, contract, file, name, form, bench)
        at = map_headers(contract, reading.headers, name).declared.get(key)
        if at is None:
            return reading.rows, set()
        rows = scratch.execute(f"select distinct trim(c{at}) from ({reading.query})").fetchall()
    return reading.rows, {str(row[0]) for row in rows if row[0]}


def _numbers_held(workspace: Workspace, contract: SourceContract, deliveries: Sequence[Delivery]) -> set[str]:
    with reading_connection(workspace) as scratch:
        return set(_held(workspace, scratch, contract, deliveries))


def _held(
    workspace: Workspace,
    scratch: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    deliveries: Sequence[Delivery],
) -> Iterator[str]:
    key = contract.columns_of("ticket_no")[0]
    for columns in dict.fromkeys(item.columns for item in deliveries):
        files = [item.rows_file for item in deliveries if item.columns == columns and item.rows]
        if files and key in columns:
            name = quote_identifier(key)
            query = f"select distinct trim({name}) from {workspace.scan(files)} where {name} is not null"
            yield from (str(row[0]) for row in scratch.execute(query).fetchall())
