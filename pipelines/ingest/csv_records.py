"""Cuts CSV bytes (UTF-8) into records: counts them, and mends or marks those that a strict reader cannot take.

The work on many bytes is done on whole blocks with numpy; only a record that is not well formed is looked at by
itself. What comes out is strict CSV with the same records in the same order, so a strict reader of it must find
exactly as many. A quoted field that was cut off would swallow the records after it; such a record ends at the line
break after which well-formed records follow.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pipelines.ingest.limits import MAX_RECORD_BYTES
from pipelines.ingest.rows import BROKEN_ROW, CUT_RECORD

Positions = npt.NDArray[np.intp]
QUOTE, COMMA, LINE_FEED, RETURN = 34, 44, 10, 13
SMALLEST_WINDOW = 64 * 1024
LARGEST_WINDOW = 8 * 1024 * 1024
MAX_LINES_OF_A_RECORD = 500
_FIELD = re.compile(rb'"((?:[^"]++|"")*+)"|([^",\r\n]*+)')


@dataclass(frozen=True)
class DefectiveRecord:
    """A record that was marked: its number, the defect, and the fields beyond the last column (JSON) if any."""

    row_no: int
    defect: str
    surplus: str | None


class RecordCutter:
    """Feed it blocks of CSV after the header; it writes strict CSV to `out` and counts `rows`."""

    def __init__(self, out: BinaryIO, fields: int) -> None:
        self.out, self.fields = out, fields
        self.rows = 0
        self.defects: list[DefectiveRecord] = []
        self._rest = b""
        self._window = LARGEST_WINDOW
        self._shape: re.Pattern[bytes] | None = None
        self._has_seen_first = False

    def feed(self, block: bytes) -> None:
        """Take the next block; a record that does not end in it waits for the next."""
        self._rest = self._consume(self._rest + block, is_last=False)

    def finish(self) -> None:
        """Take what is left as the last record, with or without a line break at its end."""
        self._consume(self._rest, is_last=True)
        self._rest = b""

    def _consume(self, block: bytes, *, is_last: bool) -> bytes:
        at = 0
        if not self._has_seen_first and block:
            self._has_seen_first = True
            self._shape = _shape_of(block)
        while at < len(block):
            end = min(len(block), at + self._window)
            is_end = is_last and end == len(block)
            taken, is_odd = self._well_formed(
                block[at:end] if at or end < len(block) else block, is_last=is_end
            )
            at += taken
            if is_odd:
                # A record by itself: it needs the lines after it to see where it ends.
                if not is_last and len(block) - at < 2 * MAX_RECORD_BYTES:
                    return block[at:]
                at = self._single(block, at)
                self._window = SMALLEST_WINDOW
            elif taken == 0:
                if end < len(block):
                    self._window *= 2
                    if self._window > 2 * MAX_RECORD_BYTES:
                        at = self._single(block, at)
                        self._window = SMALLEST_WINDOW
                elif is_last or len(block) - at > 2 * MAX_RECORD_BYTES:
                    at = self._single(block, at)
                else:
                    return block[at:]
            else:
                self._window = min(self._window * 2, LARGEST_WINDOW)
        return b""

    def _well_formed(self, block: bytes, *, is_last: bool) -> tuple[int, bool]:
        """Write the well-formed records at the start of a block; how many bytes, and whether an odd one follows."""
        view = np.frombuffer(block, dtype=np.uint8)
        limit = len(view)
        quotes = np.flatnonzero(view == QUOTE)
        first_odd = limit
        if len(quotes):
            openers, closers = quotes[0::2], quotes[1::2]
            before = view[np.maximum(openers - 1, 0)]
            bad = openers[(openers > 0) & (before != COMMA) & (before != LINE_FEED) & (before != QUOTE)]
            if len(bad):
                first_odd = min(first_odd, int(bad[0]))
            inner = closers[closers + 1 < limit]
            after = view[inner + 1]
            bad = inner[(after != COMMA) & (after != LINE_FEED) & (after != QUOTE) & (after != RETURN)]
            if len(bad):
                first_odd = min(first_odd, int(bad[0]))
            # A quote in the place of an opener right after a closer is the second half of an escaped quote.
        breaks = _outside(np.flatnonzero(view == LINE_FEED), quotes)
        is_return = view == RETURN
        if np.count_nonzero(is_return) != np.count_nonzero(is_return[:-1] & (view[1:] == LINE_FEED)):
            returns = _outside(np.flatnonzero(is_return), quotes)
            lone = returns[(returns + 1 < limit) & (view[np.minimum(returns + 1, limit - 1)] != LINE_FEED)]
            if len(lone):
                first_odd = min(first_odd, int(lone[0]))
        ends = breaks[breaks < first_odd]
        if (
            is_last
            and first_odd == limit
            and len(quotes) % 2 == 0
            and (not len(ends) or ends[-1] != limit - 1)
        ):
            block += b"\n"
            ends = np.append(ends, limit)
            view = np.frombuffer(block, dtype=np.uint8)
        if not len(ends):
            return 0, first_odd < limit
        starts = np.concatenate(([0], ends[:-1] + 1))
        commas = _outside(np.flatnonzero(view[: ends[-1]] == COMMA), quotes)
        counted = np.searchsorted(commas, ends)
        fields = np.diff(counted, prepend=0) + 1
        lengths = ends - starts
        is_blank = (lengths == 0) | ((lengths == 1) & (view[starts] == RETURN))
        special = np.flatnonzero((fields != self.fields) | is_blank)
        run = 0
        for index in special.tolist():
            self._write_run(block, starts, ends, run, index)
            run = index + 1
            if is_blank[index]:
                continue
            record = block[starts[index] : ends[index] + 1]
            if fields[index] != self.fields and record.count(b"\n") > 1:
                # Several lines and the wrong number of fields: perhaps a cut quote swallowed other records.
                return int(starts[index]), True
            self._write_odd(_fields_of(record))
        self._write_run(block, starts, ends, run, len(ends))
        return int(ends[-1]) + 1, first_odd < limit

    def _write_run(self, block: bytes, starts: Positions, ends: Positions, first: int, stop: int) -> None:
        if stop > first:
            self.out.write(memoryview(block)[int(starts[first]) : int(ends[stop - 1]) + 1])
            self.rows += stop - first

    def _single(self, block: bytes, at: int) -> int:
        """Take one odd record starting at `at`; returns where the next one starts."""
        horizon = min(len(block), at + MAX_RECORD_BYTES)
        end, fields = _strict_record(block, at)
        if end is None or end > horizon:
            stop = self._end_of_odd_record(block, at, horizon)
            self._write_odd(_fields_of(block[at:stop]))
            return stop
        if len(fields) != self.fields:
            swallowed = self._next_record(block, at, end)
            if swallowed is not None:
                self._write_odd(_fields_of(block[at:swallowed]))
                return swallowed
        self._write_odd(fields)
        return end

    def _end_of_odd_record(self, block: bytes, at: int, horizon: int) -> int:
        """Where a record that is not well formed ends: with its last field, or before a line that starts another."""
        stop = at
        first_line = None
        for _ in range(MAX_LINES_OF_A_RECORD):
            line_feed = block.find(b"\n", stop, horizon)
            stop = horizon if line_feed < 0 else line_feed + 1
            first_line = stop if first_line is None else first_line
            if (
                stop >= horizon
                or len(_fields_of(block[at:stop])) == self.fields
                or self._starts_record(block, stop)
            ):
                return stop
        return first_line or horizon

    def _next_record(self, block: bytes, at: int, end: int) -> int | None:
        """The first line inside [at, end) that starts a record of its own, or None."""
        line_feed = block.find(b"\n", at, end - 1)
        for _ in range(MAX_LINES_OF_A_RECORD):
            if line_feed < 0:
                return None
            if self._starts_record(block, line_feed + 1):
                return line_feed + 1
            line_feed = block.find(b"\n", line_feed + 1, end - 1)
        return None

    def _starts_record(self, block: bytes, at: int) -> bool:
        """Whether a line starts with a number of the shape of the first record's, or is well formed and complete."""
        if self._shape is not None and self._shape.match(block, at):
            return True
        end, fields = _strict_record(block, at)
        return end is not None and len(fields) == self.fields

    def _write_odd(self, fields: list[bytes]) -> None:
        self.rows += 1
        surplus = None
        while len(fields) > self.fields and not fields[-1]:
            fields.pop()
        if len(fields) < self.fields:
            self.defects.append(DefectiveRecord(self.rows, CUT_RECORD, None))
            fields += [b""] * (self.fields - len(fields))
        elif len(fields) > self.fields:
            beyond = [field.decode("utf-8", "replace") for field in fields[self.fields :]]
            surplus = json.dumps(
                {"beyond the last column": beyond}, ensure_ascii=False, separators=(",", ":")
            )
            self.defects.append(DefectiveRecord(self.rows, BROKEN_ROW, surplus))
            fields = fields[: self.fields]
        self.out.write(b",".join(b'"' + field.replace(b'"', b'""') + b'"' for field in fields) + b"\n")


