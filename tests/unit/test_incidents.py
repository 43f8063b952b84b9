"""Which leads are one incident: same employer, same project, however tickets write them. All names are invented."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pytest

from pipelines.normalize.likeness import key_employers, key_projects
from pipelines.resolve.incidents import relate
from pipelines.store import run_sql

FIRM, SHORT, MISREAD = "云南澄怀建筑工程有限公司", "澄怀建筑", "云南澄坏建筑工程有限公司"
OTHER_TRADE = "云南澄怀餐饮管理有限公司"
SITE, OTHER_SITE = "雁回小区二期项目", "霁川医院迁建工程"
CODE, OTHER_CODE = "91640100MA0000000A", "91640100MA0000001B"
START = datetime(2023, 5, 1, 9)


@dataclass(frozen=True)
class Told:
    """What one ticket of a lead says of its incident."""

    lead: str
    employer: str | None = FIRM
    project: str | None = SITE
    division: str = "640104"
    code: str | None = None
    foreman: str | None = None


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        run_sql(opened, "macros/employer_likeness")
        opened.execute("create schema core; create schema stage")
        run_sql(opened, "staging/create_names")
        yield opened


def related(
    connection: duckdb.DuckDBPyConnection, tickets: Sequence[Told], order: Sequence[int] | None = None
) -> dict[str, str]:
    """Each lead's incident id; tickets are received in the order given, and stored in another where `order` says."""
    connection.execute(
        "create or replace temp table said (ticket_id varchar, lead_id varchar, employer varchar, project varchar, "
        "division_code varchar, employer_code varchar, foreman varchar, received_at timestamp, "
        "told_employers struct(place varchar, brand varchar, industry varchar, form varchar, confidence double)[], "
        'told_projects struct("name" varchar, confidence double)[])'
    )
    for at in order if order is not None else range(len(tickets)):
        t = tickets[at]
        connection.execute(
            "insert into said values ($1, $2, $3, $4, $5, $6, $7, $8, [], [])",
            [
                f"t{at:02}",
                t.lead,
                t.employer,
                t.project,
                t.division,
                t.code,
                t.foreman,
                START + timedelta(days=at),
            ],
        )
    connection.execute("delete from stage.names")
    for kind, key in (("employer", key_employers), ("project", key_projects)):
        key(connection, "said", f"said_{kind}")
        connection.execute(
            f"insert into stage.names by name select '{kind}' as kind, * from said_{kind}_names"
        )
    connection.execute("create or replace table core.lead_of_ticket as select ticket_id, lead_id from said")
    connection.execute("create or replace table core.features as select * from said")
    connection.execute(
        "create or replace table core.ticket_state as select *, 'd' as delivery_id, rowid as row_no from said"
    )
    connection.execute(
        "create or replace table stage.prose as select 'd' as delivery_id, rowid as row_no, told_employers, told_projects from said"
    )
    relate(connection)
    return dict(connection.execute("select lead_id, incident_id from core.incident_of_lead").fetchall())


TOGETHER: dict[str, list[Told]] = {
    "two workers of one project": [Told("a"), Told("b")],
    "the employer's short name": [Told("a"), Told("b", employer=SHORT)],
    "a lead's second ticket names the project": [Told("a"), Told("b", project=None), Told("b")],
    "no project named, the employer has one": [Told("a"), Told("c"), Told("b", project=None)],
    "no project named by anybody": [Told("a", project=None), Told("b", project=None)],
    "no employer named, one works at the project": [Told("a"), Told("c"), Told("b", employer=None)],
    "misread by one sign": [Told("a"), Told("c"), Told("b", employer=MISREAD)],
    "filed in another division": [Told("a"), Told("c"), Told("b", division="640121")],
}
APART: dict[str, list[Told]] = {
    "another project": [Told("a"), Told("b", project=OTHER_SITE)],
    "the same brand in another trade": [Told("a"), Told("b", employer=OTHER_TRADE)],
    "differing valid codes": [Told("a", code=CODE), Told("b", code=OTHER_CODE)],
    "differing codes, a chain between": [Told("a", code=CODE), Told("c"), Told("b", code=OTHER_CODE)],
    "no project named, the employer has two": [
        Told("a"), Told("c"), Told("d", project=OTHER_SITE), Told("e", project=OTHER_SITE), Told("b", project=None)
    ],
    "a lead that names both projects": [
        Told("a"), Told("c"), Told("c", project=OTHER_SITE), Told("b", project=OTHER_SITE)
    ],
    "a short name that fits two firms": [
        Told("a"), Told("c"), Told("b", employer="澄怀", project=None), Told("d", employer=OTHER_TRADE, project=OTHER_SITE),
        Told("e", employer=OTHER_TRADE, project=OTHER_SITE),
    ],
    "nothing named": [Told("a", employer=None, project=None), Told("b", employer=None, project=None)],
}  # fmt: skip


@pytest.mark.parametrize("case", TOGETHER)
def test_leads_of_one_employer_and_project_are_one_incident(
    connection: duckdb.DuckDBPyConnection, case: str
) -> None:
    assert len(set(related(connection, TOGETHER[case]).values())) == 1


@pytest.mark.parametrize("case", APART)
def test_what_may_be_another_matter_stays_apart(connection: duckdb.DuckDBPyConnection, case: str) -> None:
    found = related(connection, APART[case])
    assert found["a"] != found["b"]


def test_the_order_of_rows_does_not_matter(connection: duckdb.DuckDBPyConnection) -> None:
    chance = random.Random(7)
    tickets = [
        Told(
            f"l{chance.randrange(18)}", chance.choice([FIRM, SHORT, MISREAD, OTHER_TRADE, "澄怀", None]),
            chance.choice([SITE, OTHER_SITE, "雁回小区", None]), chance.choice(["640104", "640104", "640121"]),
            chance.choice([None, None, None, CODE, OTHER_CODE]), chance.choice([None, None, "白总"]),
        )
        for _ in range(40)
    ]  # fmt: skip
    expected = related(connection, tickets)
    for _ in range(5):
        order = chance.sample(range(len(tickets)), len(tickets))
        assert related(connection, tickets, order) == expected


def test_the_id_is_that_of_the_earliest_ticket(connection: duckdb.DuckDBPyConnection) -> None:
    one = related(connection, [Told("a")])["a"]
    assert set(related(connection, [Told("a"), Told("b"), Told("c", project=None)]).values()) == {one}
