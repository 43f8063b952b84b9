"""A CSV in another encoding than its contract says is named as that: its header is garbled, and no column is missing.

The byte-order mark decides how a file is read; here nothing is read in another way, it is only said what the file is.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path

from pipelines.contracts import SourceContract
from pipelines.errors import DeliveryRefused
from pipelines.ingest.acceptance import of_another_source

OTHER = {"gb18030": "utf-8", "utf-8": "gb18030"}
SAID = {"gb18030": "GB18030", "utf-8": "UTF-8"}
HEADER_BYTES = 64 * 1024


def refuse_other_encoding(
    contract: SourceContract, file: Path, name: str, headers: Sequence[str], unmarked: str
) -> None:
    """Raise DeliveryRefused where no header is the contract's, and in the other encoding the first line is a header:
    the contract's own, or another source's. `unmarked` is the contract's encoding of a file without a mark.
    """
    if any(contract.declared_name(header) is not None for header in headers):
        return
    otherwise = _first_line(file, OTHER[unmarked])
    another = of_another_source(contract, otherwise)
    if another is not None:
        raise DeliveryRefused(contract.source, another[0], where=name, remedy=another[1])
    if any(contract.declared_name(header) is not None for header in otherwise):
        has, reads = SAID[OTHER[unmarked]], SAID[unmarked]
        raise DeliveryRefused(
            contract.source,
            f"the file is in {has}{' without a byte-order mark' if has == 'UTF-8' else ''}; a file of "
            f"{contract.source} without a mark is read as {reads}, as its contract says",
            where=name,
            remedy=(
                "save it as CSV UTF-8, with the mark (a spreadsheet program calls it CSV UTF-8; "
                "a text editor: UTF-8 with BOM), and hand it over again"
            ),
        )


def _first_line(file: Path, encoding: str) -> list[str]:
    """The fields of the first line in an encoding; none where it has a mark, or cannot be decoded so."""
    with file.open("rb") as handle:
        start = handle.read(HEADER_BYTES)
    line = start.partition(b"\n")[0]
    if start.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return []
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return []
    return next(csv.reader(io.StringIO(text)), [])
