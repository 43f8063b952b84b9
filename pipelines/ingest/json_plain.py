"""JSON bytes that DuckDB may read as they are: valid UTF-8 without control characters, decimal numbers in quotes."""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.json_depth import has_few_openers
from pipelines.ingest.json_numbers import quote_decimals
from pipelines.ingest.json_shape import keys_of_rows
from pipelines.ingest.limits import MAX_RECORD_BYTES
from pipelines.ingest.utf8 import as_text

# NUL, the careful reader's own delimiter, and carriage returns.
NOT_PLAIN = (b"\0", b"\x01", b"\r")
# One pattern, one first byte: RE2 then jumps from one to the next, many times faster than over an alternation.
ODD_NUMBER = r":\s*-?(?:[0-9.]+[eE]|[nN]a[nN]|[iI]nf)"
NO_NUMBER = r":\s*-?(?:[nN]a[nN]|[iI]nf)"
REPLACED = (r"\xef\xbf\xbd", r"\\u(?:fffd|FFFD)")
NUL_ESCAPE = r"\\u0000"
SURROGATE = r"\\u[dD][89a-fA-F]"
PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
# Backslashes in front that stand for themselves, then a NUL, a whole pair, or half of one.
BROKEN_ESCAPE = re.compile(
    rf"(?<!\\)((?:\\\\)*)(?:({PAIR})|\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{{2}}))".encode()
)

BLOCK_BYTES = 1024**2
LOOKING_AT_ONCE = 2
# A reader takes 8 records' worth of bytes at a time and then works on them: meanwhile as many blocks are looked at.
LOOKING_AHEAD = 8 * MAX_RECORD_BYTES // BLOCK_BYTES + LOOKING_AT_ONCE
SEPARATOR = re.compile(rb"[ \t]*,[ \t]*(?=\{)")
BETWEEN_ROWS = re.compile(rb"\}[ \t]*,[ \t]*\{")


@dataclass(frozen=True)
class Look:
    """What one block is: `lines` it ends, `changed` bytes where it cannot be read as it is, and where it was asked for
    and plain, the keys of all its `rows` and how many there are.
    """

    block: bytes
    lines: int
    changed: bytes | None
    has_replacements: bool
    may_be_deep: bool
    rows: tuple[tuple[str, ...], int] | None = None


class NotPlain(Exception):
    """What was taken for rows is no plain list of objects: read it the careful way."""


class PlainText:
    """Takes a file block by block. `file` is what to read: the file itself, or a copy with its decimals in quotes.

    A copy is begun with the first block that must be changed; a file without any is not copied. Without an `original`
    the blocks are no file's own bytes, and all of them are written. Close it before `file` is read.
    """

    def __init__(self, original: Path | None, copy: Path) -> None:
        self.file, self._copy = original or copy, copy
        self.has_replacements = False
        self.may_be_deep = False
        self.lines = 0
        self._taken = 0
        self._out: BinaryIO | None = copy.open("wb") if original is None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out is not None:
            self._out.close()

    def take_all(self, blocks: Iterable[bytes]) -> bool:
        """Take blocks that each end outside numbers and characters. False: they are not plain."""
        with closing(looks(blocks)) as found:
            return all(self._keep(look) for look in found)

    def _keep(self, look: Look | None) -> bool:
        if look is None:
            return False
        self.has_replacements |= look.has_replacements
        self.may_be_deep |= look.may_be_deep
        self.lines += look.lines
        if look.changed is not None and self._out is None:
            self._out = self._copy.open("wb")
            with self.file.open("rb") as handle:
                _copy_start(handle, self._out, self._taken)
            self.file = self._copy
        self._taken += len(look.block)
        if self._out is not None:
            self._out.write(look.block if look.changed is None else look.changed)
        return True


