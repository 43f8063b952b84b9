"""The registry: what we said and what people decided. Append-only; the warehouse can be thrown away, this cannot.

    registry/publications/DATE_rNN/  publication, lead_registry, lead_members, ledger_entries, day_measures (.parquet)
    registry/judgements|waivers|approvals|replays|dismissals|refusal_dismissals|
             undone_corrections/NNNNNN.parquet   one decision each

A publication is one folder, written elsewhere and renamed into place: it is there whole, or not at all. All files
are encrypted Parquet (store).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.errors import PublicationError
from pipelines.store import Workspace, move_into_place, quote_literal, remove_tree

PUBLICATION_TABLES: Mapping[str, str] = {
    "publications": (
        "publication_id varchar, sequence integer, business_date date, revision integer, kind varchar, "
        "published_at timestamp, delivery_ids varchar[], rows_landed bigint, code_version varchar, "
        "contract_version varchar, rules_version varchar, calendar_version varchar, model_version varchar, "
        "last_judgement integer, last_replay integer, content_hashes varchar"
    ),
    "lead_registry": "lead_id varchar, anchor_ticket varchar, publication_id varchar",
    "lead_members": (
        "ticket_id varchar, lead_id varchar, change varchar, successor varchar, publication_id varchar, sequence integer"
    ),
    "ledger_entries": (
        "publication_id varchar, basis varchar, subject_id varchar, flow varchar, occurred_on date, booked_on date, "
        "division_code varchar, channel varchar, quantity integer, effect integer, cause varchar"
    ),
    "day_measures": (
        "publication_id varchar, business_date date, basis varchar, division_code varchar, channel varchar, "
        "overdue_open integer, due_soon integer, closed_on_time integer, closed_late integer, due_total integer, "
        "recovered_persons integer, recovered_fen bigint, is_delivered boolean"
    ),
}
DECISION_TABLES: Mapping[str, str] = {
    "judgements": (
        "judgement_no integer, ticket_a varchar, ticket_b varchar, verdict varchar, judged_by varchar, "
        "judged_at timestamp, why varchar, undoes integer"
    ),
    "waivers": "waiver_no integer, source varchar, business_date date, waived_by varchar, waived_at timestamp, why varchar",
    "approvals": "approval_no integer, subject varchar, approved_by varchar, approved_at timestamp, why varchar",
    "replays": "replay_no integer, source varchar, reason varchar, replayed_by varchar, replayed_at timestamp, rows bigint",
    "dismissals": (
        "dismissal_no integer, delivery_id varchar, row_no bigint, dismissed_by varchar, dismissed_at timestamp, "
        "why varchar, undoes integer, made_after integer"
    ),
    "refusal_dismissals": (
        "dismissal_no integer, refusal_id varchar, dismissed_by varchar, dismissed_at timestamp, why varchar, "
        "undoes integer"
    ),
    # A row_no that is missing stands for every row of the correction.
    "undone_corrections": (
        "undo_no integer, delivery_id varchar, row_no bigint, undone_by varchar, undone_at timestamp, why varchar, "
        "made_after integer"
    ),
}


@dataclass(frozen=True)
class Publication:
    """One revision of a business date."""

    publication_id: str
    sequence: int
    business_date: date
    revision: int
    kind: str
    delivery_ids: frozenset[str]
    last_judgement: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)


def publication_id(business_date: date, revision: int) -> str:
    """`2023-08-31_r01`."""
    return f"{business_date.isoformat()}_r{revision:02d}"


def load(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> None:
    """Read the registry into the warehouse's schema `registry`, with the views that say what stands now."""
    folders = sorted(path for path in (workspace.registry / "publications").glob("*_r*") if path.is_dir())
    for table, columns in PUBLICATION_TABLES.items():
        files = [folder / f"{table}.parquet" for folder in folders]
        _load_table(workspace, connection, table, columns, files)
    for table, columns in DECISION_TABLES.items():
        _load_table(
            workspace, connection, table, columns, sorted((workspace.registry / table).glob("*.parquet"))
        )
    derive_standing(connection)


