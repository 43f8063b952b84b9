"""Pulls files from an outbox: those of the contract's pattern dated up to the day, finished, and not landed yet."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.contracts import SourceContract
from pipelines.errors import (
    DeliveryRefused,
    SourceError,
    SourceNotReady,
    SourceUnreachable,
)
from pipelines.ingest.days import date_in_name
from pipelines.ingest.deliveries import Delivery, PullReport, Refusal, find_delivery, landed, refusals
from pipelines.ingest.excel_reader import WorkbookUnreadable
from pipelines.ingest.handover import combined, incomplete, page_reading, report_of, say_landed
from pipelines.ingest.landing import (
    Arrival,
    Original,
    Say,
    keep_refused,
    land,
    original,
    reading_connection,
    workbench,
)
from pipelines.ingest.markers import Marker, check_marker, read_marker, refuse_long_marker, start_of
from pipelines.ingest.names import missing_in_sequence, name_pattern, shown_name
from pipelines.ingest.outboxes import Entry, Outbox, open_outbox, refuse_large
from pipelines.ingest.readers import form_of, read_file
from pipelines.ingest.reading_time import reading_time_is_limited
from pipelines.settings import Connection
from pipelines.store import Workspace

__all__ = ["UNFINISHED", "marker_of", "missing_in_sequence", "name_pattern", "pull_files"]

SETTLE_SECONDS = 1.0
MOST_FAILURES = 3
# A file replaced within the second, with the same size, shows in its marker alone: markers of these days are read again.
MARKER_DAYS = 30
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", ".bak")


def pull_files(
    workspace: Workspace,
    contract: SourceContract,
    connection: Connection,
    delivered_for: date,
    *,
    say: Say,
    sleep: Callable[[float], None] = time.sleep,
) -> PullReport:
    """Land the files dated up to the day. What can be landed is landed before anything is raised.

    Raises DeliveryRefused for a file that is not what the contract says, SourceIncomplete for one whose control
    total does not add up, SourceNotReady where no file dated the day is there, whole.
    """
    with open_outbox(contract, connection) as outbox, workbench(workspace) as bench:
        work = _Pull(workspace, contract, outbox, delivered_for, bench, say)
        work.run(sleep)
        return work.report()


@dataclass
class _Pull:
    workspace: Workspace
    contract: SourceContract
    outbox: Outbox
    delivered_for: date
    bench: Path
    say: Say
    new: list[Delivery] = field(default_factory=list)
    known: list[Delivery] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)
    pending: list[Entry] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    @property
    def has_markers(self) -> bool:
        return "marker" in self.contract.delivery

    def run(self, sleep: Callable[[float], None]) -> None:
        listed = {entry.name: entry for entry in self.outbox.entries()}
        pattern = name_pattern(self.contract)
        wanted = [entry for entry in listed.values() if _is_wanted(pattern, entry.name, self.delivered_for)]
        for name in self.outbox.left_out:
            if _is_wanted(pattern, name, self.delivered_for):
                self.say(
                    f"{self.contract.source}: {self._shown(name)} is a link or a folder, has no plain name "
                    "in UTF-8 or GB18030, or is there twice: left out"
                )
        by_origin: dict[tuple[object, ...], list[Delivery]] = {}
        for item in landed(self.workspace, self.contract.source):
            by_origin.setdefault(_origin_key(item.origin), []).append(item)
        refused_before = {
            _origin_key(item.origin): item for item in refusals(self.workspace, self.contract.source)
        }
        fresh: list[Entry] = []
        for entry in sorted(wanted):
            marker = self._marker_entry(listed, entry)
            key = _origin_key(_origin(entry, marker))
            if key in by_origin and not self._is_replaced(entry, marker, by_origin[key]):
                if self._is_of_day(entry.name):
                    self._add(entry.name, by_origin[key][-1], is_new=False)
            elif key in refused_before and not self._is_of_day(entry.name):
                self.say(
                    f"{self.contract.source}: {self._shown(entry.name)} was refused before and has not changed since"
                )
                self.refused.append(refused_before[key])
            else:
                fresh.append(entry)
        if fresh and not self.has_markers:
            sleep(SETTLE_SECONDS)
        for number, entry in enumerate(fresh, start=1):
            if len(fresh) > 20 and number % 20 == 0:
                self.say(f"{self.contract.source}: {number} of {len(fresh)} files")
            self._take(entry, self._marker_entry(listed, entry))
            if sum(isinstance(error, SourceUnreachable) for error in self.errors) >= MOST_FAILURES:
                break

    def report(self) -> PullReport:
        """The report; raises what went wrong, the worst first."""
        refusals_ = [error for error in self.errors if isinstance(error, DeliveryRefused)]
        if refusals_:
            raise combined(self.contract.source, refusals_)
        if self.errors:
            raise self.errors[0]
        for entry in self.pending:
            self.say(
                f"{self.contract.source}: {self._shown(entry.name)} is still being written, left for later"
            )
        is_there = any(map(self._is_of_day, self.seen)) or any(
            self._is_of_day(name)
            for item in landed(self.workspace, self.contract.source)
            for name in (item.name, item.order_key)
        )
        if not is_there:
            waiting = sum(1 for entry in self.pending if self._is_of_day(entry.name))
            raise SourceNotReady(
                self.contract.source,
                f"{waiting} files dated {self.delivered_for} are still being written"
                if waiting
                else f"no file dated {self.delivered_for} is there yet",
                where=self.outbox.where,
                remedy="pull again later; if the source will send none, waive it for the day",
            )
        there = {item.name for item in landed(self.workspace, self.contract.source)}
        there |= self.seen | {entry.name for entry in self.pending}
        skipped = missing_in_sequence(self.contract, filter(self._is_of_day, there))
        if skipped:
            self.say(
                f"{self.contract.source}: the numbering of {self.delivered_for} skips {', '.join(map(str, skipped))}"
            )
        names = [entry.name for entry in self.pending]
        return report_of(self.contract.source, self.new, self.known, self.refused, names)

    def _take(self, entry: Entry, marker_entry: Entry | None) -> None:
        if self.has_markers and (marker_entry is None or marker_entry.size == 0):
            self.pending.append(entry)
            return
        file, origin = self.bench / "received", _origin(entry, marker_entry)
        # Known by what is listed of it, until its bytes are here: two that never come are two.
        listed = hashlib.sha256(f"{entry.name}\n{entry.size}\n{entry.changed}".encode("utf-8", "replace"))
        item = Original(entry.name, file, listed.hexdigest())
        try:
            refuse_large(self.contract.source, entry.name, entry.size)
            self.outbox.fetch(entry, file)
            after = self.outbox.entry(entry)
            if after != entry or file.stat().st_size != entry.size:
                self.pending.append(entry)
                return
            item = original(file, self.contract.source, entry.name)
            marker = self._marker(marker_entry)
            if marker is not None:
                check_marker(self.contract.source, marker, item, rows=None)
            if marker is None and self._is_of_day(entry.name) and _ends_in_half(file):
                self.pending.append(entry)
                return
            self._land(item, marker, origin)
        except WorkbookUnreadable as error:
            if self._is_of_day(entry.name) and not self.has_markers:
                # Half a workbook looks the same as a broken one: for the day itself it may yet be finished.
                self.pending.append(entry)
            else:
                self._refuse(item, error, entry, origin)
        except DeliveryRefused as error:
            self._refuse(item, error, entry, origin)
        except SourceError as error:
            # One file that cannot be had stops no other; a server that is gone is not asked for each of a hundred.
            self._raise_later(error, entry)
        finally:
            file.unlink(missing_ok=True)

    def _land(self, item: Original, marker: Marker | None, origin: dict[str, Any]) -> None:
        contract = self.contract
        arrival = Arrival(
            contract=contract,
            kind="file",
            name=item.name,
            order_key=item.name,
            originals=[item],
            identity=item.sha256,
            delivered_for=self.delivered_for,
            is_handed_over=False,
            origin=origin,
        )
        known = find_delivery(self.workspace, contract.source, arrival.delivery_id)
        if known is not None and self._is_of_another_day(known, item.name):
            # Two days' empty files are the same bytes, and yet each says that its own day had nothing.
            arrival = replace(arrival, identity=f"{item.sha256}\n{item.name}")
            known = find_delivery(self.workspace, contract.source, arrival.delivery_id)
        if known is not None:
            self._add(item.name, known, is_new=False)
            return
        form = form_of(contract.source, item.file, item.name)
        with (
            workbench(self.workspace) as bench,
            reading_connection(self.workspace) as scratch,
            reading_time_is_limited(scratch, contract.source, item.name),
        ):
            if form == "json_page":
                reading = page_reading(scratch, contract, item, bench)
            else:
                reading = read_file(scratch, contract, item.file, item.name, form, bench)
            if marker is not None:
                check_marker(contract.source, marker, item, rows=reading.rows)
                reading = marker.stated_in(reading)
            failure = incomplete(item.name, contract, reading)
            if failure is not None:
                raise failure
            delivery, is_new = land(self.workspace, scratch, arrival, reading, bench)
        self._add(item.name, delivery, is_new=is_new)

    def _is_replaced(self, entry: Entry, marker_entry: Entry | None, held: Sequence[Delivery]) -> bool:
        """Whether a recent file's marker states another hash than the bytes we hold under the same name, size and time."""
        day = date_in_name(entry.name)
        if marker_entry is None or day is None or (self.delivered_for - day).days > MARKER_DAYS:
            return False
        try:
            marker = self._marker(marker_entry)
        except DeliveryRefused:
            return True
        return marker is not None and all(marker.sha256 != item.sha256 for item in held)

    def _is_of_another_day(self, known: Delivery, name: str) -> bool:
        """Whether the same bytes came for a day that the file of this name is not for."""
        own = date_in_name(name)
        if own is not None and known.rows == 0:
            return known.covers != own
        if own is None or known.name == name:
            return False
        return known.delivered_for < own or (not known.is_handed_over and date_in_name(known.name) != own)

    def _marker(self, entry: Entry | None) -> Marker | None:
        if not self.has_markers or entry is None:
            return None
        refuse_long_marker(self.contract.source, entry.name, entry.size)
        file = self.bench / "marker"
        self.outbox.fetch(entry, file)
        return read_marker(self.contract.source, start_of(file), entry.name)

    def _marker_entry(self, listed: dict[str, Entry], entry: Entry) -> Entry | None:
        return marker_of(listed, entry) if self.has_markers else None

    def _refuse(self, item: Original, error: DeliveryRefused, entry: Entry, origin: dict[str, Any]) -> None:
        self.refused.append(
            keep_refused(self.workspace, self.contract, [item], error, self.bench, origin=origin)
        )
        self._raise_later(error, entry)

    def _raise_later(self, error: SourceError, entry: Entry) -> None:
        """Go on with the other files. What is raised is noted and logged: it names the file as others may see it."""
        shown = self._shown(entry.name)
        stem, shown_stem = (name.rpartition(".")[0] or name for name in (entry.name, shown))
        error.what = error.what.replace(entry.name, shown).replace(stem, shown_stem)
        error.where = error.where.replace(entry.name, shown).replace(stem, shown_stem)
        self.errors.append(error)
        self.say(f"{error}")

    def _shown(self, name: str) -> str:
        return shown_name(self.contract, name)

    def _is_of_day(self, name: str) -> bool:
        return date_in_name(name) == self.delivered_for

    def _add(self, name: str, delivery: Delivery, *, is_new: bool) -> None:
        self.seen.add(name)
        if delivery in self.new or delivery in self.known:
            return
        (self.new if is_new else self.known).append(delivery)
        say_landed(self.say, delivery, is_new=is_new, name=self._shown(delivery.name))


