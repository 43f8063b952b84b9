"""Saved pages of an API, and several arrays, as one stream of rows: what is around the rows is read by itself.

A page is cut into its frame (everything but the rows: code, total, page number) and the bytes of its rows. A wrong
cut leaves a frame or a row that is not whole JSON; then the pages are read the careful way (`handover`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb

from pipelines.contracts import Envelope, SourceContract
from pipelines.errors import DeliveryRefused
from pipelines.ingest.archives import FileUnreadable, HandedOver
from pipelines.ingest.json_depth import refuse_deep_json
from pipelines.ingest.json_plain import NotPlain, PlainText, rows_as_lines
from pipelines.ingest.json_reader import Page, read_page, streamed_lines
from pipelines.ingest.json_stream import stream_rows
from pipelines.ingest.landing import Original, original, reading_errors_are_named
from pipelines.ingest.limits import MAX_JSON_DOCUMENT_BYTES
from pipelines.ingest.rows import Reading, empty_reading, refuse_too_many_rows
from pipelines.store import Workspace, quote_identifier

LARGEST_HEAD = 64 * 1024
LOOKING_AT_ONCE = 2


@dataclass(frozen=True)
class FramedPage:
    """A page without its rows, and where in its file they stand: bytes [start, end), none where start equals end."""

    page: Page
    item: Original
    start: int
    end: int


def framed(contract: SourceContract, item: Original) -> FramedPage | None:
    """The frame of a page; None where the rows are not plainly set apart, or the page is not one that holds rows."""
    if item.file.stat().st_size > MAX_JSON_DOCUMENT_BYTES:
        return None
    content = item.file.read_bytes()
    start = _start_of_rows(contract, content)
    end = content.rfind(b"]")
    if start is None or end < start:
        return None
    try:
        page = read_page(contract, content[:start] + content[end:], item.name)
    except DeliveryRefused:
        return None
    body = content[start:end].strip()
    if page.rows or (body and not (body.startswith(b"{") and body.endswith(b"}"))) or b"\n" in body:
        return None
    start = start + (end - start - len(content[start:end].lstrip())) if body else end
    return FramedPage(page, item, start, start + len(body))


def framed_pages(contract: SourceContract, files: Sequence[HandedOver]) -> list[FramedPage] | None:
    """The frames of all files, in their order; None where one cannot be read or its rows are not plainly set apart."""

    def look(handed: HandedOver) -> FramedPage | None:
        try:
            return framed(contract, original(handed.file, contract.source, handed.name))
        except (DeliveryRefused, FileUnreadable, OSError):
            return None

    pages = []
    with ThreadPoolExecutor(LOOKING_AT_ONCE) as looking:
        for page in looking.map(look, files):
            if page is None:
                looking.shutdown(wait=False, cancel_futures=True)
                return None
            pages.append(page)
    return pages


def pages_reading(
    connection: duckdb.DuckDBPyConnection, contract: SourceContract, pages: Sequence[FramedPage], bench: Path
) -> Reading | None:
    """All rows of the pages as one reading, in the order of the pages; None where a row is no plain object."""
    source, name = contract.source, pages[0].item.name
    if all(page.start == page.end for page in pages):
        return empty_reading(contract)
    with reading_errors_are_named(source, name):
        reading = stream_rows(connection, contract, name, _rows_of(pages), bench / "rows.parquet")
    if reading is not None:
        return reading
    try:
        with PlainText(None, bench / "pages.jsonl") as plain:
            if not plain.take_all(_rows_of(pages)):
                return None
    except NotPlain:
        return None
    if plain.may_be_deep:
        for page in pages:
            refuse_deep_json(contract.source, page.item.file, page.item.name, is_by_line=False)
    with reading_errors_are_named(contract.source, name):
        reading = streamed_lines(connection, contract.source, name, plain)
    if reading is not None:
        refuse_too_many_rows(contract.source, reading.rows, name)
    return reading


def _rows_of(pages: Sequence[FramedPage]) -> Iterator[bytes]:
    return chain.from_iterable(
        rows_as_lines(page.item.file, page.start, page.end) for page in pages if page.start < page.end
    )


def distinct_read(
    connection: duckdb.DuckDBPyConnection, contract: SourceContract, reading: Reading, name: str
) -> int:
    """Distinct numbers plus rows without a number: what a page's `total` counts. `name` is the delivery's."""
    key = contract.columns_of("ticket_no")[0]
    if key not in reading.headers:
        return reading.rows
    column, rows = f"c{reading.headers.index(key)}", f"({reading.query})"
    if reading.written is not None:
        column, rows = quote_identifier(key), Workspace.scan([reading.written])
    with reading_errors_are_named(contract.source, name):
        found = connection.execute(
            f"select count(distinct nullif({column}, '')) + count(*) filter (where coalesce({column}, '') = '') "
            f"from {rows}"
        ).fetchall()
    return int(found[0][0])


def _start_of_rows(contract: SourceContract, content: bytes) -> int | None:
    """Where the rows begin: behind the bracket of an array, or of the page's key for its rows."""
    head = content[:LARGEST_HEAD]
    if head.lstrip().startswith(b"["):
        return head.index(b"[") + 1
    envelope = contract.delivery.get("envelope", Envelope())
    key = re.escape(str(envelope.rows).rpartition(".")[2].encode())
    found = re.search(rb'"' + key + rb'"\s*:\s*\[', head)
    return None if found is None else found.end()
