"""Pulling a window of a real PostgreSQL exchange table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import DeliveryRefused, SourceRejectedUs, SourceUnreachable
from pipelines.ingest import database, landed, limits, pull, pulls, refusals
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests.ingest_harness import exchange_connection, exchange_database, landing_that_never_ends

DAY = date(2023, 8, 31)
TABLE = """
create schema if not exists exchange;
drop table if exists exchange.ldjc_aj;
create table exchange.ldjc_aj (
  ajbh varchar(64), ajly char(1), djsj timestamp(0), xzqh varchar(20), ajzt varchar(8), gxsj timestamp(6),
  qxje numeric(14,2), tsr varchar(100), nr text, scbz char(1), bz_new text);
"""


@pytest.fixture(scope="module")
def socket_folder() -> Iterator[str]:
    with exchange_database() as folder:
        yield folder


@pytest.fixture
def table(socket_folder: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host=socket_folder, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(TABLE)
        yield connection


@pytest.fixture
def contract() -> SourceContract:
    return load_sources()["regional"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def connection(socket_folder: str) -> Connection:
    return exchange_connection(socket_folder)


def add(table: psycopg.Connection, number: str, changed: str | None, **values: object) -> None:
    row = {
        "ajbh": number, "ajly": "1", "djsj": "2023-08-30 09:00:00", "xzqh": "640104", "ajzt": "01", "gxsj": changed,
        **values,
    }  # fmt: skip
    names = ", ".join(row)
    table.execute(
        f"insert into exchange.ldjc_aj ({names}) values ({', '.join(['%s'] * len(row))})", list(row.values())
    )


def rows(workspace: Workspace, columns: str) -> list[tuple[object, ...]]:
    delivery = landed(workspace, "regional")[-1]
    with workspace.scratch() as scratch:
        return scratch.execute(
            f"select {columns} from {workspace.scan([delivery.rows_file])} order by row_no"
        ).fetchall()


def test_values_keep_the_text_of_the_database(table, contract, workspace, connection) -> None:
    add(
        table,
        "A1",
        "2023-08-31 10:20:30.123456",
        qxje="38000.50",
        nr='第一行\n"引号", 逗号',
        tsr="",
        bz_new="新列",
    )
    add(table, "A2", None)
    report = pull(workspace, contract, connection, DAY)
    assert (report.rows, report.theirs, report.deliveries[0].control_total_agrees) == (2, 2, True)
    found = rows(workspace, "ajbh, gxsj, djsj, qxje, nr, tsr, zjhm, _extra")
    assert found[0] == (
        "A1", "2023-08-31 10:20:30.123456", "2023-08-30 09:00:00", "38000.50", '第一行\n"引号", 逗号', "", None,
        '{"bz_new":"新列"}',
    )  # fmt: skip
    assert found[1][:2] == ("A2", None), "a row without a change time is in no window and must not be lost"
    assert report.deliveries[0].extra_columns == ("bz_new",)
    assert "zjhm" in report.deliveries[0].missing_optional


def test_the_landing_of_a_window_is_inside_the_time_that_is_limited(
    table, contract, workspace, connection, monkeypatch
) -> None:
    add(table, "A1", "2023-08-31 10:20:30")
    with monkeypatch.context() as patch:
        patch.setattr(limits, "MAX_READING_SECONDS", 0.5)
        patch.setattr(pulls, "land", landing_that_never_ends)
        with pytest.raises(DeliveryRefused, match=r"MAX_READING_SECONDS = 0\.5"):
            pull(workspace, contract, connection, DAY)
    assert landed(workspace) == [] and len(refusals(workspace)) == 1
    assert pull(workspace, contract, connection, DAY).rows == 1


def test_windows_overlap_so_that_a_late_commit_is_seen(table, contract, workspace, connection) -> None:
    add(table, "A1", "2023-08-30 23:00:00")
    pull(workspace, contract, connection, date(2023, 8, 30))
    add(table, "LATE", "2023-08-30 22:00:00.5")
    add(table, "A2", "2023-08-31 08:00:00")
    add(table, "TOMORROW", "2023-09-01 00:00:00")
    assert pull(workspace, contract, connection, DAY).rows == 3
    assert {row[0] for row in rows(workspace, "ajbh")} == {"A1", "LATE", "A2"}
    again = pull(workspace, contract, connection, DAY)
    assert (again.rows, len(again.already_landed), len(landed(workspace))) == (0, 1, 2)


def test_a_missing_required_column_is_refused_by_name(table, contract, workspace, connection) -> None:
    table.execute("alter table exchange.ldjc_aj rename column xzqh to xzqh2")
    with pytest.raises(DeliveryRefused, match="xzqh"):
        pull(workspace, contract, connection, DAY)
    assert landed(workspace) == []


def test_a_wrong_database_or_table_is_never_tried_again(table, contract, workspace, connection) -> None:
    with pytest.raises(SourceRejectedUs):
        pull(workspace, contract, connection.model_copy(update={"schema_name": "nowhere"}), DAY)
    table.execute("drop table exchange.ldjc_aj")
    with pytest.raises(SourceRejectedUs, match="refuses us"):
        pull(workspace, contract, connection, DAY)


def test_no_server_is_unreachable(contract, workspace, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(database, "FIRST_PAUSE_SECONDS", 0.01)
    nowhere = Connection(conn_type="postgres", host=str(tmp_path), port=5432, schema="x", login="x")
    with pytest.raises(SourceUnreachable):
        pull(workspace, contract, nowhere, DAY)
    assert refusals(workspace) == []


def test_a_renamed_column_is_refused_with_the_line_that_accepts_it(
    table: psycopg.Connection, contract: SourceContract, workspace: Workspace, connection: Connection
) -> None:
    table.execute("alter table exchange.ldjc_aj rename column gxsj to gxsj_new")
    with pytest.raises(DeliveryRefused) as refused:
        pull(workspace, contract, connection, DAY)
    assert "required columns are missing: gxsj; unknown headers: gxsj_new, bz_new" in str(refused.value)
    line = "gxsj: {field: changed_at, parser: timestamp, required: true, aliases: [gxsj_new]}"
    assert f"if gxsj_new is gxsj, write in schemas/sources/regional.yml under columns: {line}" in str(
        refused.value
    )


def test_a_time_of_change_that_became_text_is_said(
    table: psycopg.Connection, contract: SourceContract, workspace: Workspace, connection: Connection
) -> None:
    table.execute("alter table exchange.ldjc_aj alter column gxsj type varchar(30)")
    with pytest.raises(DeliveryRefused) as refused:
        pull(workspace, contract, connection, DAY)
    assert "the type of gxsj changed: it is varchar(30) now, and no time" in str(refused.value)