def marker_of(listed: Mapping[str, Entry], entry: Entry) -> Entry | None:
    """The marker beside a file, among all that is listed."""
    stem = entry.name.rpartition(".")[0]
    names = (f"{stem}.ok", f"{stem}.OK", f"{entry.name}.ok")
    return next((listed[name] for name in names if name in listed), None)


def _is_wanted(pattern: re.Pattern[str], name: str, delivered_for: date) -> bool:
    if name.lower().endswith((".ok", *UNFINISHED)) or pattern.fullmatch(name) is None:
        return False
    day = date_in_name(name)
    return day is not None and day <= delivered_for


def _ends_in_half(file: Path) -> bool:
    """Whether a JSON file stops inside an object, without a line break: then it may still be being written."""
    with file.open("rb") as handle:
        if not handle.read(64).removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"[")):
            return False
        handle.seek(-min(file.stat().st_size, 64), os.SEEK_END)
        end = handle.read()
    return not end.endswith(b"\n") and not end.rstrip().endswith((b"}", b"]"))


def _origin(entry: Entry, marker: Entry | None) -> dict[str, Any]:
    origin: dict[str, Any] = {"name": entry.name, "size": entry.size, "changed": entry.changed}
    if marker is not None:
        origin["marker_changed"] = marker.changed
        origin["marker_size"] = marker.size
    return origin


def _origin_key(origin: Any) -> tuple[object, ...]:
    names: Sequence[str] = ("name", "size", "changed", "marker_changed", "marker_size")
    return tuple(origin.get(name) for name in names)
