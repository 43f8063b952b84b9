"""Files handed over by a person: `clearance import SOURCE FILE…`, as an office does when an interface is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts import SourceContract
from pipelines.errors import DeliveryRefused, SourceIncomplete
from pipelines.ingest.archives import FileUnreadable, HandedOver, gather
from pipelines.ingest.days import date_in_name
from pipelines.ingest.deliveries import Delivery, PullReport, Refusal, find_delivery, landed
from pipelines.ingest.json_depth import refuse_deep_json
from pipelines.ingest.json_pages import FramedPage, distinct_read, framed_pages, pages_reading
from pipelines.ingest.json_reader import Page, has_replacement, read_json_lines, read_page, write_rows
from pipelines.ingest.landing import (
    Arrival,
    Original,
    Say,
    keep_refused,
    land,
    original,
    print_nothing,
    reading_connection,
    sealed_beside,
    workbench,
)
from pipelines.ingest.limits import MAX_ANSWERED_ROWS, MAX_FILE_BYTES, MAX_JSON_DOCUMENT_BYTES
from pipelines.ingest.markers import Marker, check_marker, read_marker, start_of
from pipelines.ingest.readers import form_of, read_file
from pipelines.ingest.reading_time import reading_time_is_limited
from pipelines.ingest.rows import Reading, empty_reading
from pipelines.store import Workspace, sha256_of


def import_files(
    workspace: Workspace,
    contract: SourceContract,
    files: Sequence[Path],
    as_of: date | None,
    *,
    say: Say = print_nothing,
    today: date | None = None,
) -> PullReport:
    """Land files handed over by a person: files, folders, patterns and zip archives of them (see `archives`).

    `.ok` files are the markers of the CSV beside them. JSON pages and bare arrays of one command are one delivery,
    counted together against the pages' `total`; every other file, in an archive too, is a delivery of its own. A
    control total that does not add up is said and kept in the manifest. All files are tried; then DeliveryRefused is
    raised if any was refused (its bytes and the reason are kept); so is a file for a day later than `today`.
    """
    outcome = _Outcome(workspace, contract, as_of, say, today)
    with workbench(workspace) as bench:
        outcome.take(gather(contract.source, files, bench, say))
    return outcome.report()


def _is_marker(item: HandedOver) -> bool:
    return item.name.lower().endswith(".ok")


def _unread(item: HandedOver) -> Original:
    return Original(item.name, item.file, "")


class _Outcome:
    """Collects what one command lands and refuses."""

    def __init__(
        self,
        workspace: Workspace,
        contract: SourceContract,
        as_of: date | None,
        say: Say,
        today: date | None,
    ) -> None:
        self.workspace, self.contract, self.as_of, self.say = workspace, contract, as_of, say
        self.today = today
        self.new: list[Delivery] = []
        self.known: list[Delivery] = []
        self.refused: list[Refusal] = []
        self.errors: list[DeliveryRefused] = []

    def take(self, handed: Sequence[HandedOver]) -> None:
        """Land every file that was handed over, the JSON pages and arrays among them together."""
        markers = {(item.place, item.name[:-3]): item for item in handed if _is_marker(item)}
        tables = [item for item in dict.fromkeys(handed) if not _is_marker(item)]
        self._check_markers(markers, tables)
        pages: list[HandedOver] = []
        for item in tables:
            try:
                if item.refusal is not None:
                    raise item.refusal
                form = form_of(self.contract.source, item.file, item.name)
            except DeliveryRefused as error:
                self.refuse([_unread(item)], error, item.place)
                continue
            if form in ("json_page", "json_array"):
                pages.append(item)
            else:
                self.single(
                    item,
                    markers.get((item.place, Path(item.name).stem)) or markers.get((item.place, item.name)),
                )
        if len(pages) == 1 and form_of(self.contract.source, pages[0].file, pages[0].name) == "json_array":
            self.single(pages[0], None)
        elif pages:
            self.pages(pages)

    def single(self, handed: HandedOver, marker_file: HandedOver | None) -> None:
        """Land one file as one delivery."""
        contract = self.contract
        with workbench(self.workspace) as bench:
            item = _unread(handed)
            try:
                item = original(handed.file, contract.source, handed.name)
                marker: Marker | None = None
                if marker_file is not None:
                    marker = read_marker(contract.source, start_of(marker_file.file), marker_file.name)
                    check_marker(contract.source, marker, item, rows=None)
                arrival = self._unknown(self._arrival(item.name, [item], item.sha256))
                if arrival is None:
                    return
                with (
                    reading_connection(self.workspace) as connection,
                    reading_time_is_limited(connection, contract.source, item.name),
                    sealed_beside(self.workspace, [item], bench) as sealing,
                ):
                    form = form_of(contract.source, item.file, item.name)
                    rows_file = bench / "rows.parquet"
                    reading = read_file(connection, contract, item.file, item.name, form, bench, rows_file)
                    if marker is not None:
                        check_marker(contract.source, marker, item, rows=reading.rows)
                        reading = marker.stated_in(reading)
                    self._add(*land(self.workspace, connection, arrival, reading, bench, sealing=sealing))
            except DeliveryRefused as error:
                self.refuse([item], error, handed.place)

    def pages(self, files: Sequence[HandedOver]) -> None:
        """Land the JSON pages and arrays of the command as one delivery; the same page twice counts once."""
        contract = self.contract
        if self._plain_pages(files):
            return
        pages: list[tuple[Page, Original]] = []
        seen: set[str] = set()
        for handed in files:
            item = _unread(handed)
            try:
                item = original(handed.file, contract.source, handed.name)
                if item.sha256 in seen:
                    self.say(f"{contract.source}: {item.name} is the same page again and counts once")
                    continue
                seen.add(item.sha256)
                pages.append((_page(contract, item), item))
            except DeliveryRefused as error:
                self.refuse([item], error, handed.place)
        if not pages:
            return
        pages.sort(key=lambda entry: _place_of_page(*entry))
        items = [item for _, item in pages]
        arrival = self._unknown(self._arrival_of_pages(items))
        if arrival is None:
            return
        name = arrival.name
        rows = [row for page, _ in pages for row in page.rows]
        if len(rows) > MAX_ANSWERED_ROWS:
            too_many = DeliveryRefused(
                contract.source,
                f"the pages hold {len(rows)} rows, more than MAX_ANSWERED_ROWS = {MAX_ANSWERED_ROWS}",
                where=name,
                remedy="hand over the pages of one period after another",
            )
            self.refuse(items, too_many)
            return
        totals = [page.total for page, _ in pages if page.total is not None]
        try:
            with (
                workbench(self.workspace) as bench,
                reading_connection(self.workspace) as connection,
                reading_time_is_limited(connection, contract.source, name),
            ):
                reading = rows_reading(connection, contract, rows, name, bench)
                if totals:
                    reading = _stated(reading, max(totals), distinct_rows(contract, rows))
                self._add(*land(self.workspace, connection, arrival, reading, bench))
        except DeliveryRefused as error:
            self.refuse(items, error)

    def _plain_pages(self, files: Sequence[HandedOver]) -> bool:
        """Land pages whose rows can be read as one stream. False: nothing was done, read them the careful way."""
        contract, pages = self.contract, dict[str, FramedPage]()
        found = framed_pages(contract, files)
        if found is None:
            return False
        for handed, page in zip(files, found, strict=True):
            if page.item.sha256 in pages:
                self.say(f"{contract.source}: {handed.name} is the same page again and counts once")
            pages.setdefault(page.item.sha256, page)
        ordered = sorted(pages.values(), key=lambda page: _place_of_page(page.page, page.item))
        arrival = self._unknown(self._arrival_of_pages([page.item for page in ordered]))
        if arrival is None:
            return True
        totals = [page.page.total for page in ordered if page.page.total is not None]
        try:
            with (
                workbench(self.workspace) as bench,
                reading_connection(self.workspace) as connection,
                reading_time_is_limited(connection, contract.source, arrival.name),
                sealed_beside(self.workspace, arrival.originals, bench) as sealing,
            ):
                reading = pages_reading(connection, contract, ordered, bench)
                if reading is None:
                    return False
                if totals:
                    counted = distinct_read(connection, contract, reading, arrival.name)
                    reading = _stated(reading, max(totals), counted)
                self._add(*land(self.workspace, connection, arrival, reading, bench, sealing=sealing))
        except DeliveryRefused as error:
            self.refuse([page.item for page in ordered], error)
        return True

    def _arrival_of_pages(self, items: Sequence[Original]) -> Arrival:
        several = len(items) > 1
        name = f"{items[0].name} … {items[-1].name} ({len(items)} pages)" if several else items[0].name
        identity = "\n".join(sorted(item.sha256 for item in items)) if several else items[0].sha256
        return self._arrival(name, items, identity)

    def refuse(self, items: Sequence[Original], error: DeliveryRefused, place: str = "") -> None:
        """Keep the bytes and the reason, go on with the other files."""
        if place:
            error.where = f"{error.where} in {place}" if error.where else place
        self.errors.append(error)
        if isinstance(error, FileUnreadable):
            return
        hashed = [item if item.sha256 else replace(item, sha256=sha256_of(item.file)) for item in items]
        with workbench(self.workspace) as bench:
            self.refused.append(keep_refused(self.workspace, self.contract, hashed, error, bench))
        if any(item.file.stat().st_size > MAX_FILE_BYTES for item in items):
            self.say(
                f"{self.contract.source}: {items[0].name}: too large to be kept, the reason alone is kept"
            )

    def _check_markers(
        self, markers: Mapping[tuple[str, str], HandedOver], tables: Sequence[HandedOver]
    ) -> None:
        named = {(item.place, name) for item in tables for name in (Path(item.name).stem, item.name)}
        unused = [marker.name for key, marker in markers.items() if key not in named]
        if unused or not tables:
            error = DeliveryRefused(
                self.contract.source,
                "a marker without its file" if unused else "no file is there to be read",
                where=", ".join(sorted(unused)),
                remedy="hand over the CSV together with its .ok file"
                if unused
                else "look at the folder or pattern",
            )
            self.errors.append(error)

    def report(self) -> PullReport:
        """What was landed; raises the refusal if there was one."""
        if self.errors:
            raise combined(self.contract.source, self.errors)
        return report_of(self.contract.source, self.new, self.known, self.refused)

    def _arrival(self, name: str, items: Sequence[Original], identity: str) -> Arrival:
        dates = [day for item in items if (day := date_in_name(item.name)) is not None]
        return Arrival(
            contract=self.contract,
            kind="file",
            name=name,
            order_key=items[-1].name,
            originals=items,
            identity=identity,
            delivered_for=self.as_of or (max(dates) if dates else None),
            is_handed_over=True,
            not_after=self.today,
        )

    def _unknown(self, arrival: Arrival) -> Arrival | None:
        """The arrival where it is to be landed; None where it was landed before, which is then counted."""
        source, day = self.contract.source, arrival.delivered_for
        known = find_delivery(self.workspace, source, arrival.delivery_id)
        if known is not None and day is not None and known.rows == 0 and known.covers != day:
            # Two days' empty files are the same bytes, and yet each says that its own day had nothing.
            mark = arrival.name if date_in_name(arrival.name) == day else day.isoformat()
            arrival = replace(arrival, identity=f"{arrival.identity}\n{mark}")
            same = [item for item in landed(self.workspace, source) if item.sha256 == known.sha256]
            known = next((item for item in same if item.covers == day), None)
        if known is not None:
            self._add(known, False)
            return None
        return arrival

    def _add(self, delivery: Delivery, is_new: bool) -> None:
        (self.new if is_new else self.known).append(delivery)
        say_landed(self.say, delivery, is_new=is_new)


def _place_of_page(page: Page, item: Original) -> tuple[bool, int, str, str]:
    """Pages stand in the order of their numbers, arrays after them in the order of their names."""
    return (page.number is None, page.number or 0, item.name, item.sha256)


def rows_reading(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    rows: Sequence[dict[str, str | None]],
    name: str,
    bench: Path,
) -> Reading:
    """Read rows that are in memory; a delivery without any row keeps the contract's header."""
    if not rows:
        return empty_reading(contract)
    file = bench / "rows.jsonl"
    write_rows(rows, file)
    return replace(
        read_json_lines(connection, contract, file, name, bench), has_broken_text=has_replacement(rows)
    )


