"""Chooses the reader by what the bytes are, not by what the file is called."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Any, BinaryIO, Literal

import duckdb

from pipelines.contracts import SourceContract
from pipelines.errors import DeliveryRefused
from pipelines.ingest.archives import opened
from pipelines.ingest.csv_reader import read_csv
from pipelines.ingest.days import date_in_name
from pipelines.ingest.encodings import refuse_other_encoding
from pipelines.ingest.excel_reader import read_excel
from pipelines.ingest.json_reader import read_json_array, read_json_lines
from pipelines.ingest.limits import MAX_RECORD_BYTES
from pipelines.ingest.reading_time import reading_time_is_limited
from pipelines.ingest.rows import Reading

NO_TABLES = {
    b"Rar!\x1a\x07": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF-": "a PDF document",
    b"{\\rtf": "a text document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
BLANK = b" \t\r\n" + codecs.BOM_UTF8  # a mark stands before a line where files were put together
# A key of the document itself, before anything is nested in it.
_PAGE = re.compile(rb'\{[^{}\[\]]{0,2000}"(?:data|rows)"\s*:\s*[\[{]')
# What an answer says about itself, beside its rows.
ENVELOPE_KEY = re.compile(
    r"(?:err(?:or)?_?)?(?:code|no|msg|message)|error|status|state|success|total|count|pages?|page_?(?:no|num|index|size)|"
    r"size|next|cursor|has_?more|offset|limit|time|timestamp|(?:request|trace|log)_?id|sign|version",
    re.IGNORECASE,
)
MOST_BLANK_LINES = 10_000
OWN_VALUES_OF_A_ROW = 3  # a number, a time, a place: no ticket has fewer
Form = Literal["csv", "excel", "json_lines", "json_array", "json_page"]


def form_of(source: str, file: Path, name: str) -> Form:
    """What a file is, by its first bytes. Raises DeliveryRefused for an empty file and a saved web page."""
    with opened(source, file, name) as handle:
        start = handle.read(64 * 1024)
        text = start.removeprefix(codecs.BOM_UTF8).lstrip()
        if text.startswith(b"{") and (b"\n" in text or not _PAGE.match(text)):
            start = _with_two_lines(text, handle)
    if not start.removeprefix(codecs.BOM_UTF8).strip():
        if _suffix(name) in (".jsonl", ".ndjson"):
            return "json_lines"  # no line, no row: a day on which nothing happened
        raise DeliveryRefused(
            source, "the file is empty", where=name, remedy="ask the source to send it again"
        )
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) or _suffix(name) in (".xlsx", ".xls"):
        if re.match(
            rb"\s*<(?:!doctype|html|table|\?xml)", start.removeprefix(codecs.BOM_UTF8), re.IGNORECASE
        ):
            raise DeliveryRefused(
                source,
                "the file is a web page or XML under the name of a workbook",
                where=name,
                remedy="open it in a spreadsheet program and save it as .xlsx",
            )
        return "excel"
    for signature, kind in NO_TABLES.items():
        if start.startswith(signature):
            raise DeliveryRefused(
                source, f"the file is {kind}, no table", where=name, remedy="hand over the table's own file"
            )
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"["):
        return "json_array"
    if text.startswith(b"{"):
        return "json_lines" if _is_json_lines(text) else "json_page"
    return "csv"


def read_file(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    file: Path,
    name: str,
    form: Form,
    folder: Path,
    rows_file: Path | None = None,
) -> Reading:
    """Read one file of rows (a JSON page goes through `handover`, which counts pages together).

    With a `rows_file` the rows may be written to it at once, as they are to be landed (`Reading.written`).
    """
    with reading_time_is_limited(connection, contract.source, name):
        return _read(connection, contract, file, name, form, folder, rows_file)


def _read(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    file: Path,
    name: str,
    form: Form,
    folder: Path,
    rows_file: Path | None,
) -> Reading:
    if form == "excel":
        reading = read_excel(connection, contract, file, name)
    elif form == "json_lines":
        reading = read_json_lines(connection, contract, file, name, folder, rows_file)
    elif form == "json_array":
        reading = read_json_array(connection, contract, file, name, folder, rows_file)
    else:
        unmarked = str(contract.delivery.get("unmarked_encoding", "gb18030"))
        reading = read_csv(connection, contract.source, file, name, folder, unmarked=unmarked)
        refuse_other_encoding(contract, file, name, reading.headers, unmarked)
    if contract.delivery.get("is_snapshot") and reading.changed_at is None:
        return _with_time(reading, time_in_name(name))
    return reading


def time_in_name(name: str) -> datetime | None:
    """The date and, where it has one, the time in a file's name (XFJ_20230831_1830.xlsx)."""
    day = date_in_name(name)
    if day is None:
        return None
    found = re.search(
        day.strftime("%Y[-_.年]?%m[-_.月]?%d") + r"日?[-_ T]?([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(?!\d)", name
    )
    if found is None:
        return datetime.combine(day, time())
    return datetime.combine(day, time(int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)))


def _with_time(reading: Reading, moment: datetime | None) -> Reading:
    return replace(reading, changed_at=moment)


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _with_two_lines(text: bytes, handle: BinaryIO) -> bytes:
    """The start of a file, read on to the end of its second line that is not blank."""
    if b"\n" not in text:
        text += handle.readline(MAX_RECORD_BYTES)
    second = text.partition(b"\n")[2].lstrip(BLANK)
    if b"\n" in second:
        return text
    text += handle.readline(MAX_RECORD_BYTES)
    for _ in range(0 if second else MOST_BLANK_LINES):
        line = handle.readline(MAX_RECORD_BYTES)
        if not line or line.strip(BLANK):
            return text + line
    return text


def _is_json_lines(text: bytes) -> bool:
    """Two whole objects on two lines are rows. Of a first line alone: a page object says `rows`, `data` or `code` in
    front, or holds objects in a list and hardly a value of its own; else the line is one whole object, or none is.
    """
    first, _, rest = text.partition(b"\n")
    whole, second = _object(first), _object(rest.lstrip(BLANK).partition(b"\n")[0])
    if whole is not None and second is not None:
        return True
    if _PAGE.match(text):
        return False
    if whole is None:
        # One pretty-printed document starts with a line that holds little; a cut JSON line is followed by objects.
        return rest.lstrip(BLANK).startswith(b"{")
    return not (
        {"data", "rows"} & set(whole)
        or set(whole) == {"code", "message"}
        or (_holds_rows(whole) and _own_values(whole) < OWN_VALUES_OF_A_ROW)
    )


def _object(line: bytes) -> dict[str, Any] | None:
    """The object that a line is, or None."""
    try:
        value = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _own_values(whole: dict[str, Any]) -> int:
    """How many values an object has that an answer would not say about itself."""
    return sum(
        not isinstance(value, list | dict) and ENVELOPE_KEY.fullmatch(key) is None
        for key, value in whole.items()
    )


def _holds_rows(value: object, depth: int = 3) -> bool:
    """Whether a list of objects stands in an object, or in an object within it."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, dict) for item in value)
    return (
        isinstance(value, dict) and depth > 0 and any(_holds_rows(part, depth - 1) for part in value.values())
    )
