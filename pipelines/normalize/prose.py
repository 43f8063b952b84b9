"""What staged rows say in prose: stage.prose, and the keys of the employers and projects they name.

A pure function of each row: nothing of it depends on other rows, so one more day costs one day's rows. Rows that are alike
in all that is read (a ticket delivered again) are read once.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from pipelines.normalize.likeness import key_employers, key_projects
from pipelines.normalize.organisations import describe_employers
from pipelines.normalize.people import describe_names, describe_phones
from pipelines.normalize.prose_figures import read_figures
from pipelines.normalize.prose_names import read_organisations
from pipelines.normalize.prose_people import read_people
from pipelines.store import SQL_ROOT, run_sql

_NAME = ("surname", "given", "title", "is_full", "is_masked", "is_withheld", "sex", "is_sex_weak", "sound")
_PHONE = ("whole", "first3", "last4", "digits", "kind")


@cache
def reading_version() -> str:
    """The version of the reading: a hash of what reads. Another reading is another text understood."""
    files = [*Path(__file__).parent.glob("*.py"), *(SQL_ROOT / "prose").glob("*.sql")]
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda path: (path.suffix, path.name)):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def read_prose(connection: duckdb.DuckDBPyConnection) -> int:
    """Read the prose of rows in scope that are staged and not read yet, all of them after a change of the reading.

    Returns how many were read.
    """
    if connection.execute("select version from stage.prose_reading").fetchall() != [(reading_version(),)]:
        for table in ("prose", "name_sets", "names", "prose_reading"):
            connection.execute(f"delete from stage.{table}")
        connection.execute("insert into stage.prose_reading values ($1)", [reading_version()])
    run_sql(connection, "prose/unread_rows")
    run_sql(connection, "prose/numbered_rows")
    unread = int(connection.execute("select coalesce(sum(len(rows)), 0) from unread_rows").fetchall()[0][0])
    if unread:
        with _without_collector():
            _read(connection)
    for table in (
        "unread_rows", "row_figures", "row_organisations", "row_people", "row_owed", "described_signers",
        "described_owed", "described_numbers", "described_phones", "row_employers", "row_employers_keys", "row_employers_names",
        "row_projects", "row_projects_keys", "row_projects_names", "named_rows", "described_employers_now",
    ):  # fmt: skip
        connection.execute(f"drop table if exists {table}")
    connection.execute("drop view numbered_rows")
    return unread


@contextmanager
def _without_collector() -> Iterator[None]:
    """Reading makes no cycles; to look for them among millions of small tuples costs a fifth of its time in Python."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(connection: duckdb.DuckDBPyConnection) -> None:
    read_figures(connection, "numbered_rows", "row_figures")
    read_organisations(connection, "numbered_rows", "row_organisations")
    read_people(connection, "numbered_rows", "row_people")
    _describe(connection, "describe_signers", "select distinct claimant_name as name from unread_rows")
    run_sql(connection, "prose/row_owed")
    _describe(connection, "describe_owed", "select distinct owed_name as name from row_owed")
    connection.execute(
        "create or replace temp view number_names as select claimant_phone as phone from unread_rows"
    )
    describe_phones(connection, "number_names", "described_phones")
    connection.execute(
        f"create or replace temp table described_numbers as select phone, {_packed(_PHONE)} as described "
        "from described_phones"
    )
    connection.execute(
        "create or replace temp view names_to_describe as select distinct employer as name from unread_rows"
    )
    describe_employers(connection, "names_to_describe", "described_employers_now")
    connection.execute("drop view names_to_describe")
    _key_names(connection)
    run_sql(connection, "prose/read_rows")


def _packed(columns: Sequence[str]) -> str:
    return f"struct_pack({', '.join(f'{name} := {name}' for name in columns)})"


def _describe(connection: duckdb.DuckDBPyConnection, step: str, names: str) -> None:
    into = step.replace("describe_", "described_")
    connection.execute(f"create or replace temp view names_to_describe as {names}")
    describe_names(connection, "names_to_describe", "names_now_described")
    connection.execute(
        f"create or replace temp table {into} as select name, {_packed(_NAME)} as described from names_now_described"
    )
    connection.execute("drop table names_now_described")
    connection.execute("drop view names_to_describe")


def _key_names(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create or replace temp table named_rows as "
        "select r.number as ticket_id, r.employer, r.project, o.told_employers, o.told_projects "
        "from unread_rows as r join row_organisations as o on o.row_no = r.number"
    )
    key_employers(connection, "named_rows", "row_employers")
    key_projects(connection, "named_rows", "row_projects")
    for kind, table in (("employer", "row_employers"), ("project", "row_projects")):
        for found, into, key in (("keys", "name_sets", "set_id"), ("names", "names", "name")):
            connection.execute(
                f"insert into stage.{into} by name select '{kind}' as kind, * from {table}_{found} as k "
                f"where not exists (select 1 from stage.{into} as n where n.kind = '{kind}' and n.{key} = k.{key})"
            )
