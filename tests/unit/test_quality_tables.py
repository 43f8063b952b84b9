"""Published tables against their contract: every check can fail; personal numbers are seen wherever text stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from pipelines.contracts import TableContract
from pipelines.quality import CheckResult, check_audits, check_tables
from pipelines.quality.audits import load_audits
from tests.sql.audits_city import BUSINESS_DATE, balanced_city


def contract(table: str, key: tuple[str, ...], **columns: str) -> TableContract:
    described = {name: {"type": kind, "meaning": name, "zh": name} for name, kind in columns.items()}
    return TableContract.model_validate(
        {"table": table, "title": table, "grain": "row", "meaning": "row", "key": key, "columns": described}
    )


TABLES = {
    "tickets": contract(
        "tickets",
        ("ticket_id",),
        ticket_id="VARCHAR",
        status="VARCHAR",
        channel="VARCHAR",
        division_code="VARCHAR",
        employer="VARCHAR",
        lead_id="VARCHAR",
        claimed_fen="BIGINT",
    ),
    "leads": contract("leads", ("lead_id",), lead_id="VARCHAR", channels="VARCHAR"),
    "divisions": contract("divisions", ("division_code",), division_code="VARCHAR", name="VARCHAR"),
    "checks": contract(
        "checks",
        ("check_name", "subject"),
        check_name="VARCHAR",
        subject="VARCHAR",
        is_blocking="BOOLEAN",
        status="VARCHAR",
        observed="BIGINT",
        expected="VARCHAR",
        description="VARCHAR",
    ),
}
GOOD = """
create schema clearance;
create table clearance.divisions (division_code varchar, name varchar);
insert into clearance.divisions values ('640100', '市本级'), ('640104', '兴庆区');
create table clearance.leads (lead_id varchar, channels varchar);
insert into clearance.leads values ('L1', 'hotline,national');
create table clearance.tickets (ticket_id varchar, status varchar, channel varchar, division_code varchar,
    employer varchar, lead_id varchar, claimed_fen bigint);
-- Ticket numbers may look like a phone or an ID number (both invented, the ID with a wrong check digit).
insert into clearance.tickets values
    ('hotline:13900000000', 'closed', 'hotline', '640104', '虚构建筑有限公司', 'L1', 100),
    ('national:640104199001010000', 'handling', 'national', '640100', null, 'L1', null);
"""
# check → (table, statements that make it fail)
BREAKS: dict[str, tuple[str, list[str]]] = {
    "columns": (
        "tickets",
        [
            "alter table clearance.tickets add column claimant_name varchar",
            "alter table clearance.tickets drop column claimed_fen",
        ],
    ),
    "types": ("tickets", ["alter table clearance.tickets alter claimed_fen type double"]),
    "key_is_unique": (
        "tickets",
        [
            "insert into clearance.tickets select * from clearance.tickets limit 1",
            "alter table clearance.tickets drop column ticket_id",
        ],
    ),
    "key_is_complete": (
        "tickets",
        ["update clearance.tickets set ticket_id = null where channel = 'hotline'"],
    ),
    "status_is_known": ("tickets", ["update clearance.tickets set status = 'done'"]),
    "channel_is_known": ("tickets", ["update clearance.tickets set channel = 'ALL'"]),
    "division_code_is_known": ("tickets", ["update clearance.tickets set division_code = '649999'"]),
    "channels_is_known": ("leads", ["update clearance.leads set channels = 'hotline,fax'"]),
    "no_personal_numbers": (
        "tickets",
        [
            "update clearance.tickets set employer = '某公司13900000000'",
            "update clearance.tickets set employer = '某公司 139 0000 0000，电话'",
            "update clearance.tickets set employer = '某公司64010419900101000x'",
            "update clearance.tickets set lead_id = '13900000000'",
        ],
    ),
    "no_other_tables": ("clearance", ["create table clearance.secret (name varchar)"]),
}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(GOOD)
        yield opened


def wrong(results: list[CheckResult]) -> set[tuple[str, str, str]]:
    return {(item.check_name, item.subject, item.status) for item in results if item.status != "passed"}


def test_good_tables_pass_and_no_check_is_left_unproven(connection: duckdb.DuckDBPyConnection) -> None:
    results = check_tables(connection, TABLES)
    assert wrong(results) == set()
    assert {item.check_name for item in results} == {*BREAKS, "nothing_personal"}


@pytest.mark.parametrize(("name", "statement"), [(name, text) for name in BREAKS for text in BREAKS[name][1]])
def test_a_check_sees_what_is_wrong(connection: duckdb.DuckDBPyConnection, name: str, statement: str) -> None:
    connection.execute(statement)
    assert (name, BREAKS[name][0], "failed") in wrong(check_tables(connection, TABLES))


def test_a_hash_that_holds_digits_is_no_phone(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update clearance.tickets set lead_id = 'L13900000000A'")
    assert wrong(check_tables(connection, TABLES)) == set()


def test_a_contract_may_not_publish_a_personal_column(connection: duckdb.DuckDBPyConnection) -> None:
    column = TABLES["leads"].columns["channels"].model_copy(update={"privacy": "personal"})
    leads = TABLES["leads"].model_copy(update={"columns": {**TABLES["leads"].columns, "channels": column}})
    assert wrong(check_tables(connection, {**TABLES, "leads": leads})) == {
        ("nothing_personal", "leads", "failed")
    }


def test_what_differs_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("alter table clearance.tickets alter claimed_fen type double")
    (result,) = [item for item in check_tables(connection, TABLES) if item.status == "failed"]
    assert "claimed_fen DOUBLE≠BIGINT" in result.description


def test_a_missing_table_is_a_crash(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop table clearance.leads")
    assert wrong(check_tables(connection, TABLES)) == {("table", "leads", "crashed")}


def test_audits_of_a_balanced_city_pass_through_the_tool() -> None:
    with balanced_city() as city:
        results = check_audits(city, BUSINESS_DATE)
        assert wrong(results) == set() and len(results) == len(load_audits())
        city.execute("delete from clearance.quarantine")
        city.execute("drop table core.ticket_parties")
        found = wrong(check_audits(city, BUSINESS_DATE))
        assert ("quarantine_is_listed", "audit", "failed") in found
        assert ("leads_hold_one_claimant", "audit", "crashed") in found


def test_a_reissue_is_not_asked_what_only_the_book_can_answer() -> None:
    with balanced_city() as city:
        earlier = date(2023, 8, 31)
        city.execute("insert into core.known_deliveries values ('d9')")
        assert wrong(check_audits(city, earlier)) == {("knowledge_ends_with_the_day", "audit", "failed")} | {
            ("rows_are_conserved", "audit", "failed")
        }
        city.execute("update stage.deliveries set rows = 0 where delivery_id = 'd9'")
        assert wrong(check_audits(city, earlier, is_reissue=True)) == set()
