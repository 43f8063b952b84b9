"""JSON bytes that DuckDB may read as they are: valid UTF-8 without control characters, decimal numbers in quotes."""

from __future__ import annotations

import codecs
import re
from array import array
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.json_depth import has_few_openers
from pipelines.ingest.json_numbers import quote_decimals
from pipelines.ingest.limits import MAX_RECORD_BYTES

# NUL, the careful reader's own delimiter, and carriage returns.
NOT_PLAIN = (b"\0", b"\x01", b"\r")
# One pattern, one first byte: RE2 then jumps from one to the next, many times faster than over an alternation.
ODD_NUMBER = r":\s*-?(?:[0-9.]+[eE]|[nN]a[nN]|[iI]nf)"
NO_NUMBER = r":\s*-?(?:[nN]a[nN]|[iI]nf)"
REPLACED = (r"\xef\xbf\xbd", r"\\u(?:fffd|FFFD)")
NUL_ESCAPE = r"\\u0000"


BLOCK_BYTES = 1024**2
SEPARATOR = re.compile(rb"[ \t]*,[ \t]*(?=\{)")
BETWEEN_ROWS = re.compile(rb"\}[ \t]*,[ \t]*\{")


class PlainText:
    """Takes a file block by block. `file` is what to read: the file itself, or a copy with its decimals in quotes.

    A copy is begun with the first decimal number; a file without any is not copied. Without an `original` the blocks
    are no file's own bytes, and all of them are written.
    """

    def __init__(self, original: Path | None, copy: Path) -> None:
        self.file, self._copy = original or copy, copy
        self.has_replacements = False
        self.may_be_deep = False
        self._taken = 0
        self._out: BinaryIO | None = copy.open("wb") if original is None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out is not None:
            self._out.close()

    def take(self, block: bytes) -> bool:
        """Take the next block, which ends outside numbers and characters. False: this file is not plain."""
        if not self._taken and block.startswith(codecs.BOM_UTF8):
            return False
        text = None if any(sign in block for sign in NOT_PLAIN) else _as_arrow(block)
        if text is None:
            return False
        self.may_be_deep = self.may_be_deep or not has_few_openers(block)
        has_odd_number = _has(text, ODD_NUMBER)
        if has_odd_number and _has(text, NO_NUMBER):
            return False
        has_nul = _has(text, NUL_ESCAPE)
        if has_nul:
            block, self.has_replacements = without_nul_escapes(block), True
        elif not self.has_replacements:
            self.has_replacements = any(_has(text, pattern) for pattern in REPLACED)
        quoted = quote_decimals(block, has_exponents=has_odd_number)
        if (has_nul or quoted is not None) and self._out is None:
            self._out = self._copy.open("wb")
            with self.file.open("rb") as handle:
                _copy_start(handle, self._out, self._taken)
            self.file = self._copy
        self._taken += len(block)
        if self._out is not None:
            self._out.write(block if quoted is None else quoted)
        return True


def take_rows(plain: PlainText, file: Path, start: int, end: int) -> bool:
    """Hand over the objects that stand in bytes [start, end) of a file, separated by commas, one a line.

    False where they are not plainly separated. A wrong cut (inside a text, or inside a nested array) leaves a line with
    a bracket or quote unclosed: no reader takes it for an object.
    """
    rest, is_first = b"", True
    with file.open("rb") as handle:
        handle.seek(start)
        while received := handle.read(min(BLOCK_BYTES, end - handle.tell())):
            # A block ends with an object or a part of one: no number and no separator is torn.
            whole, brace, rest = (rest + received).rpartition(b"}")
            block = whole + brace
            if len(rest) > MAX_RECORD_BYTES:
                return False
            if not block:
                continue
            if b"\n" in block:
                return False
            lead = b""
            if is_first:
                block, is_first = block.lstrip(), False
            elif separator := SEPARATOR.match(block):
                lead, block = b"\n", block[separator.end() :]
            if not plain.take(lead + BETWEEN_ROWS.sub(b"}\n{", block)):
                return False
    return not rest.strip() and (is_first or plain.take(b"\n"))


def _copy_start(handle: BinaryIO, out: BinaryIO, size: int) -> None:
    while size > 0:
        part = handle.read(min(size, 1024**2))
        if not part:
            return
        out.write(part)
        size -= len(part)


def without_nul_escapes(block: bytes) -> bytes:
    """The block with U+FFFD for every escaped NUL; no reader after us keeps what follows one."""
    return re.sub(rb"(?<!\\)((?:\\\\)*)\\u0000", rb"\1\\ufffd", block)


def _has(text: pa.Array, pattern: str) -> bool:
    """Whether a pattern (RE2, over bytes) is anywhere in the block."""
    return bool(pc.match_substring_regex(text, pattern)[0].as_py())


def _as_arrow(block: bytes) -> pa.Array | None:
    """The block as one text, or None where it is not UTF-8."""
    offsets = pa.py_buffer(array("i", (0, len(block))))
    text = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(block))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return None
    # RE2 looks at bytes: a broken character is no reason to stop.
    return text.cast(pa.binary())
