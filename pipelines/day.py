"""A business date from landing to published: the one way for the command line and for the DAGs.

`publish` knows the deliveries landed by now with `delivered_for` up to the date, makes every table, checks, and
publishes; a date that is published already is left alone. `refresh` makes the tables of the newest publication again
(`rebuild`). How a publication is committed: `pipelines.publication`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date

import duckdb

from pipelines import ingest, normalize, quality, registry
from pipelines import publish as publishing
from pipelines.contracts import SourceContract, load_sources, load_tables
from pipelines.errors import ClearanceError, ConfigurationError, PublicationError, SourceError, UnknownSubject
from pipelines.ingest import attempts
from pipelines.publication import PublicationReport, carry_out, compared_with, place_of, settle
from pipelines.settings import City, Connection, connection_from_environment
from pipelines.store import Workspace, open_published
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
        report = carry_out(workspace, connection, city, contracts, making, ("tickets", "leads"), say)
        say(f"published {making.publication_id}")
        return report


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


def _text(connection: duckdb.DuckDBPyConnection, query: str, parameter: str) -> str:
    row = connection.execute(query, [parameter]).fetchone()
    return str(row[0]) if row else "{}"
