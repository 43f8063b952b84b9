"""All tables of a business date in the warehouse: the steps in their order, from staged rows to the published marts.

Called by `day`; nothing here publishes, and nothing is booked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from pipelines import __version__, clocks, ingest, ledger, normalize, publish, quality, registry, resolve
from pipelines.contracts import SourceContract, channels, load_tables
from pipelines.errors import PublicationError
from pipelines.ingest import attempts
from pipelines.ledger.booking import Booking
from pipelines.normalize import Landed
from pipelines.resolve.leads import MODEL_VERSION
from pipelines.settings import TIME_ZONE, City
from pipelines.store import Workspace, quote_literal, remove_tree, run_sql

Say = Callable[[str], None]

MARTS = (
    "tickets",
    "leads",
    "incidents",
    "ticket_events",
    "clocks",
    "matches",
    "publications",
    "corrections",
    "differences",
    "quarantine",
    "sources",
    "divisions",
    "channels",
    "calendar",
    "campaign",
    "indicators",
    "cohorts",
    "burn_down",
    "warnings",
    "moved_deadlines",
)


@dataclass(frozen=True)
class Making:
    """The tables in the making: for which date, revision and knowledge.

    `previous_versions`, `last_judgement` and `before_sequence` are of the publication that is compared with: the
    daily one before, of a reissue the one that booked its business date.
    """

    business_date: date
    publication_id: str
    revision: int
    sequence: int
    known: Sequence[Landed]
    newest_date: date | None
    last_judgement: int
    previous_versions: Mapping[str, str] | None
    is_new: bool
    kind: Literal["daily", "reissue"] = "daily"
    before_sequence: int = 0

    @property
    def is_reissue(self) -> bool:
        return self.kind == "reissue"


def make_tables(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    city: City,
    contracts: dict[str, SourceContract],
    making: Making,
    checks_folder: Path | None,
    say: Say,
) -> tuple[list[str], list[quality.CheckResult]]:
    """All tables of a date in schema `clearance`, and the checks on them (`checks_folder` None: no checks)."""
    if checks_folder is not None:
        quality.preload()
    say(f"{making.business_date}: {len(making.known)} deliveries known")
    added = normalize.stage(workspace, connection, city, contracts, making.known)
    say(f"staged {added} new rows")
    normalize.read_prose(connection)
    normalize.fold(connection, [item.delivery_id for item in making.known])
    normalize.describe_state(connection, making.business_date, workspace.keys.person)
    results: list[quality.CheckResult] = []
    if checks_folder is not None:
        remove_tree(checks_folder)
    resolve.resolve(connection)
    first = connection.execute("select min(cast(received_at as date)) from core.ticket_state").fetchone()
    warnings = clocks.build_calendar(
        connection, city, (first and first[0]) or making.business_date, making.business_date
    )
    warnings += clocks.build_clocks(connection, city, making.business_date)
    _reference_tables(workspace, connection, contracts, making.business_date)
    versions = versions_of(city, contracts)
    ledger.describe_leads(connection)
    posted = ledger.book(
        connection,
        Booking(
            publication_id=making.publication_id,
            business_date=making.business_date,
            newest_date=making.newest_date,
            last_judgement=making.last_judgement,
            rule_cause=_rule_cause(versions, making.previous_versions),
            channels=tuple(channels(contracts)),
            due_soon_working_days=city.thresholds.due_soon_working_days,
            before_sequence=making.before_sequence,
            is_reissue=making.is_reissue,
        ),
    )
    if not making.is_new and posted:
        raise PublicationError(
            f"made again, the ledger of {making.publication_id} would differ in {posted} entries from what is booked",
            remedy="look for a change of rules, contracts or landing since then; the book is not touched",
        )
    say(f"{posted} ledger entries to post")
    rows_landed = sum(item.rows for item in making.known)
    if making.is_new:
        registry.new_publication_row(
            connection,
            identifier=making.publication_id,
            sequence=making.sequence,
            business_date=making.business_date,
            revision=making.revision,
            kind=making.kind,
            published_at=wall_clock(),
            delivery_ids=[item.delivery_id for item in making.known],
            rows_landed=rows_landed,
            versions=versions,
            last_judgement=number(connection, "select max(judgement_no) from registry.judgements"),
            last_replay=number(connection, "select max(replay_no) from registry.replays"),
            content_hashes="{}",
        )
    else:
        connection.execute(
            "create or replace table core.new_publication as select * from registry.publications limit 0"
        )
    campaign = city.campaign
    parameters: dict[str, object] = {
        "business_date": making.business_date,
        "publication_id": making.publication_id,
        "is_reissue": making.is_reissue,
        "baseline_date": campaign.baseline_date if campaign else making.business_date,
        "target_date": campaign.target_date if campaign else making.business_date,
        "city_code": city.code,
        "large_persons": city.thresholds.large_persons,
        "large_fen": city.thresholds.large_fen,
        "major_persons": city.thresholds.major_persons,
        "major_fen": city.thresholds.major_fen,
        "due_soon": city.thresholds.due_soon_working_days,
        "suspended_days": city.thresholds.suspended_days,
        "scope_divisions": list(campaign.divisions) if campaign else [],
        "scope_channels": list(campaign.channels) if campaign else [],
        "before_sequence": making.before_sequence,
        **{
            f"{kind}_{level}": share
            for kind, levels in (("behind", city.warnings.behind), ("overdue", city.warnings.overdue))
            for level, share in levels.model_dump().items()
        },
    }
    run_sql(connection, "tickets/ticket_findings", parameters)
    _published_clocks(workspace, connection, making)
    for name in MARTS:
        run_sql(connection, f"marts/{name}", parameters)
    warnings += _moved(connection)
    drifted = quality.make_drift(workspace, connection, contracts, making.known, making.business_date)
    publish.describe_tables(connection, load_tables())
    if checks_folder is not None:
        results += quality.check_deliveries(
            connection, making.business_date, checks_folder, since=making.newest_date
        )
        results += quality.check_drift(drifted, contracts, checks_folder)
        results += quality.check_audits(
            connection, making.business_date, checks_folder, is_reissue=making.is_reissue
        )
        results += quality.check_tables(connection, load_tables(), checks_folder)
        quality.record(connection, results)
        quality.write_report(checks_folder, making.business_date, results)
    return warnings, results


def landed_deliveries(workspace: Workspace) -> list[Landed]:
    """What the landing holds, as staging takes it."""
    return [
        Landed(
            delivery_id=item.delivery_id,
            source=item.source,
            delivered_for=item.delivered_for,
            name=item.name,
            order_key=item.order_key,
            kind=item.kind,
            rows=item.rows,
            control_total=item.control_total,
            control_total_agrees=item.control_total_agrees,
            changed_at=item.changed_at,
            window_since=item.window_since,
            window_before=item.window_before,
            is_handed_over=item.is_handed_over,
            sha256=item.sha256,
            rows_file=item.rows_file,
            columns=tuple(item.columns),
            covers=item.covers,
            corrects=tuple(
                (entry.delivery_id, entry.row_no, entry.changed_at) for entry in ingest.corrections_of(item)
            ),
        )
        for item in ingest.landed(workspace)
    ]


def _published_clocks(workspace: Workspace, connection: duckdb.DuckDBPyConnection, making: Making) -> None:
    """Make core.published_clocks: the closing clocks of the publication before; empty where there is none."""
    columns = "ticket_id, rule, is_closing, starts_at, due_at, unit, limit_value, source_due_at"
    file = workspace.published / "latest" / "parquet" / "clocks.parquet"
    is_there = file.is_file() and making.is_new and not making.is_reissue
    source = f"read_parquet('{quote_literal(file.resolve())}')" if is_there else "clearance.clocks"
    if not is_there:
        run_sql(connection, "marts/clocks")
    connection.execute(
        f"create or replace table core.published_clocks as select {columns} from {source}"
        + ("" if is_there else " limit 0")
    )


def _moved(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """A warning where open deadlines moved though no ticket says anything new."""
    return [
        f"{number} open deadlines moved because of the {cause} (table moved_deadlines)"
        for cause, number in connection.execute(
            "select cause, count(*) from clearance.moved_deadlines where cause <> 'source' group by cause order by cause"
        ).fetchall()
    ]


def _reference_tables(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, SourceContract],
    business_date: date,
) -> None:
    feeding = [
        {"source": contract.source, "channel": channel}
        for contract in contracts.values()
        for channel in contract.channel.names
    ]
    standing = [
        {
            "channel": name,
            "name": channel.title,
            "position": position,
            "report_as": channel.report_as,
            "report_position": channel.report_order,
            "sources": ",".join(channel.sources),
        }
        for position, (name, channel) in enumerate(channels(contracts).items(), start=1)
    ]
    titles = [
        {
            "source": contract.source,
            "title": contract.title,
            "channels": ",".join(contract.channel.names),
        }
        for contract in contracts.values()
    ]
    refusals = [
        {"source": name, "refused": len(list((workspace.landing / name / "refused").glob("*")))}
        for name in contracts
    ]
    last = {name: attempts.last(workspace, name, business_date) for name in contracts}
    problems = [
        {"source": name, "problem": attempt.reason.zh if attempt is not None and attempt.reason else ""}
        for name, attempt in last.items()
    ]
    for table, content in (
        ("source_channels", feeding),
        ("channels", standing),
        ("source_titles", titles),
        ("refusals", refusals),
        ("pull_problems", problems),
    ):
        connection.register("arriving", pa.Table.from_pylist(content))
        connection.execute(f"create or replace table core.{table} as select * from arriving")
        connection.unregister("arriving")


def contracts_then(
    contracts: Mapping[str, SourceContract], version: str, sources: Collection[str]
) -> tuple[dict[str, SourceContract], bool]:
    """The contracts of a publication, of its contract version and sources, as far as those of now still say them.

    Sources that came after it are left out. False: the contract of a source that it has is another one by now.
    """
    own = {name: contract for name, contract in contracts.items() if name in sources}
    return own, _contracts_version(own) == version


def versions_of(city: City, contracts: Mapping[str, SourceContract]) -> dict[str, str]:
    """What a publication was made with."""
    return {
        "code": __version__,
        "contracts": _contracts_version(contracts),
        "rules": clocks.rules_version(city, channels(contracts)),
        "calendar": clocks.calendar_version(city),
        "model": MODEL_VERSION,
    }


def _contracts_version(contracts: Mapping[str, SourceContract]) -> str:
    digests = "".join(contract.digest for contract in contracts.values())
    return hashlib.sha256(digests.encode()).hexdigest()[:16]


def _rule_cause(versions: Mapping[str, str], previous: Mapping[str, str] | None) -> str:
    """The cause of a difference that no row and no person explains: a rule changed, else a late row."""
    if previous is not None and (previous["contracts"], previous["model"]) != (
        versions["contracts"],
        versions["model"],
    ):
        return "rule"
    return "late_row"


def wall_clock() -> datetime:
    """Beijing wall time, for the record only: no rule reads it."""
    return datetime.now(ZoneInfo(TIME_ZONE)).replace(tzinfo=None)


def number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number of a query, 0 for NULL."""
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0