def split_record(text: bytes) -> tuple[list[bytes], int]:
    """The fields of the first record of `text` and where the next record starts (for the header)."""
    end, fields = _strict_record(text, 0)
    if end is not None:
        return fields, end
    line_feed = text.find(b"\n")
    end = len(text) if line_feed < 0 else line_feed + 1
    return _fields_of(text[:end]), end


def _shape_of(block: bytes) -> re.Pattern[bytes] | None:
    """A pattern for record starts, from the number that starts the first record; None where none stands there."""
    found = re.match(rb'"?([A-Za-z0-9-]{8,64})"?,', block)
    if found is None or sum(byte in b"0123456789" for byte in found.group(1)) < 6:
        return None
    shape = re.sub(
        rb"[0-9]", rb"\\d", re.sub(rb"[A-Za-z]", rb"[A-Za-z]", found.group(1).replace(b"-", b"\\-"))
    )
    return re.compile(rb'"?' + shape + rb'"?,')


def _outside(positions: Positions, quotes: Positions) -> Positions:
    """The positions that lie outside quoted fields."""
    if not len(quotes) or not len(positions):
        return positions
    outside: Positions = positions[(np.searchsorted(quotes, positions) & 1) == 0]
    return outside


def _strict_record(block: bytes, at: int) -> tuple[int | None, list[bytes]]:
    """One record read strictly: its end (None where it is not well formed) and its fields."""
    fields: list[bytes] = []
    while True:
        found = _FIELD.match(block, at)
        if found is None:
            return None, fields
        quoted = found.group(1)
        fields.append(found.group(2) if quoted is None else quoted.replace(b'""', b'"'))
        at = found.end()
        if at == len(block):
            return at, fields
        if block[at] == COMMA:
            at += 1
        elif block[at] == LINE_FEED:
            return at + 1, fields
        elif block[at : at + 2] == b"\r\n":
            return at + 2, fields
        else:
            return None, fields


def _fields_of(record: bytes) -> list[bytes]:
    """The fields of one record read leniently: a quote that closes nothing is a character of the text."""
    text = record.removesuffix(b"\n").removesuffix(b"\r")
    fields: list[bytes] = []
    at = 0
    while True:
        if text[at : at + 1] == b'"':
            end = at + 1
            while True:
                end = text.find(b'"', end)
                if end < 0:
                    fields.append(text[at + 1 :].replace(b'""', b'"'))
                    return fields
                if text[end + 1 : end + 2] == b'"' and text[end + 2 : end + 3] != b"":
                    end += 2
                elif text[end + 1 : end + 2] in (b",", b""):
                    break
                else:
                    end += 1
            fields.append(text[at + 1 : end].replace(b'""', b'"'))
            at = end + 1
        else:
            comma = text.find(b",", at)
            end = len(text) if comma < 0 else comma
            fields.append(text[at:end])
            at = end
        if at >= len(text):
            return fields
        at += 1
