"""A publication from its making to its place: made, checked, committed.

Committed in this order: the finished folder waits beside its place, the registry gets its publication (the commit), the
folder is renamed into place, `latest` is swapped; `settle` finishes or removes what a crash left between.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from pipelines import publish as publishing
from pipelines import quality, registry
from pipelines.contracts import SourceContract, load_tables
from pipelines.errors import ClearanceError
from pipelines.ingest import attempts
from pipelines.ingest.names import shown_name
from pipelines.settings import City
from pipelines.store import Workspace, move_into_place, remove_tree
from pipelines.tables import Making, Say, make_tables, number, versions_of


@dataclass(frozen=True)
class PublicationReport:
    """What came of publishing a date."""

    business_date: date
    publication_id: str
    folder: Path
    is_new: bool
    rows: Mapping[str, int] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    source_errors: Sequence[str] = ()


def carry_out(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    city: City,
    contracts: dict[str, SourceContract],
    making: Making,
    counted: Sequence[str],
    say: Say,
) -> PublicationReport:
    """Make a publication's tables, check them, and publish. The report counts the rows of the tables `counted`.

    Raises GateFailed when a blocking check fails: then nothing is published and nothing is booked.
    """
    checks_folder = workspace.checks / making.publication_id
    warnings, results = make_tables(workspace, connection, city, contracts, making, checks_folder, say)
    warnings += _why_missing(workspace, contracts, making.business_date)
    for warning in warnings:
        say(warning)
    quality.gate(results, where=str(checks_folder))
    folder = _commit(workspace, connection, city, making, checks_folder, contracts)
    rows = {table: number(connection, f"select count(*) from clearance.{table}") for table in counted}
    return PublicationReport(making.business_date, making.publication_id, folder, True, rows, warnings)


def compared_with(making: Making, before: registry.Publication | None) -> Making:
    """The same, with what `before` knew and was made with: differences are against that."""
    if before is None:
        return making
    return replace(
        making,
        last_judgement=before.last_judgement,
        previous_versions=before.versions,
        before_sequence=before.sequence,
    )


def settle(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> None:
    """Finish or remove what a crash left between the commit of a publication and its folder's place."""
    done = {item.publication_id: item for item in registry.publications(connection)}
    for waiting in sorted(workspace.published.glob("*/.r*.waiting")):
        name = f"{waiting.parent.name}_{waiting.name.split('.')[1]}"
        place = waiting.parent / waiting.name.split(".")[1]
        if name in done and not place.exists():
            waiting.rename(place)
        else:
            remove_tree(waiting)
    if done:
        newest = max(done.values(), key=lambda item: (item.business_date, item.revision))
        place = place_of(workspace, newest.business_date, newest.revision)
        latest = workspace.published / "latest"
        if place.is_dir() and (not latest.exists() or latest.resolve() != place.resolve()):
            publishing.swap_latest(workspace, place)


def _commit(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    city: City,
    making: Making,
    checks_folder: Path,
    contracts: Mapping[str, SourceContract],
) -> Path:
    """Write the folder of a publication that passed its checks, append it to the registry, put it into its place."""
    tables = load_tables()
    hashes = publishing.content_hashes(connection, tables)
    connection.execute(
        "update core.new_publication set content_hashes = $1", [json.dumps(hashes, sort_keys=True)]
    )
    place = place_of(workspace, making.business_date, making.revision)
    latest = workspace.published / "latest"
    context = publishing.PublicationContext(
        business_date=making.business_date,
        revision=making.revision,
        publication_id=making.publication_id,
        published_at=_moment(connection),
        deliveries=[
            {
                "delivery_id": item.delivery_id,
                "source": item.source,
                "delivered_for": item.delivered_for.isoformat(),
                "name": item.name if item.kind != "file" else shown_name(contracts[item.source], item.name),
                "rows": item.rows,
                "control_total": item.control_total,
                "sha256": item.sha256,
            }
            for item in making.known
        ],
        versions=versions_of(city, contracts),
        checks_folder=checks_folder,
        previous=latest.resolve() if latest.exists() and not making.is_reissue else None,
        previous_revision=_revision_before(workspace, making),
        kind=making.kind,
        waivers=_waivers(connection, making.business_date),
        content_hashes=hashes,
    )
    made = publishing.write(workspace, connection, city, tables, context)
    waiting = place.with_name(f".{place.name}.waiting")
    remove_tree(waiting)
    waiting.parent.mkdir(parents=True, exist_ok=True)
    move_into_place(made, waiting)
    registry.append_publication(
        workspace,
        connection,
        making.publication_id,
        registry.publication_queries(
            making.publication_id, making.sequence, making.newest_date, is_reissue=making.is_reissue
        ),
    )
    move_into_place(waiting, place)
    if making.newest_date is None or making.business_date >= making.newest_date:
        publishing.swap_latest(workspace, place)
    return place


def _revision_before(workspace: Workspace, making: Making) -> Path | None:
    """The folder of the revision before of the same date, or None."""
    place = place_of(workspace, making.business_date, making.revision)
    return max((path for path in place.parent.glob("r[0-9][0-9]") if path < place), default=None)


def _why_missing(
    workspace: Workspace, contracts: Mapping[str, SourceContract], business_date: date
) -> list[str]:
    """A line for every source whose last pull for the date did not land, with where to read on."""
    lines = []
    for name in contracts:
        attempt = attempts.last(workspace, name, business_date)
        if attempt is not None and attempt.reason is not None:
            what = attempt.what.removeprefix(f"{name}: ")
            lines.append(
                f"{name} did not land for {business_date}: {what} ({attempt.tries} tries; "
                f'docs/runbook.md, "{attempt.reason.heading}")'
            )
    return lines


def place_of(workspace: Workspace, business_date: date, revision: int) -> Path:
    """The folder of a publication."""
    return workspace.published / business_date.isoformat() / f"r{revision:02d}"


def _waivers(connection: duckdb.DuckDBPyConnection, business_date: date) -> list[dict[str, object]]:
    rows = connection.execute(
        "select source, waived_by, why from registry.waivers where business_date = $1 order by waiver_no",
        [business_date],
    ).fetchall()
    return [{"source": source, "by": by, "why": why} for source, by, why in rows]


def _moment(connection: duckdb.DuckDBPyConnection) -> datetime:
    row = connection.execute("select published_at from core.new_publication").fetchone()
    if row is None or not isinstance(row[0], datetime):
        raise ClearanceError("the publication in the making has no row")
    return row[0]
