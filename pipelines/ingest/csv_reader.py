"""Reads CSV: the byte-order mark decides the encoding, every record is counted, no row is dropped.

With a UTF-8 byte-order mark the file is UTF-8, without one what the contract says (GB18030); whether decoding
succeeds decides nothing.
Bytes that cannot be read become U+FFFD, and so do NUL bytes.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import duckdb
import pyarrow as pa

from pipelines.errors import DeliveryRefused
from pipelines.ingest.csv_records import RecordCutter, split_record
from pipelines.ingest.limits import MAX_COLUMNS, MAX_RECORD_BYTES
from pipelines.ingest.rows import REPLACEMENT, Reading, refuse_too_many_rows
from pipelines.ingest.utf8 import as_text
from pipelines.store import quote_literal

BLOCK_BYTES = 4 * 1024**2
NO_NULL = "\ue000null\ue000"


def read_csv(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    file: Path,
    name: str,
    folder: Path,
    *,
    has_nulls: bool = False,
    unmarked: str = "gb18030",
) -> Reading:
    """Read a CSV file; `folder` takes the strict UTF-8 copy that the query reads (delete it after use).

    `unmarked` is the contract's encoding of a file without a byte-order mark.
    `has_nulls` says that an unquoted empty field means NULL (a database's own copy), else every empty field is ''.
    Raises DeliveryRefused for an empty file, another encoding by its mark, and beyond a limit.
    """
    encoding, skipped = _encoding(source, file, name, unmarked)
    strict = folder / "strict.csv"
    blocks = _TextBlocks(file, encoding, skipped)
    with strict.open("wb") as out:
        headers, rows, defects = _cut(source, blocks, out, name)
    warnings = _warnings(file, encoding)
    query, careful_query = (
        _query(connection, strict, len(headers), defects, has_nulls=has_nulls, is_parallel=is_parallel)
        for is_parallel in (True, False)
    )
    return Reading(
        headers=headers,
        query=query,
        rows=rows,
        careful_query=careful_query,
        has_broken_text=blocks.has_replacements,
        warnings=warnings,
    )


class _TextBlocks:
    """The file as UTF-8 blocks; remembers whether anything could not be read."""

    def __init__(self, file: Path, encoding: str, skipped: int) -> None:
        self.file, self.encoding, self.skipped = file, encoding, skipped
        self.has_replacements = False

    def __iter__(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        ends_with_return: bool | None = None
        with self.file.open("rb") as handle:
            handle.seek(self.skipped)
            for received, is_last in _blocks(handle, is_utf8=self.encoding == "utf-8"):
                is_whole = self.encoding == "utf-8" and not decoder.getstate()[0]
                if is_whole and not ends_with_return and _is_plain(received):
                    block = received
                else:
                    block = self._mended(decoder.decode(received, final=is_last))
                if ends_with_return is None and block:
                    ends_with_return = _ends_with_return(block[: 64 * 1024].decode("utf-8", "replace"))
                if ends_with_return:
                    block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
                if block:
                    yield block

    def _mended(self, text: str) -> bytes:
        if "\0" in text:
            text = text.replace("\0", REPLACEMENT)
        if REPLACEMENT in text:
            self.has_replacements = True
        return text.encode("utf-8", "replace")


def _blocks(handle: BinaryIO, *, is_utf8: bool) -> Iterator[tuple[bytes, bool]]:
    """The bytes in blocks, and whether it is the last one. UTF-8 is cut between characters where it can be."""
    rest = b""
    while received := handle.read(BLOCK_BYTES):
        whole, line_feed, tail = (rest + received).rpartition(b"\n") if is_utf8 else (received, b"", b"")
        rest = tail
        if whole or line_feed:
            yield whole + line_feed, False
        if len(rest) > MAX_RECORD_BYTES:
            yield rest, False
            rest = b""
    yield rest, True


def _is_plain(block: bytes) -> bool:
    """Whether a block is UTF-8 without NUL and without U+FFFD: nothing in it was broken."""
    return b"\0" not in block and REPLACEMENT.encode() not in block and as_text(block) is not None


def _ends_with_return(text: str) -> bool:
    """Whether the first line break outside quotes is a lone carriage return (old Macintosh files)."""
    at = text.find("\r")
    while at >= 0:
        if text.count('"', 0, at) % 2 == 0:
            return text[at + 1 : at + 2] != "\n" and "\n" not in _outside_quotes(text[:at])
        at = text.find("\r", at + 1)
    return False


def _outside_quotes(text: str) -> str:
    return "".join(text.split('"')[0::2])


def _cut(
    source: str, blocks: _TextBlocks, out: BinaryIO, name: str
) -> tuple[tuple[str, ...], int, RecordCutter]:
    cutter: RecordCutter | None = None
    headers: tuple[str, ...] = ()
    head = b""
    for block in blocks:
        if cutter is None:
            head = (head + block).lstrip(b"\r\n")
            if b"\n" not in head and len(head) < MAX_RECORD_BYTES:
                continue
            headers, block = _header(source, head, name)
            cutter = RecordCutter(out, len(headers))
        cutter.feed(block)
        refuse_too_many_rows(source, cutter.rows, name)
    if cutter is None:
        headers, block = _header(source, head, name)
        cutter = RecordCutter(out, len(headers))
        cutter.feed(block)
    cutter.finish()
    refuse_too_many_rows(source, cutter.rows, name)
    return headers, cutter.rows, cutter


def _header(source: str, head: bytes, name: str) -> tuple[tuple[str, ...], bytes]:
    fields, end = split_record(head)
    headers = [field.decode("utf-8") for field in fields]
    if not any(header.strip() for header in headers):
        raise DeliveryRefused(
            source,
            "the file is empty: not even a header",
            where=name,
            remedy="ask the source to send it again",
        )
    if len(headers) > MAX_COLUMNS:
        raise DeliveryRefused(
            source,
            f"the header has {len(headers)} columns, more than MAX_COLUMNS = {MAX_COLUMNS}",
            where=name,
            remedy="look at the header; a table of tickets has a few dozen columns",
        )
    return tuple(headers), head[end:]


def _encoding(source: str, file: Path, name: str, unmarked: str) -> tuple[str, int]:
    with file.open("rb") as handle:
        start = handle.read(4)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DeliveryRefused(
            source,
            "the byte-order mark says UTF-16, the contract knows UTF-8 with a mark and GB18030",
            where=name,
            remedy="save the file again as CSV UTF-8",
        )
    return unmarked, 0


def _warnings(file: Path, encoding: str) -> tuple[str, ...]:
    """Say so where a file without a mark looks like UTF-8: it is read as GB18030 all the same."""
    if encoding != "gb18030":
        return ()
    with file.open("rb") as handle:
        start = handle.read(64 * 1024)
    if start.isascii():
        return ()
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(start, final=False)
    except UnicodeDecodeError:
        return ()
    return (
        "the file has no byte-order mark and was read as GB18030, as the contract says, but its bytes are also "
        "valid UTF-8: if its texts are unreadable, save it as UTF-8 with a byte-order mark and hand it over again",
    )


def _query(
    connection: duckdb.DuckDBPyConnection,
    strict: Path,
    width: int,
    cutter: RecordCutter,
    *,
    has_nulls: bool,
    is_parallel: bool,
) -> str:
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(width))
    nulls = "nullstr = ''" if has_nulls else f"nullstr = '{NO_NULL}'"
    scan = (
        f"read_csv('{quote_literal(strict)}', auto_detect = false, header = false, columns = {{{columns}}}, "
        "delim = ',', quote = '\"', escape = '\"', strict_mode = false, "
        f"{nulls}, allow_quoted_nulls = false, parallel = {str(is_parallel).lower()}, "
        f"max_line_size = {2 * MAX_RECORD_BYTES + 1024})"
    )
    names = ", ".join(f"c{at}" for at in range(width))
    numbered = f"select row_number() over () as row_no, {names} from {scan}"
    if not cutter.defects:
        return (
            f"select *, cast(null as varchar) as _defect, cast(null as varchar) as _surplus from ({numbered})"
        )
    found = pa.table(
        {
            "row_no": pa.array([item.row_no for item in cutter.defects], pa.int64()),
            "_defect": pa.array([item.defect for item in cutter.defects], pa.string()),
            "_surplus": pa.array([item.surplus for item in cutter.defects], pa.string()),
        }
    )
    connection.register("defects_found", found)
    connection.execute("create or replace temp table defects as select * from defects_found")
    connection.unregister("defects_found")
    return (
        f"select numbered.*, defects._defect, defects._surplus from ({numbered}) as numbered "
        "left join defects using (row_no)"
    )
