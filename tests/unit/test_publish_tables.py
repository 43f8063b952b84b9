"""The contracts of the published tables, and the hash that says what a table holds."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.contracts import TableContract, load_tables
from pipelines.publish import content_hashes, describe_tables
from tests.publish_harness import InventedCity

TABLES = load_tables()
CONTENT = {
    "tickets", "leads", "incidents", "clocks", "matches", "ticket_events", "clearance_daily", "clearance_restated", "campaign",
}  # fmt: skip
PROVENANCE = {"delivery_id", "row_no", "person_key"}


@pytest.fixture
def small() -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, TableContract]]]:
    with duckdb.connect() as connection:
        yield connection, InventedCity(tickets=12, days=5).fill(connection)


@pytest.mark.parametrize("contract", TABLES.values(), ids=lambda contract: contract.table)
def test_every_column_says_what_it_means_and_is_publishable(contract: TableContract) -> None:
    for name, column in contract.columns.items():
        assert column.meaning and column.zh, f"{contract.table}.{name} lacks a meaning"
        assert column.privacy != "personal", f"{contract.table}.{name} is personal and must not be published"
    assert set(contract.key) <= set(contract.columns)


def test_the_tables_compared_by_content_are_those_of_the_agreement() -> None:
    assert {name for name, contract in TABLES.items() if contract.is_content} == CONTENT
    for name in CONTENT:
        assert set(TABLES[name].not_content) == PROVENANCE & set(TABLES[name].columns)


def test_the_dictionary_has_every_published_column(
    small: tuple[duckdb.DuckDBPyConnection, dict[str, TableContract]],
) -> None:
    connection, tables = small
    describe_tables(connection, tables)
    rows = connection.execute("select table_name, column_name, type, zh from clearance.dictionary").fetchall()
    assert {row[:3] for row in rows} == {
        (name, column, entry.type)
        for name, contract in tables.items()
        for column, entry in contract.columns.items()
    }


def test_the_hash_ignores_the_order_of_rows(
    small: tuple[duckdb.DuckDBPyConnection, dict[str, TableContract]],
) -> None:
    connection, tables = small
    before = content_hashes(connection, tables)
    connection.execute(
        "create or replace table clearance.tickets as from clearance.tickets order by ticket_id desc"
    )
    assert content_hashes(connection, tables) == before
    assert set(before) == CONTENT


def test_the_hash_ignores_provenance(
    small: tuple[duckdb.DuckDBPyConnection, dict[str, TableContract]],
) -> None:
    connection, tables = small
    before = content_hashes(connection, tables)
    connection.execute("update clearance.tickets set delivery_id = 'other', row_no = 99, person_key = 'ff'")
    connection.execute("update clearance.ticket_events set delivery_id = 'other'")
    assert content_hashes(connection, tables) == before


@pytest.mark.parametrize(
    "statement",
    [
        "update clearance.tickets set flags = null",  # it was ''
        "update clearance.tickets set is_open = not is_open where ticket_id = (select min(ticket_id) from clearance.tickets)",
        "insert into clearance.tickets from clearance.tickets limit 1",  # the same row once more
        "insert into clearance.tickets from clearance.tickets union all from clearance.tickets",
        "delete from clearance.tickets where ticket_id = (select min(ticket_id) from clearance.tickets)",
        "update clearance.tickets set employer = project, project = employer",
    ],
)
def test_the_hash_sees_every_difference(
    small: tuple[duckdb.DuckDBPyConnection, dict[str, TableContract]], statement: str
) -> None:
    connection, tables = small
    before = content_hashes(connection, tables)
    connection.execute(statement)
    after = content_hashes(connection, tables)
    assert {name for name in CONTENT if before[name] != after[name]} == {"tickets"}