def derive_standing(
    connection: duckdb.DuckDBPyConnection,
    *,
    last_judgement: int | None = None,
    sequence: int | None = None,
) -> None:
    """Make registry.active_members (tickets in living leads), standing_judgements, standing_dismissals and
    known_undone_corrections.

    `last_judgement` and `sequence`, the publication's own, leave out what was decided later: a publication made
    again knows only what it knew. (A dismissal, or the undoing of a correction, says how many publications there were
    when it was made.)
    """
    connection.execute(
        """
        create or replace table registry.active_members as
        select ticket_id, lead_id
        from (select *, row_number() over (
                  partition by ticket_id order by sequence desc, case change when 'joined' then 0 else 1 end) as newest
              from registry.lead_members)
        where newest = 1 and change = 'joined'
        """
    )
    connection.execute(
        """
        create or replace table registry.standing_judgements as
        with known as (select * from registry.judgements where judgement_no <= $1)
        select ticket_a, ticket_b, verdict
        from known
        where verdict in ('same', 'different')
          and judgement_no not in (select undoes from known where undoes is not null)
        qualify row_number() over (partition by ticket_a, ticket_b order by judgement_no desc) = 1
        """,
        [2**31 - 1 if last_judgement is None else last_judgement],
    )
    connection.execute(
        """
        create or replace table registry.standing_dismissals as
        with known as (select * from registry.dismissals where made_after < $1)
        select distinct delivery_id, row_no
        from known
        where undoes is null and dismissal_no not in (select undoes from known where undoes is not null)
        """,
        [2**31 - 1 if sequence is None else sequence],
    )
    connection.execute(
        "create or replace table registry.known_undone_corrections as "
        "select distinct delivery_id, row_no from registry.undone_corrections where made_after < $1",
        [2**31 - 1 if sequence is None else sequence],
    )


def first_business_date(workspace: Workspace) -> date | None:
    """The first business date that was ever published, or None."""
    names = [path.name for path in (workspace.registry / "publications").glob("*_r*") if path.is_dir()]
    return min((date.fromisoformat(name.split("_")[0]) for name in names), default=None)


def publications(connection: duckdb.DuckDBPyConnection) -> list[Publication]:
    """All publications in the order in which they were made."""
    return [
        Publication(
            publication_id=row[0],
            sequence=row[1],
            business_date=row[2],
            revision=row[3],
            kind=row[4],
            delivery_ids=frozenset(row[5] or ()),
            last_judgement=row[6] or 0,
            versions=dict(zip(("code", "contracts", "rules", "calendar", "model"), row[7:], strict=True)),
        )
        for row in connection.execute(
            "select publication_id, sequence, business_date, revision, kind, delivery_ids, last_judgement, "
            "code_version, contract_version, rules_version, calendar_version, model_version "
            "from registry.publications order by sequence"
        ).fetchall()
    ]


def that_booked(done: Sequence[Publication], business_date: date) -> Publication | None:
    """The publication that booked a date: the first daily one of it, or of a later date; None where there is none."""
    return next((item for item in done if item.kind == "daily" and item.business_date >= business_date), None)


def append_publication(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, name: str, queries: Mapping[str, str]
) -> None:
    """Append a publication: one query a table of PUBLICATION_TABLES. Raises PublicationError if it is there already."""
    place = workspace.registry / "publications" / name
    if place.exists():
        raise PublicationError(f"the publication {name} is in the registry already", where=str(place))
    made = workspace.temporary / f"registry_{name}_{os.getpid()}"
    remove_tree(made)
    made.mkdir(parents=True)
    for table, columns in PUBLICATION_TABLES.items():
        names = ", ".join(column.split()[0] for column in columns.split(", "))
        workspace.write_parquet(
            connection, f"select {names} from ({queries[table]})", made / f"{table}.parquet"
        )
    move_into_place(made, place)


def publication_queries(
    name: str, sequence: int, newest_date: date | None, *, is_reissue: bool = False
) -> dict[str, str]:
    """What a publication appends to each table of the registry, as queries on the tables in the making.

    New leads with their anchors; tickets that joined and left leads (a left one names the successor); the postings;
    the measures of the days after `newest_date`, the newest date published before. A reissue appends that it was
    made, and nothing else.
    """
    queries = {
        "publications": "select * from core.new_publication",
        "lead_registry": f"""
            select distinct lead_id, anchor_ticket, '{name}' as publication_id from core.lead_of_ticket
            where lead_id not in (select lead_id from registry.lead_registry)""",
        "lead_members": f"""
            select a.ticket_id, a.lead_id, 'left' as change, n.lead_id as successor, '{name}' as publication_id,
                   {sequence} as sequence
            from registry.active_members as a left join core.lead_of_ticket as n on n.ticket_id = a.ticket_id
            where n.lead_id is distinct from a.lead_id
            union all
            select n.ticket_id, n.lead_id, 'joined', null, '{name}', {sequence}
            from core.lead_of_ticket as n left join registry.active_members as a on a.ticket_id = n.ticket_id
            where a.lead_id is distinct from n.lead_id""",
        "ledger_entries": f"""
            select '{name}' as publication_id, basis, subject_id, flow, occurred_on, booked_on, division_code, channel,
                   quantity, effect, cause
            from core.postings order by basis, subject_id, occurred_on, flow""",
        "day_measures": f"""
            select '{name}' as publication_id, m.* from core.measures as m
            where business_date > cast('{newest_date or "0001-01-01"}' as date)
            order by business_date, basis, division_code, channel""",
    }
    if not is_reissue:
        return queries
    return {
        table: query if table == "publications" else f"select * from ({query}) limit 0"
        for table, query in queries.items()
    }


