"""Rows that come later than any overlap: found by their keys, fetched once, counted truly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from pipelines.contracts import SourceContract, load_sources
from pipelines.doctor.findings import Finding, guarded
from pipelines.doctor.probes import probe_findings
from pipelines.ingest import database, import_files, landed, pull
from pipelines.ingest.reconcile import reconcile
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests.ingest_harness import exchange_connection, exchange_database

DAY = date(2023, 8, 31)
TABLE = """
create schema if not exists exchange;
drop table if exists exchange.ldjc_aj;
create table exchange.ldjc_aj (
  ajbh varchar(64), ajly char(1), djsj timestamp(0), xzqh varchar(20), ajzt varchar(8), gxsj timestamp(6),
  nr text, scbz char(1));
"""


@pytest.fixture(scope="module")
def socket_folder() -> Iterator[str]:
    with exchange_database() as folder:
        yield folder


@pytest.fixture
def table(socket_folder: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(host=socket_folder, user="postgres", dbname="postgres", autocommit=True) as opened:
        opened.execute(TABLE)
        yield opened


@pytest.fixture
def contract() -> SourceContract:
    return load_sources()["regional"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def connection(socket_folder: str) -> Connection:
    return exchange_connection(socket_folder)


def add(opened: psycopg.Connection, number: str | None, changed: str | None, **values: object) -> None:
    row = {
        "ajbh": number, "ajly": "1", "djsj": "2023-08-01 09:00:00", "xzqh": "640104", "ajzt": "01", "gxsj": changed,
        **values,
    }  # fmt: skip
    names = ", ".join(row)
    opened.execute(
        f"insert into exchange.ldjc_aj ({names}) values ({', '.join(['%s'] * len(row))})", list(row.values())
    )


def numbers(workspace: Workspace, day: date) -> list[str | None]:
    found: list[str | None] = []
    with workspace.scratch() as scratch:
        for item in landed(workspace, "regional"):
            if item.delivered_for == day:
                query = f"select ajbh from {workspace.scan([item.rows_file])} order by row_no"
                found += [row[0] for row in scratch.execute(query).fetchall()]
    return found


@pytest.mark.parametrize(
    ("changed", "late"),
    [
        pytest.param("2023-08-30 22:00:00.123450", 0, id="2 h late: the overlap sees it"),
        pytest.param("2023-08-29 21:59:59.999999", 1, id="26 h late"),
        pytest.param("2023-08-26 10:00:00", 1, id="5 days late"),
    ],
)
def test_a_transaction_that_commits_late_is_landed(
    table, contract, workspace, connection, socket_folder, changed, late
) -> None:
    add(table, "OLD", "2023-08-20 10:00:00")
    with psycopg.connect(host=socket_folder, user="postgres", dbname="postgres") as slow:
        add(slow, "LATE", changed)
        add(slow, "LATE-DELETED", changed, scbz="1")
        add(table, "A1", "2023-08-30 23:00:00")
        pull(workspace, contract, connection, date(2023, 8, 30))
        assert numbers(workspace, date(2023, 8, 30)) == ["OLD", "A1"]
        slow.commit()
    report = pull(workspace, contract, connection, DAY)
    assert set(numbers(workspace, DAY)) == {"LATE", "LATE-DELETED", "A1"}
    delivery = report.deliveries[0]
    assert (delivery.control_total, delivery.control_rows, delivery.rows) == (3, 3, 3)
    trailing = delivery.origin["trailing"]
    assert (trailing["late"], trailing["gone"]) == (2 * late, 0)
    assert trailing["keys"] == (3 if late else 1)
    again = pull(workspace, contract, connection, DAY)
    assert (again.rows, len(again.already_landed)) == (0, 1), "fetched once"
    following = pull(workspace, contract, connection, DAY + timedelta(days=1))
    assert following.deliveries[0].origin["trailing"]["late"] == 0


def test_a_late_change_of_a_known_number_is_landed(table, contract, workspace, connection) -> None:
    add(table, "A1", "2023-08-20 10:00:00")
    add(table, "A2", "2023-08-30 10:00:00")
    pull(workspace, contract, connection, date(2023, 8, 30))
    table.execute("update exchange.ldjc_aj set ajzt = '06', gxsj = '2023-08-25 11:00:00' where ajbh = 'A1'")
    pull(workspace, contract, connection, DAY)
    assert numbers(workspace, DAY) == ["A1", "A2"]


def test_rows_without_number_or_change_time_and_doubles_are_counted_not_lost(
    table, contract, workspace, connection
) -> None:
    add(table, None, "2023-08-20 10:00:00")
    add(table, "NO-TIME", None)
    add(table, "A1", "2023-08-20 10:00:00")
    pull(workspace, contract, connection, date(2023, 8, 30))
    add(table, None, "2023-08-20 10:00:00", nr="another row without a number")
    add(table, "A1", "2023-08-20 10:00:00", nr="the same key, another row")
    report = pull(workspace, contract, connection, DAY)
    assert report.deliveries[0].origin["trailing"]["late"] == 2
    assert sorted(map(str, numbers(workspace, DAY))) == ["A1", "A1", "NO-TIME", "None", "None"]
    assert report.deliveries[0].control_total_agrees


def test_a_row_that_is_gone_is_said_and_kept(table, contract, workspace, connection) -> None:
    add(table, "A1", "2023-08-20 10:00:00")
    add(table, "A2", "2023-08-20 11:00:00")
    pull(workspace, contract, connection, date(2023, 8, 30))
    table.execute("delete from exchange.ldjc_aj where ajbh = 'A1'")
    table.execute("update exchange.ldjc_aj set gxsj = '2023-08-31 09:00:00' where ajbh = 'A2'")
    said: list[str] = []
    report = pull(workspace, contract, connection, DAY, say=said.append)
    assert report.deliveries[0].origin["trailing"]["gone"] == 1
    assert any("1 numbers last changed in" in line for line in said)
    assert "A1" in numbers(workspace, date(2023, 8, 30))


def test_beyond_the_trailing_days_nothing_is_read(table, contract, workspace, connection) -> None:
    pull(workspace, contract, connection, date(2023, 8, 30))
    add(table, "TOO-LATE", "2023-07-29 10:00:00")
    pull(workspace, contract, connection, DAY)
    assert numbers(workspace, DAY) == []


def test_many_late_rows_are_read_by_the_whole_trailing_window(
    table, contract, workspace, connection, monkeypatch
) -> None:
    monkeypatch.setattr(database, "MAX_NAMED_KEYS", 2)
    add(table, "A0", "2023-08-20 10:00:00")
    pull(workspace, contract, connection, date(2023, 8, 30))
    for number in range(5):
        add(table, f"L{number}", "2023-08-21 10:00:00")
    report = pull(workspace, contract, connection, DAY)
    assert (report.rows, report.deliveries[0].origin["trailing"]["late"]) == (6, 5)


def test_rows_handed_over_as_a_file_are_held_too(table, contract, workspace, connection, tmp_path) -> None:
    add(table, "B1", "2023-08-30 10:00:00")
    pull(workspace, contract, connection, date(2023, 8, 30))
    file = tmp_path / "handed.csv"
    file.write_text(
        "ajbh,ajly,djsj,xzqh,ajzt,gxsj\nA1,1,2023-08-20 09:00:00,640104,01,2023-08-20 10:00:00.5\n",
        encoding="utf-8",
    )
    import_files(workspace, contract, [file], date(2023, 8, 30))
    add(table, "A1", "2023-08-20 10:00:00.500000")
    report = pull(workspace, contract, connection, DAY)
    assert report.deliveries[0].origin["trailing"]["late"] == 0


def test_the_statement_names_what_stands_on_one_side(table, contract, workspace, connection) -> None:
    for number in ("A1", "A2", "A3"):
        add(table, number, "2023-08-30 10:00:00")
    pull(workspace, contract, connection, date(2023, 8, 30))
    assert reconcile(workspace, contract, connection, date(2023, 8, 30)).agrees
    add(table, "LATE", "2023-08-30 11:00:00")
    table.execute("delete from exchange.ldjc_aj where ajbh = 'A1'")
    table.execute("update exchange.ldjc_aj set gxsj = '2023-09-02 09:00:00' where ajbh = 'A2'")
    statement = reconcile(workspace, contract, connection, date(2023, 8, 30))
    assert not statement.agrees and statement.is_live
    assert {(item.number, item.side) for item in statement.differences} == {
        ("LATE", "theirs_alone"), ("A1", "ours_alone"),
    }  # fmt: skip
    assert "另有 1 件此后又有变更" in statement.lines[0].note
    away = connection.model_copy(update={"schema_name": "nowhere"})
    told = reconcile(workspace, contract, away, date(2023, 8, 30))
    assert not told.agrees and not told.is_live and "被拒绝" in told.lines[0].note


def test_a_probe_names_what_changed_in_the_table(table, contract, connection) -> None:
    def headings() -> list[str]:
        found: list[Finding] = guarded("regional", lambda: probe_findings(contract, connection))
        return [item.heading or item.text for item in found]

    add(table, "A1", "2023-08-30 10:00:00")
    assert headings() == ["answers now"]
    table.execute("alter table exchange.ldjc_aj rename column xzqh to xzqh_new")
    assert headings() == ["Column missing or renamed"]
    table.execute("alter table exchange.ldjc_aj rename column xzqh_new to xzqh")
    table.execute("alter table exchange.ldjc_aj alter column gxsj type text using gxsj::text")
    assert headings() == ["Column missing or renamed"]
    table.execute("create role stranger login")
    try:
        stranger = connection.model_copy(update={"login": "stranger"})
        found = guarded("regional", lambda: probe_findings(contract, stranger))
        assert [item.heading for item in found] == ["Source refuses us"]
        assert "SQLSTATE 42501" in found[0].text
    finally:
        table.execute("drop role stranger")
