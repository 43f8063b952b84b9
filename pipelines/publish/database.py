"""The published tables: by allow-list, as Parquet and as a fresh database with a comment on everything.

Only columns that a contract of schemas/tables names are selected, and both forms are written from scratch: nothing
is copied and pruned, so no freed block keeps a text. The database is filled from the Parquet files: the two cannot
differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.contracts import TableContract
from pipelines.errors import PublicationError
from pipelines.store import (
    disk_full_is_said,
    fresh_database,
    quote_identifier,
    quote_literal,
    run_sql,
    sql_names,
)

SCHEMA = "clearance"
# Rows: sorting more costs more than writing them, and the marts are made in the order of their keys.
SORTED_UP_TO = 300_000
DICTIONARY_COLUMNS = ("table_name", "column_name", "type", "unit", "privacy", "zh", "meaning")


def describe_tables(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, TableContract]) -> None:
    """Make `clearance.dictionary` from the contracts: one row a column of a published table."""
    rows = [
        (name, column, entry.type, entry.unit, entry.privacy, entry.zh, entry.meaning)
        for name, contract in sorted(tables.items())
        for column, entry in contract.columns.items()
    ]
    arriving = pa.table(
        {
            name: pa.array([row[index] for row in rows], type=pa.string())
            for index, name in enumerate(DICTIONARY_COLUMNS)
        }
    )
    connection.register("arriving_dictionary", arriving)
    connection.execute(f"create or replace table {SCHEMA}.dictionary as select * from arriving_dictionary")
    connection.unregister("arriving_dictionary")


def content_hashes(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, TableContract]
) -> dict[str, str]:
    """For each content table one hash over all its rows, without columns of provenance (`not_content`).

    The order of rows does not count (the MD5 values of the rows are added, exactly, as 128-bit numbers; a sort of
    millions of rows would cost twice the time); every value and every repetition does, and NULL differs from ''.
    """
    hashes = {}
    for name, contract in sorted(tables.items()):
        if not contract.is_content:
            continue
        columns = [column for column in contract.columns if column not in contract.not_content]
        values = ", ".join(f"cast({quote_identifier(column)} as varchar)" for column in columns)
        row = connection.execute(
            f"""
            select sha256(concat_ws(':', count(*), sum(cast(row_hash >> 64 as ubigint)),
                                    sum(cast(row_hash & 18446744073709551615 as ubigint))))
            from (select md5_number(cast(to_json([{values}]) as varchar)) as row_hash from {SCHEMA}.{quote_identifier(name)})
            """
        ).fetchone()
        hashes[name] = str(row[0]) if row else ""
    return hashes


def write_parquet(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, TableContract], folder: Path
) -> dict[str, int]:
    """Write each table's contract columns to `folder/TABLE.parquet`, all but the largest sorted by key. Returns rows by
    table.

    Raises PublicationError for a table of the contracts that is not there, and for a column marked personal.
    """
    folder.mkdir(parents=True)
    counts = {}
    for name, contract in sorted(tables.items()):
        personal = [column for column, entry in contract.columns.items() if entry.privacy == "personal"]
        if personal:
            raise PublicationError(
                f"column {personal[0]} is marked personal and cannot be published",
                where=f"schemas/tables/{name}.yml",
                remedy="take it out of the contract; personal data stay in the restricted store",
            )
        columns = ", ".join(
            f"cast({quote_identifier(column)} as {entry.type}) as {quote_identifier(column)}"
            for column, entry in contract.columns.items()
        )
        file = folder / f"{name}.parquet"
        try:
            with disk_full_is_said(file):
                order = _order(connection, contract)
                row = connection.execute(
                    f"copy (select {columns} from {SCHEMA}.{quote_identifier(name)}{order}) "
                    f"to '{quote_literal(file)}' (format parquet, compression zstd)"
                ).fetchone()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise PublicationError(
                f"table {name} is not there, or lacks a column of its contract",
                where=f"{SCHEMA}.{name}: {str(error).splitlines()[0]}",
                remedy="make the table as schemas/tables says",
            ) from error
        counts[name] = int(row[0]) if row else 0
    return counts


def _order(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> str:
    row = connection.execute(f"select count(*) from {SCHEMA}.{quote_identifier(contract.table)}").fetchone()
    if row is None or row[0] > SORTED_UP_TO:
        return ""
    return " order by " + ", ".join(quote_identifier(column) for column in contract.key)


def write_database(parquet: Path, tables: Mapping[str, TableContract], file: Path) -> None:
    """Fill a fresh database from the Parquet files of `parquet`, with a comment on every table and column.

    It has the macros of sql/published/ too: as_published, as_known and known_since of a day.
    """
    with disk_full_is_said(file):
        connection = fresh_database(file)
        try:
            for name, contract in sorted(tables.items()):
                table = f"{SCHEMA}.{quote_identifier(name)}"
                source = quote_literal(parquet / f"{name}.parquet")
                connection.execute(f"create table {table} as select * from read_parquet('{source}')")
                note = f"{contract.title} · {contract.meaning}. Grain: {contract.grain}. Key: {', '.join(contract.key)}"
                connection.execute(f"comment on table {table} is '{quote_literal(note)}'")
                for column, entry in contract.columns.items():
                    unit = f" [{entry.unit}]" if entry.unit else ""
                    connection.execute(
                        f"comment on column {table}.{quote_identifier(column)} is "
                        f"'{quote_literal(f'{entry.zh} · {entry.meaning}{unit}')}'"
                    )
            for macro in sql_names("published"):
                run_sql(connection, macro)
            connection.execute("checkpoint")
        finally:
            connection.close()


def write_dictionary(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Write `clearance.dictionary` as CSV with a byte-order mark, so that office programs read its Chinese."""
    with disk_full_is_said(file):
        connection.execute(
            f"copy (select * from {SCHEMA}.dictionary) to '{quote_literal(file)}' (format csv, header)"
        )
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