def recorded_deliveries(workspace: Workspace) -> dict[date, frozenset[str]]:
    """The set of delivery ids that the first publication of each date knew, as the registry of a workspace records it."""
    files = sorted((workspace.registry / "publications").glob("*_r*/publications.parquet"))
    if not files:
        return {}
    with workspace.scratch() as connection:
        rows = connection.execute(
            f"select business_date, delivery_ids from {workspace.scan(files)} where kind = 'daily' order by sequence"
        ).fetchall()
    return {business_date: frozenset(ids) for business_date, ids in reversed(rows)}


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the registry's tables, empty, and the views on what stands."""
    for table, columns in {**PUBLICATION_TABLES, **DECISION_TABLES}.items():
        connection.execute(f"create or replace table registry.{table} ({columns})")
    derive_standing(connection)


def create_missing_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that are not there: rows can be folded where no registry was read, and nobody decided anything."""
    for table, columns in {**PUBLICATION_TABLES, **DECISION_TABLES}.items():
        connection.execute(f"create table if not exists registry.{table} ({columns})")
    connection.execute(
        "create table if not exists registry.standing_dismissals (delivery_id varchar, row_no bigint)"
    )
    connection.execute(
        "create table if not exists registry.known_undone_corrections (delivery_id varchar, row_no bigint)"
    )


def append_decision(workspace: Workspace, table: str, decision: Mapping[str, object]) -> int:
    """Append a person's decision to a table of DECISION_TABLES. Returns its number."""
    folder = workspace.registry / table
    folder.mkdir(parents=True, exist_ok=True)
    with workspace.lock():
        number = max((int(path.stem) for path in folder.glob("*.parquet")), default=0) + 1
        key = DECISION_TABLES[table].split()[0]
        made_after = sum(1 for path in (workspace.registry / "publications").glob("*_r*") if path.is_dir())
        row = pa.Table.from_pylist([{key: number, "made_after": made_after, **decision}])
        columns = [part.split() for part in DECISION_TABLES[table].split(", ")]
        selected = ", ".join(
            f"cast({name if name in row.column_names else 'null'} as {kind}) as {name}"
            for name, kind in columns
        )
        with workspace.scratch() as connection:
            connection.register("arriving", row)
            made = workspace.temporary / f"{table}_{number:06d}.parquet"
            workspace.write_parquet(connection, f"select {selected} from arriving", made)
        # A link fails where the name is taken: a decision is never overwritten.
        os.link(made, folder / f"{number:06d}.parquet")
        made.unlink()
    return number


def decisions(workspace: Workspace, table: str) -> list[dict[str, object]]:
    """All decisions of a table of DECISION_TABLES, in order of their number."""
    files = sorted((workspace.registry / table).glob("*.parquet"))
    if not files:
        return []
    with workspace.scratch() as connection:
        found = connection.execute(f"select * from {workspace.scan(files)} order by 1")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def new_publication_row(
    connection: duckdb.DuckDBPyConnection,
    *,
    identifier: str,
    sequence: int,
    business_date: date,
    revision: int,
    kind: str,
    published_at: datetime,
    delivery_ids: Sequence[str],
    rows_landed: int,
    versions: Mapping[str, str],
    last_judgement: int,
    content_hashes: str,
    last_replay: int = 0,
) -> None:
    """Put the row of the publication in the making into core.new_publication."""
    row = pa.Table.from_pylist(
        [
            {
                "publication_id": identifier,
                "sequence": sequence,
                "business_date": business_date,
                "revision": revision,
                "kind": kind,
                "published_at": published_at,
                "delivery_ids": sorted(delivery_ids),
                "rows_landed": rows_landed,
                "code_version": versions["code"],
                "contract_version": versions["contracts"],
                "rules_version": versions["rules"],
                "calendar_version": versions["calendar"],
                "model_version": versions["model"],
                "last_judgement": last_judgement,
                "last_replay": last_replay,
                "content_hashes": content_hashes,
            }
        ]
    )
    connection.register("arriving", row)
    connection.execute("create or replace table core.new_publication as select * from arriving")
    connection.unregister("arriving")


def _load_table(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, table: str, columns: str, files: list[Path]
) -> None:
    connection.execute(f"create or replace table registry.{table} ({columns})")
    present = [file for file in files if file.is_file()]
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise PublicationError(
            "a publication in the registry is not whole",
            where=quote_literal(missing[0]),
            remedy="put the folder back from its safe copy; the registry is truth and is never made again",
        )
    for start in range(0, len(present), 500):
        connection.execute(
            f"insert into registry.{table} by name select * from {workspace.scan(present[start : start + 500])}"
        )
