"""Chooses the reader by what the bytes are, not by what the file is called."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.contracts import SourceContract
from pipelines.errors import DeliveryRefused
from pipelines.ingest.archives import opened
from pipelines.ingest.csv_reader import read_csv
from pipelines.ingest.days import date_in_name
from pipelines.ingest.excel_reader import read_excel
from pipelines.ingest.json_reader import read_json_array, read_json_lines
from pipelines.ingest.limits import MAX_JSON_DEPTH, MAX_RECORD_BYTES
from pipelines.ingest.reading_time import reading_time_is_limited, refuse_too_slow
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
BLOCK_BYTES = 4 * 1024**2
_DEEP = re.compile(rb"[\[{]{%d}" % (MAX_JSON_DEPTH + 1))
Form = Literal["csv", "excel", "json_lines", "json_array", "json_page"]


def form_of(source: str, file: Path, name: str) -> Form:
    """What a file is, by its first bytes. Raises DeliveryRefused for an empty file and a saved web page."""
    with opened(source, file, name) as handle:
        start = handle.read(64 * 1024)
        if start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{") and b"\n" not in start:
            start += handle.readline(MAX_RECORD_BYTES)
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
) -> Reading:
    """Read one file of rows (a JSON page goes through `handover`, which counts pages together)."""
    with reading_time_is_limited(connection, contract.source, name):
        return _read(connection, contract, file, name, form, folder)


def _read(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    file: Path,
    name: str,
    form: Form,
    folder: Path,
) -> Reading:
    if form in ("json_lines", "json_array", "json_page"):
        refuse_deep_json(contract.source, file, name, is_by_line=form == "json_lines")
    if form == "excel":
        reading = read_excel(connection, contract, file, name)
    elif form == "json_lines":
        reading = read_json_lines(connection, contract, file, name, folder)
    elif form == "json_array":
        reading = read_json_array(connection, contract, file, name, folder)
    else:
        unmarked = str(contract.delivery.get("unmarked_encoding", "gb18030"))
        reading = read_csv(connection, contract.source, file, name, folder, unmarked=unmarked)
    if contract.delivery.get("is_snapshot") and reading.changed_at is None:
        return _with_time(reading, time_in_name(name))
    return reading


def refuse_deep_json(source: str, file: Path, name: str, *, is_by_line: bool) -> None:
    """Raise DeliveryRefused where values are nested deeper than MAX_JSON_DEPTH (lines, where each is a document)."""
    kept = b'"[]{}\n' if is_by_line else b'"[]{}'
    others = bytes(sorted(set(range(256)) - set(kept)))
    strings = re.compile(rb'"[^"\n]*(?:"|(?=\n))')
    rest, tail = b"", b""
    with opened(source, file, name) as handle:
        while block := handle.read(BLOCK_BYTES):
            refuse_too_slow(source, name)
            block = tail + block
            end = len(block) - (len(block) - len(block.rstrip(b"\\"))) % 2  # an escape is not torn apart
            block, tail = block[:end], block[end:]
            if is_by_line and _few_openers(block) and len(rest) < MAX_JSON_DEPTH // 2:
                rest, block = b"", block[block.rfind(b"\n") + 1 :]
            signs = rest + block.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, others)
            signs = strings.sub(b"", signs)
            # Each round takes the innermost brackets away: as many rounds as there are levels.
            for _ in range(MAX_JSON_DEPTH):
                shorter = signs.replace(b"[]", b"").replace(b"{}", b"")
                if len(shorter) == len(signs):
                    break
                signs = shorter
            rest = signs.rpartition(b"\n")[2] if is_by_line else signs
            if b"[]" in signs or b"{}" in signs or _DEEP.search(signs.partition(b'"')[0]):
                raise DeliveryRefused(
                    source,
                    f"its values are nested deeper than MAX_JSON_DEPTH = {MAX_JSON_DEPTH}",
                    where=name,
                    remedy="a row of a table has no such values: look at the file",
                )


def _few_openers(block: bytes) -> bool:
    """Whether whole lines have so few brackets, beside the first of each line, that none of them can be deep."""
    openers = block.count(b"[") + block.count(b"{") - block.count(b"\n{")
    return b"\n" in block and openers < MAX_JSON_DEPTH // 2


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


def _is_json_lines(text: bytes) -> bool:
    """A page object says `rows`, `data` or `code` in front, or holds objects in a list, as no row does; else the first
    line is one whole object, or none is.
    """
    first, _, rest = text.partition(b"\n")
    try:
        whole = json.loads(first)
    except RecursionError:
        return False
    except ValueError:
        # One pretty-printed document starts with a line that holds little; a cut JSON line is followed by objects.
        return rest.lstrip().startswith(b"{")
    return not (
        isinstance(whole, dict)
        and ({"data", "rows"} & set(whole) or set(whole) == {"code", "message"} or _holds_rows(whole))
    )


def _holds_rows(value: object, depth: int = 3) -> bool:
    """Whether a list of objects stands in an object, or in an object within it."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, dict) for item in value)
    return (
        isinstance(value, dict) and depth > 0 and any(_holds_rows(part, depth - 1) for part in value.values())
    )
