"""A look at everything that must be right before a day can be published, each with what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines import ingest
from pipelines.contracts import SourceContract, load_sources, load_tables
from pipelines.doctor.findings import Finding, Heading, guarded, of_error
from pipelines.doctor.places import calendar_findings, disk_findings, key_findings, lock_findings
from pipelines.doctor.probes import probe_findings
from pipelines.doctor.published import published_findings
from pipelines.doctor.sources import day_findings, source_findings
from pipelines.ingest.deliveries import Delivery
from pipelines.settings import Connection, connection_from_environment, load_city
from pipelines.store import Workspace

__all__ = ["Finding", "Heading", "examine"]


def examine(
    workspace_root: Path,
    city_directory: Path,
    *,
    is_probing: bool = False,
    connections: Callable[[str], Connection | None] = connection_from_environment,
) -> list[Finding]:
    """Findings in the order in which they are worth mending. `is_probing`: each connection is tried, no row is read.

    Never raises: what goes wrong while looking is a finding.
    """
    findings: list[Finding] = []
    city = None
    try:
        city = load_city(city_directory)
        findings.append(Finding("city", "ok", str(city_directory)))
    except Exception as error:
        findings.append(of_error("city", error))
    try:
        contracts = load_sources()
        findings.append(Finding("contracts", "ok", f"{len(contracts)} sources, {len(load_tables())} tables"))
    except Exception as error:
        return [*findings, of_error("contracts", error)]
    try:
        workspace = Workspace.open(workspace_root, create=False)
    except Exception as error:
        findings.append(of_error("workspace", error))
        if is_probing:
            findings += _probes(contracts, connections)
        return findings
    findings += guarded("key", lambda: key_findings(workspace))
    findings += guarded("disk", lambda: disk_findings(workspace))
    landed: list[Delivery] = []
    findings += guarded("landing", lambda: _landing(workspace, landed))
    for name, contract in contracts.items():
        findings += guarded(
            name,
            lambda c=contract: source_findings(workspace, c, landed, connections(c.connection)),  # type: ignore[misc]
        )
    findings += guarded("days", lambda: day_findings(workspace, contracts, landed))
    if city is not None:
        newest = max((item.delivered_for for item in landed), default=None)
        findings += guarded("calendar", lambda: calendar_findings(city, newest))
    findings += guarded("warehouse", lambda: lock_findings(workspace))
    findings += guarded("published", lambda: published_findings(workspace))
    if is_probing:
        findings += _probes(contracts, connections)
    return findings


def _landing(workspace: Workspace, landed: list[Delivery]) -> list[Finding]:
    try:
        landed += ingest.landed(workspace)
    except Exception as error:
        found = of_error("landing", error)
        return [Finding("landing", "wrong", found.text, found.remedy, Heading.LANDING)]
    return [Finding("landing", "ok", f"{len(landed)} deliveries")]


def _probes(
    contracts: dict[str, SourceContract], connections: Callable[[str], Connection | None]
) -> list[Finding]:
    findings: list[Finding] = []
    for name, contract in contracts.items():
        findings += guarded(name, lambda c=contract: probe_findings(c, connections(c.connection)))  # type: ignore[misc]
    return findings
