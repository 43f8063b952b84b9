"""Whether all rows of a block have the same keys in the same order, proven on its bytes: nobody has to parse it for them.

Inside a string every quote has a backslash before it, so a quote right before a colon ends a key, or opens a string
that begins with a colon. Where each line has as many such quotes as its first line has keys, and each stands behind
its own key's name, there are no other keys.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.ingest.limits import MAX_COLUMNS

LINE_FEED, SPACE, QUOTE, COLON, BACKSLASH = 10, 32, 34, 58, 92
WORD = 8  # bytes compared at once


def keys_of_rows(block: bytes) -> tuple[tuple[str, ...], int] | None:
    """The keys that every line of a block has, and how many lines there are; None where they are not plainly the same.

    A block of lines may lack the line break at its end and have one at its start.
    """
    start = int(block.startswith(b"\n"))
    keys = _keys_of(block[start:].partition(b"\n")[0])
    if not 0 < len(keys) <= MAX_COLUMNS:
        return None
    names = [f'"{key}"'.encode("utf-8", "surrogatepass") for key in keys]
    words = -(-max(map(len, names)) // WORD)
    padding = WORD * words
    padded = bytes(padding) + block
    view = np.frombuffer(padded, dtype=np.uint8)
    breaks = np.flatnonzero(view[padding + start :] == LINE_FEED) + padding + start
    lines = len(breaks) + (not block.endswith(b"\n"))
    ends = np.flatnonzero(view == COLON) - 1
    signs = view[ends]
    ends = ends[signs == QUOTE]
    if len(ends) != lines * len(keys) or (signs <= SPACE).any():  # (blanks between a key and its colon)
        return None
    ends = ends.reshape(lines, len(keys))
    if (ends[1:, 0] < breaks[: lines - 1]).any() or (ends[: len(breaks), -1] > breaks).any():
        return None
    if (view[ends - np.array([len(name) for name in names])] == BACKSLASH).any():
        return None
    return (tuple(keys), lines) if _end_with(padded, ends, names, words) else None


def _keys_of(line: bytes) -> list[str]:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        return []
    return list(row) if isinstance(row, dict) else []


def _end_with(padded: bytes, ends: npt.NDArray[np.intp], names: list[bytes], words: int) -> bool:
    """Whether each name ends where it must, a column of `ends` each; compared by words, from the last one to the first."""
    windows: npt.NDArray[np.uint64] = np.ndarray(
        len(padded) - WORD + 1, dtype="<u8", buffer=padded, strides=(1,)
    )
    for word in range(words):
        parts = [
            (name.rjust(WORD * words, b"\0"), (b"\xff" * len(name)).rjust(WORD * words, b"\0"))
            for name in names
        ]
        part = slice(WORD * (words - word - 1), WORD * (words - word))
        expected, mask = (np.array([int.from_bytes(pair[at][part], "little") for pair in parts], dtype="<u8")
                          for at in (0, 1))  # fmt: skip
        found = windows[ends - (WORD - 1) - WORD * word]
        if ((found & mask) != expected).any():
            return False
    return True
