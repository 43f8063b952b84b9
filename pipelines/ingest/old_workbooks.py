"""Looks at the records of an old workbook (.xls) before it is opened: the reader holds every cell of it in memory.

An .xls file is a file system of its own ([MS-CFB]: sectors, chained by tables) with one stream of records ([MS-XLS]:
the workbook's, then those of each sheet). A few kilobytes can name a cell in the last corner, repeat one long text in
every cell, or chain sectors in a circle; the reader ends the whole process when memory ends.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import DeliveryRefused
from pipelines.ingest.archives import opened
from pipelines.ingest.limits import MAX_SHEET_CELLS, MAX_UNPACKED_WORKBOOK_BYTES
from pipelines.ingest.reading_time import refuse_too_slow
from pipelines.ingest.workbook_parts import WorkbookUnreadable, refuse_far_sheets, refuse_repeated_texts

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STREAMS = ("Workbook", "Book")
SECTOR_SHIFTS = (9, 12)
MINI_SECTOR_BYTES, MINI_STREAM_BYTES = 64, 4096
FIRST_SPECIAL_SECTOR = 0xFFFFFFFA
# Records: [MS-XLS] 2.3.
EOF, FILE_PASS, CONTINUE, BOUND_SHEET, SHARED_TEXTS, DIMENSIONS = 0x0A, 0x2F, 0x3C, 0x85, 0xFC, 0x200
FORMULA, MANY_NUMBERS, TEXT_REFERENCE = 0x06, 0xBD, 0xFD
CELLS = frozenset((FORMULA, MANY_NUMBERS, TEXT_REFERENCE, 0x203, 0x204, 0x205, 0x27E))
LONGEST_TEXT = 0xFFFF
UTF8_BYTES = 3
LOOK_AT_THE_CLOCK = 100_000


def check_old_workbook(source: str, file: Path, name: str) -> None:
    """Raise DeliveryRefused where an .xls workbook holds more than the limits allow, or is not whole. What is no .xls
    is left to others.
    """
    with opened(source, file, name) as handle:
        if handle.read(len(SIGNATURE)) != SIGNATURE:
            return
        content = SIGNATURE + handle.read()
    try:
        streams = list(_workbook_streams(content))
    except (struct.error, IndexError, ValueError):
        raise _unreadable(source, name) from None
    for stream in streams:
        _check_stream(source, stream, name)


def _check_stream(source: str, stream: bytes, name: str) -> None:
    try:
        book = _Book.read(stream)
    except (struct.error, IndexError, ValueError):
        raise _unreadable(source, name) from None
    area, read, references = 0, 0, array("I")
    for start in book.sheets:
        sheet = _Sheet()
        read += sheet.read(source, name, stream, start, references)
        area += sheet.area
        refuse_far_sheets(source, max(area, sheet.announced), name)
        if read > len(stream):
            raise _unreadable(source, name)  # sheets lie behind one another, never in one another
    longest = UTF8_BYTES * LONGEST_TEXT
    if len(references) * longest > MAX_UNPACKED_WORKBOOK_BYTES:
        known = book.text_lengths()
        if known is None:
            repeated = len(references) * longest
        else:
            repeated = UTF8_BYTES * sum(known[at] for at in references if at < len(known))
        refuse_repeated_texts(source, repeated, name)


@dataclass
class _Book:
    """What the workbook's own records say: where its sheets begin, and the pieces of its shared texts."""

    sheets: list[int] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)

    @classmethod
    def read(cls, stream: bytes) -> _Book:
        """Raises ValueError where more shared texts are announced than their bytes can hold."""
        book, is_of_texts = cls(), False
        for kind, start, end in _records(stream, 0):
            if kind == SHARED_TEXTS:
                book.texts = [stream[start:end]]
            elif kind == CONTINUE and is_of_texts:
                book.texts.append(stream[start:end])
            elif kind == BOUND_SHEET:
                book.sheets.append(struct.unpack_from("<I", stream, start)[0])
            elif kind == EOF:
                break
            elif kind == FILE_PASS and stream[start : start + 2] != b"\0\0":
                return cls()  # protected by a password: the reader goes no further
            is_of_texts = kind == SHARED_TEXTS or (kind == CONTINUE and is_of_texts)
        if book.texts and book._count() * UTF8_BYTES > sum(map(len, book.texts)):
            raise ValueError("more texts than bytes")
        return book

    def _count(self) -> int:
        return int(struct.unpack_from("<I", self.texts[0], 4)[0])

    def text_lengths(self) -> array[int] | None:
        """Characters of each shared text ([MS-XLS] 2.5.293), or None where they cannot be told."""
        lengths = array("I")
        if not self.texts:
            return lengths
        pieces = _Pieces(self.texts, 8)
        try:
            for _ in range(self._count()):
                lengths.append(pieces.skip_text())
        except (struct.error, IndexError):
            return None
        return lengths


