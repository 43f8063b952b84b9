"""`.ok` markers: `<rows> <sha256>` of a CSV, written last. The row count includes bad rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.errors import DeliveryRefused
from pipelines.ingest.landing import Original
from pipelines.ingest.rows import Reading

MAX_MARKER_BYTES = 4096


@dataclass(frozen=True)
class Marker:
    """What a marker states of its CSV."""

    name: str
    rows: int
    sha256: str

    def stated_in(self, reading: Reading) -> Reading:
        """The reading with the marker's row count as its control total."""
        return replace(reading, control_total=self.rows, control_rows=reading.rows)


def start_of(file: Path) -> bytes:
    """As much of a marker's file as is looked at, and a byte more where there is more: it may be anything."""
    with file.open("rb") as handle:
        return handle.read(MAX_MARKER_BYTES + 1)


def refuse_long_marker(source: str, name: str, size: int) -> None:
    """Raise DeliveryRefused where a marker is longer than MAX_MARKER_BYTES: what follows may say something else."""
    if size > MAX_MARKER_BYTES:
        raise DeliveryRefused(
            source,
            f"the marker has more than MAX_MARKER_BYTES = {MAX_MARKER_BYTES} bytes: it is not '<rows> <sha256>'",
            where=name,
            remedy="ask the source for the marker again, or hand the CSV over without it",
        )


def read_marker(source: str, content: bytes, name: str) -> Marker:
    """Read a marker. Raises DeliveryRefused where it is not `<rows> <sha256>`."""
    refuse_long_marker(source, name, len(content))
    text = content.removeprefix(b"\xef\xbb\xbf").decode("ascii", "replace").strip()
    found = re.fullmatch(r"(\d{1,12})[\s,]+([0-9A-Fa-f]{64})(?:\s+\*?\S+)?", text)
    if found is None:
        raise DeliveryRefused(
            source,
            "the marker is not '<rows> <sha256>'",
            where=name,
            remedy="ask the source for the marker again, or hand the CSV over without it",
        )
    return Marker(name, int(found.group(1)), found.group(2).lower())


def check_marker(source: str, marker: Marker, item: Original, *, rows: int | None) -> None:
    """Raise DeliveryRefused naming what differs: the SHA-256, or (once known) the number of rows."""
    if item.sha256 != marker.sha256:
        raise DeliveryRefused(
            source,
            "the SHA-256 of the file differs from the one in its marker",
            where=f"{item.name} against {marker.name}",
            remedy="the file was changed or cut on its way: have both sent again",
        )
    if rows is not None and rows != marker.rows:
        raise DeliveryRefused(
            source,
            f"the number of rows differs: the marker says {marker.rows}, the file has {rows}",
            where=f"{item.name} against {marker.name}",
            remedy="have the file and its marker sent again",
        )
