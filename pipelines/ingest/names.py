"""Names of files: what their bytes say. A file system keeps bytes; Chinese offices write them in UTF-8 or in GB18030."""

from __future__ import annotations

from contextlib import suppress

from pipelines.harmless import visible


def decoded(raw: bytes) -> str | None:
    """A name's text: UTF-8, else GB18030, each strictly; None where the bytes are neither."""
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return None


def readable(name: str) -> str:
    """A name as it can be printed and kept: what cannot be shown or steers a terminal becomes U+FFFD."""
    raw = name.encode("utf-8", "surrogateescape")
    text = decoded(raw)
    return visible(raw.decode("utf-8", "replace") if text is None else text).replace("\n", "\ufffd")
