"""Who a text speaks of, and in what role it is written. All people and firms are invented."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from pipelines.normalize.prose_people import read_people
from tests.unit.people_texts import TEXTS, Told


def rows_of(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    connection.execute(
        "create or replace temp table rows (row_no bigint, delivery_id varchar, text varchar, claimant_name varchar, "
        "claimant_phone varchar, claimant_id_number varchar, claimed_persons integer, is_group boolean)"
    )
    columns = ("text", "claimant_name", "claimant_phone", "claimant_id_number", "claimed_persons", "is_group")
    for number, row in enumerate(rows):
        connection.execute(
            "insert into rows values ($1, 'd', $2, $3, $4, $5, $6, $7)", [number, *map(row.get, columns)]
        )


def read(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    connection = duckdb.connect()
    rows_of(connection, rows)
    read_people(connection, "rows", "people")
    return connection.execute("select * from people order by row_no").fetch_arrow_table().to_pylist()


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    rows = [
        {"text": "\n" + told.text, "claimant_name": told.name, "claimant_phone": told.name and "13800001234"}
        for told in TEXTS
    ]
    return {told.text: row for told, row in zip(TEXTS, read(rows), strict=True)}


def name_of(person: dict[str, Any] | None) -> str | None:
    return person["name"] if person else None


@pytest.mark.parametrize("expected", TEXTS, ids=lambda told: told.text[:16])
def test_a_text_tells_its_people_and_its_role(told: dict[str, dict[str, Any]], expected: Told) -> None:
    row = told[expected.text]
    got = (
        row["role"],
        name_of(row["told_claimant"]),
        name_of(row["told_principal"]),
        name_of(row["told_foreman"]),
    )
    assert got == (expected.role, expected.claimant, expected.principal, expected.foreman), row["role_reason"]
    for part in ("told_claimant", "told_agent", "told_principal", "told_foreman"):
        if person := row[part]:
            start = person["start"] - 1
            assert ("\n" + expected.text)[start : start + person["length"]] == person["name"]
            assert 0 < person["confidence"] <= 1
    assert row["role_reason"]


def test_the_agents_own_name_is_kept_apart() -> None:
    text = "代王建业反映：在酒店洗碗，工资三千。反映人海彦军。"
    (row,) = read([{"text": text, "claimant_name": "海彦军", "claimant_phone": "13800001234"}])
    assert (row["role"], name_of(row["told_agent"]), name_of(row["told_principal"])) == (
        "agent",
        "海彦军",
        "王建业",
    )
    assert row["told_claimant"] is None


def test_phones_and_id_numbers_are_cut_whole() -> None:
    text = "电话１３８－0000－1234，备用193 0000 5670，尾号138****9999，单号GD20230306000001，身份证64010419900307123X，欠7500元"
    (row,) = read([{"text": text, "claimant_name": None}])
    assert [phone["phone"] for phone in row["told_phones"]] == ["13800001234", "19300005670", "138****9999"]
    assert [number["id_number"] for number in row["told_id_numbers"]] == ["64010419900307123X"]
    for number in row["told_phones"]:
        assert 11 <= number["length"] <= 13 and text[number["start"] - 1] in "1１"


@pytest.mark.parametrize(
    ("row", "role"),
    [
        ({"text": "欠薪五千", "claimant_name": "某", "is_group": True}, "representative"),
        ({"text": "欠薪五千", "claimant_name": "某", "claimed_persons": 4}, "representative"),
        ({"text": "欠我们工资五千", "claimant_name": "某", "claimed_persons": 1}, "claimant"),
        ({"text": "欠我们工资五千", "claimant_name": "某"}, "representative"),
        ({"text": "某厂欠薪", "claimant_name": None}, "reporter"),
        ({"text": "某厂欠薪", "claimant_name": "保密"}, "reporter"),
        ({"text": None, "claimant_name": "某"}, "claimant"),
        ({"text": None}, "reporter"),
    ],
)
def test_fields_speak_where_the_text_does_not(row: dict[str, Any], role: str) -> None:
    assert read([row])[0]["role"] == role


def test_every_row_is_answered_once() -> None:
    same = {"text": "我叫马尔萨，欠薪五千", "claimant_name": "马尔萨"}
    rows = read([same, same, {**same, "text": None}])
    assert [row["row_no"] for row in rows] == [0, 1, 2]
    assert name_of(rows[0]["told_claimant"]) == name_of(rows[1]["told_claimant"]) == "马尔萨"
    assert rows[2]["told_phones"] == [] and rows[2]["told_claimant"] is None


def test_no_rows_give_an_empty_table() -> None:
    assert read([]) == []
