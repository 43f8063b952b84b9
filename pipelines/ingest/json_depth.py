"""How deep a JSON document is nested, before anything holds it in memory."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from pipelines.errors import DeliveryRefused
from pipelines.ingest.archives import opened
from pipelines.ingest.limits import MAX_JSON_DEPTH, MAX_RECORD_BYTES
from pipelines.ingest.reading_time import refuse_too_slow

BLOCK_BYTES = 4 * 1024**2
_DEEP = re.compile(rb"[\[{]{%d}" % (MAX_JSON_DEPTH + 1))


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
            if is_by_line and has_few_openers(block) and len(rest) < MAX_JSON_DEPTH // 2:
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
            is_deep = b"[]" in signs or b"{}" in signs or _DEEP.search(signs.partition(b'"')[0])
            if is_deep or len(rest) > MAX_RECORD_BYTES:  # (so many brackets that fit no others)
                raise DeliveryRefused(
                    source,
                    f"its values are nested deeper than MAX_JSON_DEPTH = {MAX_JSON_DEPTH}",
                    where=name,
                    remedy="a row of a table has no such values: look at the file",
                )


def has_few_openers(block: bytes) -> bool:
    """Whether whole lines have so few brackets, beside the first of each line, that none of them can be deep."""
    view = np.frombuffer(block, dtype=np.uint8)
    braces = np.flatnonzero(view == ord("{"))
    first = int(np.count_nonzero(view[braces[braces > 0] - 1] == ord("\n")))
    openers = int(np.count_nonzero(view == ord("["))) + len(braces) - first
    return b"\n" in block and openers < MAX_JSON_DEPTH // 2
