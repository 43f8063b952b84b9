"""A business date from landing to published: the one way for the command line and for the DAGs.

`publish` knows the deliveries landed by now with `delivered_for` up to the date, makes every table, checks, and
publishes; a date that is published already is left alone. `refresh` makes the tables of the newest publication again
(`rebuild`). A publication is committed in this order: the finished folder waits beside its place, the registry gets
its publication (the commit), the folder is renamed into place, `latest` is swapped; `settle` finishes or removes
what a crash left between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from pipelines import ingest, normalize, quality, registry
from pipelines import publish as publishing
from pipelines.contracts import SourceContract, load_sources, load_tables
from pipelines.errors import ClearanceError, ConfigurationError, PublicationError, SourceError, UnknownSubject
from pipelines.ingest import attempts
from pipelines.ingest.names import shown_name
from pipelines.settings import City, Connection, connection_from_environment
from pipelines.store import Workspace, move_into_place, open_published, remove_tree
from pipelines.tables import (
    Making,
    Say,
    contracts_then,
    landed_deliveries,
    make_tables,
    number,
    versions_of,
    wall_clock,
)

Connections = Callable[[str], Connection | None]


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


def run(
    workspace: Workspace,
    city: City,
    business_date: date,
    *,
    say: Say = lambda line: None,
    connections: Connections = connection_from_environment,
) -> PublicationReport:
    """Pull every source that has a connection, name the others, and publish. A source that fails does not stop it."""
    errors = pull(workspace, business_date, say=say, connections=connections)
    report = publish(workspace, city, business_date, say=say)
    return PublicationReport(
        report.business_date,
        report.publication_id,
        report.folder,
        report.is_new,
        report.rows,
        report.warnings,
        [str(error) for error in errors],
    )


def pull(
    workspace: Workspace,
    business_date: date,
    sources: Sequence[str] = (),
    *,
    say: Say = lambda line: None,
    connections: Connections = connection_from_environment,
) -> list[ClearanceError]:
    """Pull the named sources (all without a name) for a date. Returns the errors, one a source that failed."""
    contracts = load_sources()
    unknown = [name for name in sources if name not in contracts]
    if unknown:
        raise UnknownSubject(
            f"there is no source {unknown[0]}", remedy=f"known sources: {', '.join(contracts)}"
        )
    errors: list[ClearanceError] = []
    for name in sources or contracts:
        try:
            try:
                connection = connections(contracts[name].connection)
            except ConfigurationError as error:
                attempts.note_failure(workspace, name, business_date, error)
                raise
            if connection is None:
                say(
                    f"{name}: no connection set (AIRFLOW_CONN_{contracts[name].connection.upper()}), not pulled"
                )
                continue
            report = ingest.pull(workspace, contracts[name], connection, business_date, say=say)
            say(f"{name}: {report.rows} rows in {len(report.deliveries)} new deliveries for {business_date}")
        except (SourceError, ConfigurationError) as error:
            errors.append(error)
            say(str(error))
    return errors


def publish(
    workspace: Workspace,
    city: City,
    business_date: date,
    *,
    say: Say = lambda line: None,
    recorded: frozenset[str] | None = None,
) -> PublicationReport:
    """Publish a business date, unless it is published already. `recorded`: know these deliveries and no others (a replay).

    Raises PublicationError for a date before the newest published one, GateFailed
    when a blocking check fails: then nothing is published and nothing is booked.
    """
    contracts = load_sources()
    with workspace.warehouse(memory=city.warehouse_memory, threads=city.warehouse_threads) as connection:
        normalize.prepare(connection, city)
        registry.load(workspace, connection)
        settle(workspace, connection)
        done = registry.publications(connection)
        of_date = [item for item in done if item.business_date == business_date]
        if of_date:
            last = of_date[-1]
            say(f"{business_date} is published already ({last.publication_id}); nothing to do")
            folder = place_of(workspace, business_date, last.revision)
            return PublicationReport(business_date, last.publication_id, folder, is_new=False)
        making = _new_making(workspace, connection, business_date, recorded)
        checks_folder = workspace.checks / making.publication_id
        warnings, results = make_tables(workspace, connection, city, contracts, making, checks_folder, say)
        warnings += why_missing(workspace, contracts, business_date)
        for warning in warnings:
            say(warning)
        quality.gate(results, where=str(checks_folder))
        folder = commit(workspace, connection, city, making, checks_folder, contracts)
        say(f"published {making.publication_id}")
        rows = {
            table: number(connection, f"select count(*) from clearance.{table}")
            for table in ("tickets", "leads")
        }
        return PublicationReport(business_date, making.publication_id, folder, True, rows, warnings)


def refresh(workspace: Workspace, city: City, *, say: Say = lambda line: None) -> dict[str, bool]:
    """Make the newest publication's tables again from landing and registry.

    Returns, for each content table, whether its hash is the one that was published. Like is compared with like:
    sources that were added since are left out; what else is not as it was then is said.
    """
    with workspace.warehouse(memory=city.warehouse_memory, threads=city.warehouse_threads) as connection:
        normalize.prepare(connection, city)
        registry.load(workspace, connection)
        settle(workspace, connection)
        done = registry.publications(connection)
        if not done:
            raise UnknownSubject(
                "nothing is published yet", where=str(workspace.registry), remedy="publish a date first"
            )
        newest_date = max(item.business_date for item in done)
        last = next(item for item in reversed(done) if item.business_date == newest_date)
        registry.derive_standing(connection, last_judgement=last.last_judgement, sequence=last.sequence)
        known = [item for item in landed_deliveries(workspace) if item.delivery_id in last.delivery_ids]
        _refuse_lost(workspace, len(last.delivery_ids) - len(known), last.publication_id)
        contracts = _contracts_of(workspace, connection, city, last, say)
        making = Making(
            business_date=newest_date,
            publication_id=last.publication_id,
            revision=last.revision,
            sequence=last.sequence,
            known=known,
            newest_date=newest_date,
            last_judgement=last.last_judgement,
            previous_versions=None,
            is_new=False,
            kind="reissue" if last.kind == "reissue" else "daily",
            before_sequence=last.sequence,
        )
        if making.is_reissue:
            making = compared_with(making, registry.that_booked(done, newest_date))
        make_tables(workspace, connection, city, contracts, making, None, say)
        published = json.loads(
            _text(
                connection,
                "select content_hashes from registry.publications where publication_id = $1",
                last.publication_id,
            )
        )
        hashes = publishing.content_hashes(connection, load_tables())
        return {table: hashes.get(table) == published[table] for table in published}


def _contracts_of(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    city: City,
    last: registry.Publication,
    say: Say,
) -> dict[str, SourceContract]:
    """The contracts to make a publication again with; says what is not as it was when it was made."""
    current = load_sources()
    row = connection.execute(
        "select contract_version, rules_version, calendar_version, model_version, code_version "
        "from registry.publications where publication_id = $1",
        [last.publication_id],
    ).fetchone()
    then = dict(zip(("contracts", "rules", "calendar", "model", "code"), row or (), strict=True))
    file = place_of(workspace, last.business_date, last.revision) / "clearance.duckdb"
    if not file.is_file():
        say(f"{last.publication_id}: its folder is not there, so all contracts of now are taken")
        return current
    with open_published(file) as published:
        sources = {
            str(name) for (name,) in published.execute("select source from clearance.sources").fetchall()
        }
    contracts, is_as_then = contracts_then(current, then["contracts"], sources)
    added, gone = sorted(set(current) - sources), sorted(sources - set(current))
    if added:
        say(f"sources added since {last.publication_id}, left out here: {', '.join(added)}")
    changed = [f"the contract of {name} is gone" for name in gone]
    if not is_as_then and not gone:
        newest = {
            item.source: item for item in ingest.landed(workspace) if item.delivery_id in last.delivery_ids
        }
        own = [name for name, item in newest.items() if contracts[name].digest != item.contract_digest]
        named = f" ({', '.join(own)}: not as when its newest delivery landed)" if own else ""
        changed.append(f"contracts{named}")
    try:
        now = versions_of(city, contracts)
    except ClearanceError:
        # (A rule names a channel that a source brought since.)
        now = versions_of(city, current)
    changed += [name for name in ("rules", "calendar", "model", "code") if now[name] != then[name]]
    if changed:
        say(f"changed since {last.publication_id}: {'; '.join(changed)}")
        say(
            "tables that differ for that reason are no fault: the next publication shows and books what changed"
        )
    return contracts


def try_out(
    workspace: Workspace, city: City, business_date: date, *, say: Say = lambda line: None
) -> list[quality.CheckResult]:
    """Make and check the tables of a date as they would be published now, without publishing or booking."""
    contracts = load_sources()
    with workspace.warehouse(memory=city.warehouse_memory, threads=city.warehouse_threads) as connection:
        normalize.prepare(connection, city)
        registry.load(workspace, connection)
        making = _new_making(workspace, connection, business_date)
        folder = workspace.checks / f"{business_date.isoformat()}_build"
        warnings, results = make_tables(workspace, connection, city, contracts, making, folder, say)
        for warning in warnings:
            say(warning)
        return results


def replay(
    workspace: Workspace, city: City, source: str, *, by: str, why: str, say: Say = lambda line: None
) -> tuple[int, int]:
    """Judge all rows of a source again by the contract as it is now; the replay becomes a row of the registry.

    Returns the rows in quarantine before and after. What came good is known to the next publication.
    """
    contracts = load_sources()
    if source not in contracts:
        raise UnknownSubject(f"there is no source {source}", remedy=f"known sources: {', '.join(contracts)}")
    with workspace.warehouse(memory=city.warehouse_memory, threads=city.warehouse_threads) as connection:
        normalize.prepare(connection, city)
        count = f"select count(*) from stage.rows where source = '{source}' and disposition = 'quarantined'"
        before = number(connection, count)
        connection.execute("begin")
        connection.execute(
            "delete from stage.prose where delivery_id in (select delivery_id from stage.deliveries where source = $1)",
            [source],
        )
        connection.execute("delete from stage.deliveries where source = $1", [source])
        connection.execute("delete from stage.rows where source = $1", [source])
        connection.execute("commit")
        rows = normalize.stage(
            workspace,
            connection,
            city,
            contracts,
            [item for item in landed_deliveries(workspace) if item.source == source],
        )
        after = number(connection, count)
    registry.append_decision(
        workspace,
        "replays",
        {"source": source, "reason": why, "replayed_by": by, "replayed_at": wall_clock(), "rows": rows},
    )
    say(f"{rows} rows judged again")
    return before, after


def _new_making(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    business_date: date,
    recorded: frozenset[str] | None = None,
) -> Making:
    done = registry.publications(connection)
    newest = max((item.business_date for item in done), default=None)
    if newest is not None and business_date <= newest:
        raise PublicationError(
            f"{business_date} is not later than the newest published date {newest}; a past day can only be restated",
            remedy=f"clearance reissue --date {business_date} restates it beside the book; what became known since shows "
            "in the next day's table as corrections",
        )
    known = [item for item in landed_deliveries(workspace) if item.delivered_for <= business_date]
    if recorded is not None:
        known = [item for item in known if item.delivery_id in recorded]
        _refuse_lost(workspace, len(recorded) - len(known), f"the publication of {business_date}")
    if not known:
        raise PublicationError(
            f"nothing has landed for {business_date} or before",
            where=str(workspace.landing),
            remedy="pull or import the sources first",
        )
    making = Making(
        business_date=business_date,
        publication_id=registry.publication_id(business_date, 1),
        revision=1,
        sequence=len(done) + 1,
        known=known,
        newest_date=newest,
        last_judgement=0,
        previous_versions=None,
        is_new=True,
    )
    # (A reissue books nothing: the next day is compared with the daily publication before.)
    return compared_with(making, next((item for item in reversed(done) if item.kind == "daily"), None))


def _refuse_lost(workspace: Workspace, lost: int, publication: str) -> None:
    if lost:
        raise PublicationError(
            f"{lost} deliveries that {publication} was published with are gone from the landing",
            where=str(workspace.landing),
            remedy="put them back from their safe copy",
        )


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


def commit(
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


def why_missing(
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


def _text(connection: duckdb.DuckDBPyConnection, query: str, parameter: str) -> str:
    row = connection.execute(query, [parameter]).fetchone()
    return str(row[0]) if row else "{}"