def looks(blocks: Iterable[bytes], *, with_keys: bool = False) -> Generator[Look | None, None, None]:
    """What each block of a file is, None where it is not plain: some are looked at while the ones before are worked on.

    Blocks end outside numbers and characters; close the generator where not all of them are asked for.
    """
    waiting: deque[Future[Look | None]] = deque()
    is_first = True
    with ThreadPoolExecutor(LOOKING_AT_ONCE) as looking:
        for block in blocks:
            waiting.append(looking.submit(_look, block, is_first=is_first, with_keys=with_keys))
            is_first = False
            if len(waiting) > LOOKING_AHEAD:
                yield waiting.popleft().result()
        for found in waiting:
            yield found.result()


def _look(block: bytes, *, is_first: bool, with_keys: bool) -> Look | None:
    """What a block is; None where it is not plain."""
    if is_first and block.startswith(codecs.BOM_UTF8):
        return None
    text = None if any(sign in block for sign in NOT_PLAIN) else as_text(block)
    if text is None:
        return None
    text = text.cast(pa.binary())  # the patterns are of bytes
    has_odd_number = _has(text, ODD_NUMBER)
    if has_odd_number and _has(text, NO_NUMBER):
        return None
    has_nul = _has(text, NUL_ESCAPE)
    is_broken = has_nul or (_has(text, SURROGATE) and _has_half_pair(text))
    mended = without_broken_escapes(block) if is_broken else block
    quoted = quote_decimals(mended, has_exponents=has_odd_number)
    # With its keys asked for, a block is whole lines, the last one perhaps without its line break.
    may_be_deep = not has_few_openers(block + b"\n" if with_keys and b"\n" not in block else block)
    return Look(
        block=block,
        lines=int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n"))),
        changed=mended if quoted is None and is_broken else quoted,
        has_replacements=is_broken or any(_has(text, pattern) for pattern in REPLACED),
        may_be_deep=may_be_deep,
        rows=keys_of_rows(block) if with_keys and not may_be_deep else None,
    )


def rows_as_lines(file: Path, start: int, end: int) -> Iterator[bytes]:
    """The objects that stand in bytes [start, end) of a file, separated by commas, one a line.

    Raises NotPlain where they are not plainly separated. A wrong cut (inside a text, or inside a nested array) leaves a
    line with a bracket or quote unclosed: no reader takes it for an object.
    """
    rest, is_first = b"", True
    with file.open("rb") as handle:
        handle.seek(start)
        while received := handle.read(min(BLOCK_BYTES, end - handle.tell())):
            # A block ends with an object or a part of one: no number and no separator is torn.
            whole, brace, rest = (rest + received).rpartition(b"}")
            block = whole + brace
            if len(rest) > MAX_RECORD_BYTES or b"\n" in block:
                raise NotPlain
            if not block:
                continue
            lead = b""
            if is_first:
                block, is_first = block.lstrip(), False
            elif separator := SEPARATOR.match(block):
                lead, block = b"\n", block[separator.end() :]
            yield lead + BETWEEN_ROWS.sub(b"}\n{", block)
    if rest.strip():
        raise NotPlain
    if not is_first:
        yield b"\n"


def _copy_start(handle: BinaryIO, out: BinaryIO, size: int) -> None:
    while size > 0:
        part = handle.read(min(size, 1024**2))
        if not part:
            return
        out.write(part)
        size -= len(part)


def without_broken_escapes(block: bytes) -> bytes:
    """The block with U+FFFD for every escaped NUL (no reader after us keeps what follows one) and for every escape that
    is half of a pair, the other half being cut away (no reader takes it). The block must not end inside an escape.
    """
    if b"\\u0000" not in block and re.search(SURROGATE.encode(), block) is None:
        return block
    return BROKEN_ESCAPE.sub(lambda found: found[0] if found[2] else found[1] + b"\\ufffd", block)


def _has_half_pair(text: pa.Array) -> bool:
    """Whether there are more halves than the pairs have."""
    pairs, halves = (pc.count_substring_regex(text, pattern)[0].as_py() for pattern in (PAIR, SURROGATE))
    return bool(halves != 2 * pairs)


def _has(text: pa.Array, pattern: str) -> bool:
    """Whether a pattern (RE2, over bytes) is anywhere in the block."""
    return bool(pc.match_substring_regex(text, pattern)[0].as_py())
