"""Whether a block of bytes is UTF-8, asked of Arrow: many times faster than decoding it."""

from __future__ import annotations

from array import array

import pyarrow as pa


def as_text(block: bytes) -> pa.StringArray | None:
    """The block as one text without a copy, or None where it is not UTF-8."""
    offsets = pa.py_buffer(array("i", (0, len(block))))
    text = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(block))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return None
    return text