class _Pieces:
    """A place in the pieces of the shared texts: a text may go on in the next piece, in another width."""

    def __init__(self, pieces: list[bytes], at: int) -> None:
        self._pieces, self._number, self._at = pieces, 0, at

    def skip_text(self) -> int:
        """Go behind the next text; its characters."""
        if self._at >= len(self._pieces[self._number]):
            self._number, self._at = self._number + 1, 0
        piece = self._pieces[self._number]
        characters, flags = struct.unpack_from("<HB", piece, self._at)
        self._at += 3
        runs = extension = 0
        if flags & 0x8:
            (runs,) = struct.unpack_from("<H", piece, self._at)
            self._at += 2
        if flags & 0x4:
            (extension,) = struct.unpack_from("<I", piece, self._at)
            self._at += 4
        left = characters
        while True:
            width = 2 if flags & 0x1 else 1
            there = min(left, (len(piece) - self._at) // width)
            self._at, left = self._at + there * width, left - there
            if not left:
                break
            self._number, self._at = self._number + 1, 1
            piece = self._pieces[self._number]
            flags = piece[0]
        self._skip(4 * runs + extension)
        return int(characters)

    def _skip(self, count: int) -> None:
        while count > len(self._pieces[self._number]) - self._at:
            count -= len(self._pieces[self._number]) - self._at
            self._number, self._at = self._number + 1, 0
        self._at += count


class _Sheet:
    """How far the cells of a sheet reach (`area`), and how far it says that they do (`announced`): in cells."""

    def __init__(self) -> None:
        self.area = self.announced = 0

    def read(self, source: str, name: str, stream: bytes, start: int, references: array[int]) -> int:
        """Take the records from `start` to the sheet's end; the bytes they fill. Adds the texts that cells refer to."""
        place, number, last = struct.Struct("<HH").unpack_from, struct.Struct("<I").unpack_from, start
        row, column = -1, -1
        for count, (kind, at, end) in enumerate(_records(stream, start)):
            last = end
            if kind in CELLS and end - at >= 6:
                in_row, in_column = place(stream, at)
                if in_row > row:
                    row = in_row
                if kind == MANY_NUMBERS:
                    in_column += max(0, (end - at - 6) // 6 - 1)
                elif kind == TEXT_REFERENCE and end - at >= 10:
                    references.append(number(stream, at + 6)[0])
                if in_column > column:
                    column = in_column
            elif kind == DIMENSIONS:
                self.announced = max(self.announced, _announced(stream[at:end]))
            elif kind == EOF:
                break
            if count % LOOK_AT_THE_CLOCK == 0:
                refuse_too_slow(source, name)
        self.area = (row + 1) * (column + 1)
        return last - start


def _announced(content: bytes) -> int:
    """The cells between the first and the last row and column that a sheet states; more than the limit if they are
    stated in the wrong order, as the reader would take it.
    """
    form = {10: "<HHHH", 14: "<IIHH"}.get(len(content))
    if form is None:
        return 0
    first_row, last_row, first_column, last_column = struct.unpack_from(form, content)
    if not last_row or not last_column:
        return 1
    if last_row < first_row or last_column < first_column:
        return MAX_SHEET_CELLS + 1
    return int((last_row - first_row) * (last_column - first_column))


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Each record's kind, and where its content begins and ends; a record that is cut ends them."""
    head, at, size = struct.Struct("<HH").unpack_from, start, len(stream)
    while at + 4 <= size:
        kind, length = head(stream, at)
        end = at + 4 + length
        if end > size:
            return
        yield kind, at + 4, end
        at = end


def _workbook_streams(content: bytes) -> Iterator[bytes]:
    """The streams that the reader may take for the workbook (none where it is another document, or an encrypted one);
    raises ValueError where sectors run in a circle.
    """
    (shift,) = struct.unpack_from("<H", content, 30)
    if shift not in SECTOR_SHIFTS:
        raise ValueError("sectors of an unknown size")
    size = 1 << shift
    directory, _, _, mini_table_start, _, more_tables = struct.unpack_from("<IIIIII", content, 48)
    tables = list(struct.unpack_from("<109I", content, 76))
    rounds = len(content) // size + 1
    while more_tables < FIRST_SPECIAL_SECTOR:
        sector = content[(more_tables + 1) * size : (more_tables + 2) * size]
        *more, more_tables = struct.unpack(f"<{size // 4}I", sector)
        tables += more
        rounds -= 1
        if not rounds:
            raise ValueError("a circle")
    table = array("I")
    for number in tables:
        if number < FIRST_SPECIAL_SECTOR:
            table.frombytes(content[(number + 1) * size : (number + 2) * size])
    sectors = memoryview(content)[size:]
    entries = _chain(sectors, table, directory, size)
    mini_table, small, found = array("I"), b"", set[str]()
    for at in range(0, len(entries) - 127, 128):
        entry = entries[at : at + 128]
        start, length = struct.unpack_from("<IQ", entry, 116)
        if size == 1 << SECTOR_SHIFTS[0]:
            length &= 0xFFFFFFFF
        if at == 0:
            small = _chain(sectors, table, start, size)
            mini_table.frombytes(_chain(sectors, table, mini_table_start, size))
        name = entry[:64].decode("utf-16-le", "ignore").partition("\0")[0]
        if name not in STREAMS or name in found:
            continue
        found.add(name)
        if length < MINI_STREAM_BYTES:
            yield _chain(memoryview(small), mini_table, start, MINI_SECTOR_BYTES)
        else:
            yield _chain(sectors, table, start, size)


def _chain(sectors: memoryview, table: array[int], start: int, size: int) -> bytes:
    """The sectors that follow one another from `start`, as one; raises ValueError for a circle."""
    pieces, number, rounds = [], start, len(sectors) // size + 1
    while number < len(table):
        pieces.append(bytes(sectors[number * size : (number + 1) * size]))
        number = table[number]
        rounds -= 1
        if rounds < 0:
            raise ValueError("a circle")
    return b"".join(pieces)


def _unreadable(source: str, name: str) -> DeliveryRefused:
    return WorkbookUnreadable(
        source,
        "the workbook is not whole: it may have been cut, or is still being written",
        where=name,
        remedy="send it again, or save it as .xlsx",
    )
