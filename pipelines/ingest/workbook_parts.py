"""Looks at the parts of a workbook before it is opened: the reader that opens it holds every cell of it in memory.

An .xlsx file is a zip archive of XML, written by anybody: a few kilobytes can unpack without end, span a billion empty
cells, or repeat one long text in every cell. The parts are scanned as bytes, and where the bytes leave it open how much
there will be, the larger figure counts.
"""

from __future__ import annotations

import errno
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipelines.errors import DeliveryRefused
from pipelines.ingest.archives import READ_METHODS, opened
from pipelines.ingest.limits import (
    MAX_ARCHIVE_MEMBERS,
    MAX_CELL_CHARACTERS,
    MAX_OLD_WORKBOOK_BYTES,
    MAX_SHEET_CELLS,
    MAX_UNPACKED_RATIO,
    MAX_UNPACKED_WORKBOOK_BYTES,
    MAX_WORKBOOK_BYTES,
    RATIO_JUDGED_FROM_BYTES,
)
from pipelines.ingest.reading_time import refuse_too_slow

BLOCK_BYTES = 1024**2
# Any prefix, either quote, any order of attributes: the reader takes them all. (A `<` cannot stand in an attribute.)
_CELL = re.compile(
    rb"<(?:c|[\w.-]{1,60}:c)(?=[\s/>])(?: r=\"|[^<]*?\sr\s*=\s*[\"']\$?|)([A-Za-z]{0,3})\$?([0-9]{0,9})"
)
_ROW = re.compile(rb"<(?:row|[\w.-]{1,60}:row)(?=[\s/>])(?: r=\"|[^<]*?\sr\s*=\s*[\"']|)([0-9]{0,9})")
_ROW_START = re.compile(rb"<(?:row|[\w.-]{1,60}:row)(?=[\s/>])")
_SHARED_TEXT = re.compile(rb"<(?:si|[\w.-]{1,60}:si)(?=[\s/>])")
_VALUE = re.compile(rb"<(?:v|[\w.-]{1,60}:v)(?=[\s/>])([^<]*)<(!?)")


class WorkbookUnreadable(DeliveryRefused):
    """The file cannot be opened as a workbook: cut, still being written, or something else under its name."""


def check_workbook(source: str, file: Path, name: str) -> None:
    """Raise DeliveryRefused where a workbook is beyond a limit, protected or not whole."""
    size = file.stat().st_size
    with opened(source, file, name) as handle:
        is_zip = handle.read(2) == b"PK"
        limit, limit_name = (
            (MAX_WORKBOOK_BYTES, "MAX_WORKBOOK_BYTES")
            if is_zip
            else (MAX_OLD_WORKBOOK_BYTES, "MAX_OLD_WORKBOOK_BYTES")
        )
        if size > limit:
            raise _too_large(source, name, f"the workbook has {size} bytes, more than {limit_name} = {limit}")
        if not is_zip:
            return
        try:
            with zipfile.ZipFile(handle) as parts:
                _check_packing(source, parts, name, size)
                _check_sheets(source, parts, name)
        except NotImplementedError:  # zipfile's word for a form of zip that it does not read
            raise DeliveryRefused(
                source,
                "the workbook is a form of zip that is not read: strongly encrypted, patched, or newer than ours",
                where=name,
                remedy="open it in a spreadsheet program and save it again as .xlsx",
            ) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
            # (EINVAL is a place before the file's start: the file was cut.)
            if isinstance(error, OSError) and error.errno != errno.EINVAL:
                raise
            raise WorkbookUnreadable(
                source,
                "the workbook is not whole: it may have been cut, or is still being written",
                where=name,
                remedy="send it again",
            ) from None


def _check_packing(source: str, parts: zipfile.ZipFile, name: str, size: int) -> None:
    entries = parts.infolist()
    if len(entries) > MAX_ARCHIVE_MEMBERS:
        raise _too_large(
            source,
            name,
            f"the workbook has {len(entries)} parts, more than MAX_ARCHIVE_MEMBERS = {MAX_ARCHIVE_MEMBERS}",
        )
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_WORKBOOK_BYTES:
        raise _too_large(
            source,
            name,
            f"the workbook unpacks to {unpacked} bytes, more than "
            f"MAX_UNPACKED_WORKBOOK_BYTES = {MAX_UNPACKED_WORKBOOK_BYTES}",
        )
    if unpacked > RATIO_JUDGED_FROM_BYTES and unpacked > size * MAX_UNPACKED_RATIO:
        raise _too_large(
            source,
            name,
            f"the workbook unpacks to {unpacked // size} times its size, more than "
            f"MAX_UNPACKED_RATIO = {MAX_UNPACKED_RATIO}",
        )
    names = {entry.filename.lower() for entry in entries}
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise DeliveryRefused(
            source, "the workbook is protected by a password", where=name, remedy="save it without a password"
        )
    if "xl/workbook.xml" not in names or any(entry.compress_type not in READ_METHODS for entry in entries):
        raise WorkbookUnreadable(
            source, "the file is a zip archive, but no .xlsx workbook", where=name, remedy="save it as .xlsx"
        )


def _check_sheets(source: str, parts: zipfile.ZipFile, name: str) -> None:
    """Every part is scanned: which ones are sheets is said inside the workbook, by whoever made it."""
    area, cells, longest, texts = 0, 0, 0, 0
    for entry in parts.infolist():
        extent = _Extent()
        for block in _blocks(source, parts, entry, name):
            extent.add(block)
        area, cells = area + extent.area, cells + extent.cells
        longest, texts = max(longest, extent.longest_text), texts + extent.texts
        refuse_too_slow(source, name)
    refuse_far_sheets(source, max(area, cells, texts), name)
    if cells * longest > MAX_UNPACKED_WORKBOOK_BYTES:
        refuse_repeated_texts(source, _repeated_text(source, parts, name), name)


