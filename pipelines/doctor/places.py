"""The workspace's own places: key, disk, lock; and the calendar."""

from __future__ import annotations

import csv
import shutil
from datetime import date

from pipelines.doctor.findings import Finding, Heading
from pipelines.errors import WarehouseLocked
from pipelines.settings import City
from pipelines.store import Workspace

GIB = 1024**3
# A day of a large city needs some hundred MB beside the spill of its making.
LEAST_FREE_BYTES = 1 * GIB
COMFORTABLE_BYTES = 5 * GIB
KEY_BYTES = 32


def key_findings(workspace: Workspace) -> list[Finding]:
    """The key file: 32 bytes that only its owner may read."""
    file = workspace.root / "key"
    status = file.stat()
    mode = status.st_mode & 0o777
    if status.st_size != KEY_BYTES:
        return [
            Finding(
                "key",
                "wrong",
                f"{status.st_size} bytes, not {KEY_BYTES}: it is not the key that was made",
                "put the key back from its safe copy; never make a new one beside data",
                Heading.KEY,
            )
        ]
    if mode & 0o077:
        return [
            Finding("key", "wrong", f"mode {mode:o}: others may read it", f"chmod 600 {file}", Heading.KEY)
        ]
    return [Finding("key", "ok", f"mode {mode:o}")]


def disk_findings(workspace: Workspace) -> list[Finding]:
    """Free space where the workspace lies."""
    free = shutil.disk_usage(workspace.root).free
    level = "wrong" if free < LEAST_FREE_BYTES else "look" if free < COMFORTABLE_BYTES else "ok"
    remedy = "" if level == "ok" else "free space, or move the workspace; nothing half-written is ever used"
    return [Finding("disk", level, f"{free / GIB:.1f} GiB free", remedy, Heading.DISK)]  # type: ignore[arg-type]


def lock_findings(workspace: Workspace) -> list[Finding]:
    """Whether the warehouse is free to write, and what a crash left."""
    try:
        with workspace.lock():
            findings = [Finding("warehouse", "ok", "free to write")]
    except WarehouseLocked as error:
        findings = [Finding("warehouse", "wrong", error.what, error.remedy, Heading.LOCKED)]
    waiting = len(list(workspace.published.glob("*/.r*.waiting")))
    if waiting:
        findings.append(
            Finding(
                "published",
                "look",
                f"{waiting} folders wait beside their place: a run ended in the middle",
                "the next publish finishes or removes them",
                Heading.PUBLICATION,
            )
        )
    return findings


def calendar_findings(city: City, day: date | None) -> list[Finding]:
    """Whether the region's own holidays are entered for the year in hand."""
    path = city.directory / "calendar.csv"
    if not path.is_file():
        return [
            Finding(
                "calendar",
                "wrong",
                "no calendar.csv in the city folder",
                "enter the region's own holidays",
                Heading.CALENDAR,
            )
        ]
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(line for line in handle if not line.startswith("#")))
    years = sorted({str(next(iter(row.values())))[:4] for row in rows})
    if day is not None and str(day.year) not in years:
        return [
            Finding(
                "calendar",
                "wrong",
                f"the region's own holidays of {day.year} are not entered",
                f"enter them in {path}, each with its notice and status",
                Heading.CALENDAR,
            )
        ]
    return [Finding("calendar", "ok", f"the region's own holidays are entered for {', '.join(years)}")]