def page_reading(
    connection: duckdb.DuckDBPyConnection, contract: SourceContract, item: Original, bench: Path
) -> Reading:
    """Read one JSON page or bare array as a delivery of its own."""
    page = _page(contract, item)
    reading = rows_reading(connection, contract, page.rows, item.name, bench)
    return reading if page.total is None else _stated(reading, page.total, distinct_rows(contract, page.rows))


def _page(contract: SourceContract, item: Original) -> Page:
    """Read a page; its size and how deep it is nested are looked at before it is held in memory."""
    if item.file.stat().st_size <= MAX_JSON_DOCUMENT_BYTES:
        refuse_deep_json(contract.source, item.file, item.name, is_by_line=False)
    with item.file.open("rb") as handle:
        return read_page(contract, handle.read(MAX_JSON_DOCUMENT_BYTES + 1), item.name)


def distinct_rows(contract: SourceContract, rows: Sequence[Mapping[str, str | None]]) -> int:
    """Distinct numbers plus rows without a number: what a page's `total` counts."""
    key = contract.columns_of("ticket_no")[0]
    numbers = {row[key] for row in rows if row.get(key)}
    return len(numbers) + sum(1 for row in rows if not row.get(key))


def report_of(
    source: str,
    new: Sequence[Delivery],
    known: Sequence[Delivery],
    refused: Sequence[Refusal],
    pending: Sequence[str] = (),
) -> PullReport:
    """Sum up deliveries as a report."""
    stated = [item for item in (*new, *known) if item.control_total is not None]
    return PullReport(
        source=source,
        deliveries=tuple(new),
        already_landed=tuple(known),
        refused=tuple(refused),
        rows=sum(item.rows for item in new),
        control_total=sum(item.control_total or 0 for item in stated) if stated else None,
        control_rows=sum(item.control_rows or 0 for item in stated) if stated else None,
        pending=tuple(pending),
    )