def refuse_far_sheets(source: str, cells: int, name: str) -> None:
    """Raise DeliveryRefused where the sheets of a workbook span more cells than MAX_SHEET_CELLS."""
    if cells > MAX_SHEET_CELLS:
        raise DeliveryRefused(
            source,
            f"its sheets reach over {cells} cells, more than MAX_SHEET_CELLS = {MAX_SHEET_CELLS}",
            where=name,
            remedy="a cell far out on the sheet may hold something: delete the empty rows and columns, save it again",
        )


def refuse_repeated_texts(source: str, size: int, name: str) -> None:
    """Raise DeliveryRefused where cells repeat shared texts up to more bytes than MAX_UNPACKED_WORKBOOK_BYTES."""
    if size > MAX_UNPACKED_WORKBOOK_BYTES:
        raise _too_large(
            source,
            name,
            f"its cells repeat shared texts up to {size} bytes, more than "
            f"MAX_UNPACKED_WORKBOOK_BYTES = {MAX_UNPACKED_WORKBOOK_BYTES}",
        )


class _Extent:
    """What one part holds at most: cells, the area they span, shared texts and the longest of them in bytes."""

    def __init__(self) -> None:
        self.cells = self.texts = self.longest_text = 0
        self._last_row = self._last_column = 0
        self._rows = self._run = self._longest_run = 0
        self._has_unnamed = False
        self._read, self._text_start = 0, -1

    def add(self, block: bytes) -> None:
        """Take a block that ends between two tags."""
        if b"si" in block:
            for found in _SHARED_TEXT.finditer(block):
                self.texts += 1
                self._end_text(self._read + found.start())
                self._text_start = self._read + found.start()
        self._read += len(block)
        self._end_text(self._read)
        found_cells = _CELL.findall(block)
        if not found_cells and b"row" not in block:
            return
        self.cells += len(found_cells)
        letters = {column for column, _ in found_cells}
        self._last_column = max(self._last_column, *(_column_number(text) for text in letters), 0)
        self._last_row = max(
            self._last_row, max((int(row or 0) for row in {row for _, row in found_cells}), default=0)
        )
        rows = _ROW.findall(block)
        self._rows += len(rows)
        if b"" in letters or self._has_unnamed:
            self._has_unnamed = True
        self._last_row = max(self._last_row, max((int(row or 0) for row in rows), default=0))
        pieces = _ROW_START.split(block) if self._has_unnamed else ()
        for number, piece in enumerate(pieces):
            self._run = len(_CELL.findall(piece)) + (0 if number else self._run)
            self._longest_run = max(self._longest_run, self._run)

    @property
    def area(self) -> int:
        """Rows times columns; cells that do not say their place may follow the last one that does."""
        if not self.cells:
            return 0
        rows = self._last_row + (self._rows if self._has_unnamed else 0)
        return max(rows, 1) * max(self._last_column + self._longest_run, 1)

    def _end_text(self, at: int) -> None:
        if self._text_start >= 0:
            self.longest_text = max(self.longest_text, at - self._text_start)


def _repeated_text(source: str, parts: zipfile.ZipFile, name: str) -> int:
    """Bytes of the shared texts as often as cells may refer to them; a number counts as a reference."""
    lengths = array("Q")
    for entry in parts.infolist():
        read, start = 0, -1
        for block in _blocks(source, parts, entry, name):
            for found in _SHARED_TEXT.finditer(block):
                if start >= 0:
                    lengths.append(read + found.start() - start)
                start = read + found.start()
            read += len(block)
        if start >= 0:
            lengths.append(read - start)
    known = np.frombuffer(lengths, dtype=np.uint64) if lengths else np.zeros(1, dtype=np.uint64)
    longest, total = int(known.max()), 0
    for entry in parts.infolist():
        for block in _blocks(source, parts, entry, name):
            numbers = array("Q")
            for content, mark in _VALUE.findall(block):
                text = content.rpartition(b">")[2].strip()
                if text.isdigit() and len(text) < 10:
                    numbers.append(int(text))
                elif mark or b"&" in text:
                    total += longest
            if numbers:
                found_numbers = np.frombuffer(numbers, dtype=np.uint64)
                total += int(known[found_numbers[found_numbers < len(known)]].sum())
        refuse_too_slow(source, name)
    return total


def _blocks(source: str, parts: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """A part in blocks that end right before a `<`; raises DeliveryRefused for a text longer than a cell may be."""
    rest = b""
    with parts.open(entry) as part:
        while received := part.read(BLOCK_BYTES):
            block = rest + received
            cut = block.rfind(b"<", 1)
            # The last two tags wait for what follows them: a value and its end belong together.
            cut = block.rfind(b"<", 1, cut) if cut > 0 else cut
            if cut > 0:
                yield block[:cut]
                block = block[cut:]
            rest = block
            if len(rest) > 6 * MAX_CELL_CHARACTERS + BLOCK_BYTES:
                raise _too_large(
                    source, name, f"a text is longer than MAX_CELL_CHARACTERS = {MAX_CELL_CHARACTERS}"
                )
    if rest:
        yield rest


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _too_large(source: str, name: str, what: str) -> DeliveryRefused:
    return DeliveryRefused(source, what, where=name, remedy="deliver it in several parts")
