"""A look at everything that must be right before a day can be published, each with what to do."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines import ingest
from pipelines.contracts import load_sources, load_tables
from pipelines.errors import ClearanceError
from pipelines.settings import City, connection_from_environment, load_city
from pipelines.store import Workspace


@dataclass(frozen=True)
class Finding:
    subject: str
    is_good: bool
    text: str
    remedy: str = ""


def examine(workspace_root: Path, city_directory: Path) -> list[Finding]:
    """Findings in the order in which they are worth mending."""
    findings = []
    try:
        city: City | None = load_city(city_directory)
        findings.append(Finding("city", True, str(city_directory)))
    except ClearanceError as error:
        city = None
        findings.append(Finding("city", False, error.what, error.remedy))
    try:
        sources = load_sources()
        findings.append(Finding("contracts", True, f"{len(sources)} sources, {len(load_tables())} tables"))
    except ClearanceError as error:
        return [*findings, Finding("contracts", False, f"{error.what} ({error.where})", error.remedy)]
    try:
        workspace = Workspace.open(workspace_root, create=False)
    except ClearanceError as error:
        return [*findings, Finding("workspace", False, error.what, error.remedy)]
    mode = (workspace.root / "key").stat().st_mode & 0o777
    findings.append(
        Finding(
            "key",
            mode == 0o600,
            f"mode {mode:o}",
            "" if mode == 0o600 else f"chmod 600 {workspace.root / 'key'}",
        )
    )
    landed = ingest.landed(workspace)
    for name, contract in sources.items():
        own = [item for item in landed if item.source == name]
        newest = max((item.delivered_for for item in own), default=None)
        has_connection = connection_from_environment(contract.connection) is not None
        text = f"{len(own)} deliveries, newest for {newest}" if own else "nothing landed yet"
        variable = f"AIRFLOW_CONN_{contract.connection.upper()}"
        is_good = bool(own) or has_connection
        remedy = "" if is_good else f"set {variable}, or clearance import {name} FILE…"
        findings.append(
            Finding(name, is_good, text + ("" if has_connection else ", no connection set"), remedy)
        )
    if city is not None:
        findings.append(_calendar(city, max((item.delivered_for for item in landed), default=None)))
    try:
        with workspace.lock():
            findings.append(Finding("warehouse", True, "free to write"))
    except ClearanceError as error:
        findings.append(Finding("warehouse", False, error.what, error.remedy))
    return findings


def _calendar(city: City, day: date | None) -> Finding:
    path = city.directory / "calendar.csv"
    if not path.is_file():
        return Finding(
            "calendar", False, "no calendar.csv in the city folder", "enter the region's own holidays"
        )
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(line for line in handle if not line.startswith("#")))
    years = sorted({str(next(iter(row.values())))[:4] for row in rows})
    if day is not None and str(day.year) not in years:
        return Finding(
            "calendar",
            False,
            f"the region's own holidays of {day.year} are not entered",
            f"enter them in {path}, each with its notice and status",
        )
    return Finding("calendar", True, f"the region's own holidays are entered for {', '.join(years)}")