def combined(source: str, errors: Sequence[DeliveryRefused]) -> DeliveryRefused:
    """One error for several refused deliveries."""
    if len(errors) == 1:
        return errors[0]
    lines = [f"{len(errors)} deliveries were refused"]
    lines += [f"  {error.what}" for error in errors]
    # Names of files stand in `where` alone: a person's own file may be named after a person.
    where = "\n         ".join(error.where or "?" for error in errors)
    remedies = dict.fromkeys(error.remedy for error in errors if error.remedy)
    return DeliveryRefused(source, "\n".join(lines), where=where, remedy="\n         ".join(remedies))


def incomplete(delivery: str, contract: SourceContract, reading: Reading) -> SourceIncomplete | None:
    """The error for a pulled delivery whose control total does not add up, or None."""
    counted = reading.rows if reading.control_rows is None else reading.control_rows
    if reading.control_total is None or reading.control_total == counted:
        return None
    return SourceIncomplete(
        contract.source,
        f"the source says {reading.control_total} rows, {counted} are there",
        where=delivery,
        remedy="wait for the whole delivery or ask for it again; if it is right as it is, hand it over with import",
    )


def say_landed(say: Say, delivery: Delivery, *, is_new: bool, name: str = "") -> None:
    """One line for a delivery, and one for each thing that a person should know; `name` stands for its name in logs."""
    name = name or delivery.name
    state = "landed" if is_new else "already landed"
    say(f"{delivery.source}: {state} {name}, {delivery.rows} rows, for {delivery.delivered_for}")
    if delivery.control_total_agrees is False:
        say(
            f"{delivery.source}: {name}: the source says {delivery.control_total} rows, "
            f"{delivery.control_rows} are there"
        )
    if is_new:
        for warning in delivery.warnings:
            say(f"{delivery.source}: {name}: {warning}")
        if delivery.extra_columns:
            say(
                f"{delivery.source}: {name}: {len(delivery.extra_columns)} columns the contract does not name, kept"
            )


def _stated(reading: Reading, total: int, counted: int) -> Reading:
    return replace(reading, control_total=total, control_rows=counted)
