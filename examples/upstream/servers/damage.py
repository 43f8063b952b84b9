"""Files as something went wrong with them: the bytes of a delivery, cut, renamed or spelt otherwise.

Each function returns other bytes, or the same where this cannot happen to the file.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import PurePath

NEW_NAME = "业务流水（新）"
NUMBER_HEADERS = ("信访件编号", "信访编号", "线索编号")


def beginning(content: bytes) -> bytes:
    """The first half of the bytes."""
    return content[: max(1, len(content) // 2)]


def without_last_rows(name: str, content: bytes) -> bytes:
    """A text file without its last rows (the last third); a workbook, or a single line of JSON, with the same rows
    in other bytes.
    """
    suffix = PurePath(name).suffix
    if suffix == ".xlsx":
        return _rewritten(content, lambda sheet: sheet)
    records = csv_records(content) if suffix == ".csv" else content.splitlines(keepends=True)
    first = 1 if suffix == ".csv" else 0
    rows = len(records) - first
    if suffix == ".jsonl" and rows == 1:
        return content.replace(b"\n", b"\r\n")
    return content if suffix == ".xls" or rows < 2 else b"".join(records[: first + rows - max(1, rows // 3)])


def with_renamed_column(name: str, content: bytes) -> bytes:
    """The ticket's number under a name that nobody knows."""
    suffix = PurePath(name).suffix
    if suffix == ".jsonl":
        return content.replace('"线索编号":'.encode(), f'"{NEW_NAME}":'.encode())
    if suffix == ".csv":
        mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        renamed = NEW_NAME.encode("utf-8" if mark else "gb18030")
        return mark + renamed + b"," + content.removeprefix(mark).partition(b",")[2]
    return _rewritten(content, _renamed_header) if suffix == ".xlsx" else content


def as_unmarked_utf8(content: bytes) -> bytes:
    """What was GB18030 as UTF-8 without a mark; a broken byte stays one."""
    if content.startswith(codecs.BOM_UTF8):
        return content
    return b"\xff".join(part.decode("gb18030").encode() for part in content.split(b"\xff"))


def csv_records(content: bytes) -> list[bytes]:
    """The records of a CSV as they stand. A line break inside quotes ends none; no byte of a GB18030 or UTF-8
    character looks like a quote or a line break.
    """
    records: list[bytes] = []
    pending = b""
    for line in content.splitlines(keepends=True):
        pending += line
        if pending.count(b'"') % 2 == 0 and pending.endswith(b"\n"):
            records.append(pending)
            pending = b""
    return [*records, pending] if pending else records


def _rewritten(content: bytes, change: Callable[[str], str]) -> bytes:
    """A workbook packed anew without compression, its first sheet changed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for item in old.infolist():
            part = old.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                part = change(part.decode()).encode()
            new.writestr(zipfile.ZipInfo(item.filename, item.date_time), part)
    return packed.getvalue()


def _renamed_header(sheet: str) -> str:
    def renamed(text: re.Match[str]) -> str:
        is_number = re.sub(r"\s|&#\w+;|_x000A_", "", text[2]) in NUMBER_HEADERS
        return f"{text[1]}{NEW_NAME}{text[3]}" if is_number else text[0]

    return re.sub(r"(<t(?: [^>]*)?>)([^<]*)(</t>)", renamed, sheet)
