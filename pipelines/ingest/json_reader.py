"""Reads JSON Lines, bare arrays of rows, and page objects of an API; every value stays the text that was sent.

Numbers keep their literal, true and false are 'true' and 'false', null is NULL, a nested value is its JSON.
A line that is not JSON is kept as a row marked `cut_record`, its text under `_extra`.

A file in which every row is a well-formed object is read as a stream by DuckDB, every value as text (decimal numbers
are put between quotes before). Whatever is doubtful (bytes that are not UTF-8, a row that is no object, a key twice)
goes the careful way, line by line.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from pipelines.contracts import Envelope, SourceContract
from pipelines.contracts.delivery import at_path
from pipelines.errors import DeliveryRefused, SourceAnswerBroken
from pipelines.ingest.json_depth import refuse_deep_json
from pipelines.ingest.json_plain import NotPlain, PlainText, rows_as_lines, without_broken_escapes
from pipelines.ingest.json_stream import OPTIONS, are_distinct, rows_scan, stream_rows
from pipelines.ingest.landing import reading_errors_are_named
from pipelines.ingest.limits import MAX_COLUMNS, MAX_JSON_DOCUMENT_BYTES, MAX_RECORD_BYTES
from pipelines.ingest.rows import CUT_RECORD, REPLACEMENT, Reading, empty_reading, refuse_too_many_rows
from pipelines.store import quote_literal

BLOCK_BYTES = 1024**2
AROUND_BYTES = 4096
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
NO_NULL = "\ue000null\ue000"
# A number with a fraction or an exponent, as a key's value: put in quotes, it keeps its literal. Inside a string every
# quote has a backslash before it, and a quote that opens one stands behind a sign of JSON: no text can look like this.
DECIMAL_VALUE = (
    r'([^\\:,\[{\s]\s*"\s*:\s*)(-?[0-9]+(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+))(\s*[,}])'
)


class _Literal(str):
    """A number as it was written."""


@dataclass(frozen=True)
class Page:
    """One JSON document of rows: a page object (with the query's total) or a bare array (without)."""

    rows: tuple[dict[str, str | None], ...]
    total: int | None
    number: int | None


def read_json_lines(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    file: Path,
    name: str,
    folder: Path,
    rows_file: Path | None = None,
) -> Reading:
    """Read JSON Lines; `folder` takes the copy the query reads. Blank lines are no rows.

    Where all rows have the same keys and a `rows_file` is given, they are written to it while they are read.
    """
    source = contract.source
    with reading_errors_are_named(source, name):
        if rows_file is not None:
            with file.open("rb") as handle:
                reading = stream_rows(
                    connection, contract, name, _line_blocks(source, handle, name), rows_file
                )
            if reading is not None:
                return reading
        counted, plain = _plain_lines(source, file, folder / "plain.jsonl", name)
        if plain is None or plain.may_be_deep:
            refuse_deep_json(source, file, name, is_by_line=True)
        if counted and plain is not None:
            reading = streamed_lines(connection, source, name, plain)
            if reading is not None and reading.rows == counted:
                return reading
        clean = folder / "lines.jsonl"
        counted = _copy_lines(source, file, clean, name)
        found = _load_lines(connection, clean)
        if found != counted:
            raise SourceAnswerBroken(
                source,
                f"{counted} lines are there and {found} were read",
                where=name,
                remedy="keep the file and report it: a row must never be lost",
            )
        if not counted:
            return empty_reading(contract)
        return _reading(connection, source, name, counted)


def streamed_lines(
    connection: duckdb.DuckDBPyConnection, source: str, name: str, plain: PlainText
) -> Reading | None:
    """The reading of lines that are all well-formed objects with distinct keys, or None."""
    file = quote_literal(plain.file)
    try:
        found = connection.execute(
            f"select json_keys(json) as keys, count(*) from read_json_objects('{file}', {OPTIONS}) group by 1"
        ).fetchall()
    except (duckdb.InvalidInputException, duckdb.ConversionException, UnicodeDecodeError):
        return None
    shapes = sorted((list(keys or ()) for keys, _ in found), key=lambda keys: (-len(keys), keys))
    headers = tuple(dict.fromkeys(key for keys in shapes for key in keys))
    is_doubtful = any(not keys or len(keys) != len(set(keys)) for keys in shapes)
    if is_doubtful or not are_distinct(headers):
        return None
    _refuse_too_many_keys(source, name, headers)
    return Reading(
        headers=headers,
        query=rows_scan(plain.file, headers),
        rows=sum(count for _, count in found),
        has_broken_text=plain.has_replacements,
    )


def _load_lines(connection: duckdb.DuckDBPyConnection, file: Path) -> int:
    """Load the lines that are not blank as json_lines; how many."""
    scan = (
        f"read_csv('{quote_literal(file)}', auto_detect = false, header = false, columns = {{'line': 'VARCHAR'}}, "
        f"delim = '\x01', quote = '', escape = '', strict_mode = false, nullstr = '{NO_NULL}', "
        f"max_line_size = {MAX_RECORD_BYTES + 1024})"
    )
    connection.execute(
        "create or replace temp table json_lines as select row_number() over () as row_no, line, "
        f"case when json_valid(line) then json_type(line) = 'OBJECT' else false end as is_row from {scan} "
        "where trim(line, ' \t') <> ''"
    )
    return int(connection.execute("select count(*) from json_lines").fetchall()[0][0])


def read_json_array(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    file: Path,
    name: str,
    folder: Path,
    rows_file: Path | None = None,
) -> Reading:
    """Read one bare array of rows as a stream; `folder` takes the copy the query reads.

    Where all rows have the same keys and a `rows_file` is given, they are written to it while they are read.
    Raises DeliveryRefused where the array is cut or not JSON.
    """
    source, clean = contract.source, folder / "array.json"
    inside = _inside_of_array(file)
    with reading_errors_are_named(source, name):
        if rows_file is not None and inside is not None:
            reading = stream_rows(connection, contract, name, rows_as_lines(file, *inside), rows_file)
            if reading is not None:
                return reading
        plain = None if inside is None else _plain_array(file, inside, folder / "plain.jsonl")
        if plain is None or plain.may_be_deep:
            refuse_deep_json(source, file, name, is_by_line=False)
        if plain is not None:
            reading = streamed_lines(connection, source, name, plain)
            if reading is not None and reading.rows:
                refuse_too_many_rows(source, reading.rows, name)
                return reading
    _copy_text(file, clean)
    try:
        connection.execute(
            "create or replace temp table json_lines as select row_number() over () as row_no, "
            "cast(json as varchar) as line, json_type(json) = 'OBJECT' as is_row "
            f"from read_json_objects('{quote_literal(clean)}', format = 'array', "
            f"maximum_object_size = {MAX_RECORD_BYTES})"
        )
    except (duckdb.Error, UnicodeDecodeError) as error:
        if isinstance(error, duckdb.OutOfMemoryException):
            raise
        raise not_whole(source, name) from None
    with reading_errors_are_named(source, name):
        counted = connection.execute("select count(*) from json_lines").fetchall()[0][0]
        refuse_too_many_rows(source, counted, name)
        if not counted:
            return empty_reading(contract)
        return _reading(connection, source, name, counted)


def _reading(connection: duckdb.DuckDBPyConnection, source: str, name: str, count: int) -> Reading:
    found = connection.execute(
        "select distinct json_keys(line) from json_lines where is_row order by 1"
    ).fetchall()
    headers = tuple(dict.fromkeys(key for row in found for key in row[0]))
    if not headers:
        raise DeliveryRefused(
            source, "no row of the file is a JSON object", where=name, remedy="send one JSON object a row"
        )
    _refuse_too_many_keys(source, name, headers)
    pointers = ", ".join(f"'{quote_literal(_pointer(key))}'" for key in headers)
    columns = ", ".join(f"v[{at}] as c{at - 1}" for at in range(1, len(headers) + 1))
    literal = f"regexp_replace(case when is_row then line end, '{quote_literal(DECIMAL_VALUE)}', '\\1\"\\2\"\\3', 'g')"
    query = (
        f"select row_no, {columns}, case when not is_row then '{CUT_RECORD}' end as _defect, "
        "case when not is_row then json_object('line', line) end as _surplus "
        f"from (select row_no, line, is_row, json_extract_string({literal}, [{pointers}]) as v from json_lines)"
    )
    return Reading(headers=headers, query=query, rows=count, has_broken_text=True)


def _refuse_too_many_keys(source: str, name: str, headers: Sequence[str]) -> None:
    if len(headers) > MAX_COLUMNS:
        raise DeliveryRefused(
            source,
            f"the rows have {len(headers)} keys, more than MAX_COLUMNS = {MAX_COLUMNS}",
            where=name,
            remedy="look at the keys; a table of tickets has a few dozen columns",
        )


def not_whole(source: str, name: str, place: str = "") -> DeliveryRefused:
    """The refusal of a document that is cut or not JSON."""
    return DeliveryRefused(
        source,
        f"the document is not whole JSON{place}: it may have been cut",
        where=name,
        remedy="save it again and hand it over again",
    )


def write_rows(rows: Sequence[Mapping[str, str | None]], file: Path) -> None:
    """Write rows of text values as JSON Lines, to be read like any other."""
    with file.open("w", encoding="utf-8", errors="replace") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_page(contract: SourceContract, content: bytes, name: str) -> Page:
    """Read one page object or bare array. Raises DeliveryRefused for an error page, half a page, or another shape."""
    source = contract.source
    if len(content) > MAX_JSON_DOCUMENT_BYTES:
        raise DeliveryRefused(
            source,
            f"the document has more than MAX_JSON_DOCUMENT_BYTES = {MAX_JSON_DOCUMENT_BYTES}",
            where=name,
            remedy="send JSON Lines, or pages",
        )
    document = parse_document(source, content, name)
    total = number = None
    rows: Any = document
    if isinstance(document, dict):
        envelope = contract.delivery.get("envelope", Envelope())
        code = None if envelope.code is None else at_path(document, envelope.code, None)
        if code is not None and str(code) not in envelope.success:
            raise DeliveryRefused(
                source,
                f"the page is an error answer of the source (code {_short(code)}), it holds no rows",
                where=name,
                remedy="fetch the page again",
            )
        inner = document.get("data")
        body = inner if isinstance(inner, dict) else document
        rows = at_path(document, envelope.rows, inner if isinstance(inner, list) else body.get("rows"))
        stated = body.get("total")
        total = _number(at_path(document, envelope.total, stated) if envelope.total else stated)
        number = _number(body.get("pageNo"))
    if not isinstance(rows, list):
        raise DeliveryRefused(
            source,
            "the document is neither a page object nor an array of rows",
            where=name,
            remedy="see docs/sources.md",
        )
    return Page(tuple(texts_of(row) for row in rows), total, number)


def parse_document(source: str, content: bytes, name: str) -> Any:
    """Parse JSON; numbers keep their literal. Raises DeliveryRefused where it is cut or not JSON."""
    text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    try:
        return json.loads(text, parse_int=_Literal, parse_float=_Literal, parse_constant=_Literal)
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise not_whole(source, name, place) from None


def texts_of(row: Any) -> dict[str, str | None]:
    """A row's values as text; a row that is no object becomes one whose text stands under `row`."""
    if not isinstance(row, dict):
        return {"row": _text(row)}
    return {str(key): _text(value) for key, value in row.items()}


def has_replacement(rows: Sequence[Mapping[str, str | None]]) -> bool:
    """Whether any value holds U+FFFD."""
    return any(value is not None and REPLACEMENT in value for row in rows for value in row.values())


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return UNWRITABLE.sub(REPLACEMENT, str(value))
    return _nested(value)


def _nested(value: Any) -> str:
    """A nested value as JSON without blanks, its numbers as they were written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_nested(str(key))}:{_nested(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_nested, value)) + "]"
    if isinstance(value, _Literal):
        return str(value)
    return json.dumps(
        UNWRITABLE.sub(REPLACEMENT, value) if isinstance(value, str) else value, ensure_ascii=False
    )


def _number(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _short(code: Any) -> str:
    text = str(code)
    return text if text.lstrip("-").isdigit() and len(text) <= 12 else "not a number"


def _plain_lines(source: str, file: Path, copy: Path, name: str) -> tuple[int, PlainText | None]:
    """How many lines a file has, and the text to read them from; None where its bytes must be mended first."""
    last = b"\n"

    def blocks() -> Iterator[bytes]:
        nonlocal last
        for block in _line_blocks(source, handle, name):
            refuse_too_many_rows(source, plain.lines, name)
            last = block[-1:]
            yield block

    with PlainText(file, copy) as plain, file.open("rb") as handle:
        if not plain.take_all(blocks()):
            return 0, None
    refuse_too_many_rows(source, plain.lines, name)
    return plain.lines if last == b"\n" else plain.lines + 1, plain


def _inside_of_array(file: Path) -> tuple[int, int] | None:
    """Where the rows of an array stand: between its brackets; None where the file does not begin and end with them."""
    size = file.stat().st_size
    with file.open("rb") as handle:
        head = handle.read(AROUND_BYTES)
        handle.seek(max(0, size - AROUND_BYTES))
        tail = handle.read()
    start, end = len(head) - len(head.lstrip()), size - (len(tail) - len(tail.rstrip()))
    if not head.lstrip().startswith(b"[") or not tail.rstrip().endswith(b"]") or end - start < 2:
        return None
    return start + 1, end - 1


def _plain_array(file: Path, inside: tuple[int, int], copy: Path) -> PlainText | None:
    """The rows of an array as lines; None where they are not plainly separated, or their bytes must be mended first."""
    try:
        with PlainText(None, copy) as plain:
            return plain if plain.take_all(rows_as_lines(file, *inside)) else None
    except NotPlain:
        return None


def _copy_lines(source: str, file: Path, copy: Path, name: str) -> int:
    """Copy as clean UTF-8 without blank lines; how many lines."""
    count = 0
    with file.open("rb") as handle, copy.open("wb") as out:
        for block in _line_blocks(source, handle, name):
            text = without_broken_escapes(block).decode("utf-8", "replace")
            # A mark before a line comes from files put together; inside a text it is a character of the text.
            text = text.removeprefix("\ufeff").replace("\n\ufeff", "\n")
            text = text.replace("\0", REPLACEMENT).replace("\x01", REPLACEMENT).replace("\r", "\n")
            lines = [line for line in text.split("\n") if line.strip(" \t")]
            count += len(lines)
            refuse_too_many_rows(source, count, name)
            out.write("".join(line + "\n" for line in lines).encode())
    return count


def _line_blocks(source: str, handle: BinaryIO, name: str) -> Iterator[bytes]:
    """The bytes in blocks that end with a line, the last one perhaps without its line break."""
    rest = b""
    while received := handle.read(BLOCK_BYTES):
        whole, line_feed, tail = (rest + received).rpartition(b"\n")
        if line_feed:
            yield whole + line_feed
        rest = tail
        if len(rest) > MAX_RECORD_BYTES:
            raise DeliveryRefused(
                source,
                f"a line is longer than MAX_RECORD_BYTES = {MAX_RECORD_BYTES}",
                where=name,
                remedy="send one object a line",
            )
    if rest:
        yield rest


def _copy_text(file: Path, clean: Path) -> None:
    """Copy as clean UTF-8 without a mark."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with file.open("rb") as handle, clean.open("w", encoding="utf-8", newline="") as out:
        for block in _quoted_blocks(handle):
            text = decoder.decode(without_broken_escapes(block), final=not block)
            out.write((text.removeprefix("\ufeff") if out.tell() == 0 else text).replace("\0", REPLACEMENT))


def _quoted_blocks(handle: BinaryIO) -> Iterator[bytes]:
    """The bytes in blocks that end with a quote, so that no escape is torn, and an empty one at the end."""
    rest = b""
    while received := handle.read(BLOCK_BYTES):
        whole, quote, rest = (rest + received).rpartition(b'"')
        if quote or len(rest) > MAX_RECORD_BYTES:
            yield whole + quote if quote else rest
            rest = rest if quote else b""
    yield rest
    yield b""


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
