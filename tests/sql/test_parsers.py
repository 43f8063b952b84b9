"""Named parsers, text in and value out: every shape of the contract, and what must not be read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import pytest

from pipelines.normalize.staging import BASE_MACROS
from pipelines.store import run_sql, sql_names


@pytest.fixture(scope="module")
def sql() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in [*BASE_MACROS, *(name for name in sql_names("macros") if name not in BASE_MACROS)]:
        run_sql(connection, name)
    return connection


def value(sql: duckdb.DuckDBPyConnection, macro: str, text: str | None) -> Any:
    row = sql.execute(f"select {macro}($1)", [text]).fetchone()
    assert row is not None
    return row[0]


AUGUST = datetime(2023, 8, 15)


@pytest.mark.parametrize(
    ("text", "expected", "has_time"),
    [
        ("2023-08-15 10:20:30", datetime(2023, 8, 15, 10, 20, 30), True),
        ("2023-08-15 10:20:30.123456", datetime(2023, 8, 15, 10, 20, 30, 123456), True),
        ("2023-08-15 10:20", datetime(2023, 8, 15, 10, 20), True),
        ("2023-08-15T10:20:00+08:00", datetime(2023, 8, 15, 10, 20), True),
        ("2023-08-15T02:20:00Z", datetime(2023, 8, 15, 10, 20), True),
        ("2023年8月15日", AUGUST, False),
        ("2023年8月15日10时20分", datetime(2023, 8, 15, 10, 20), True),
        ("20230815102000", datetime(2023, 8, 15, 10, 20), True),
        ("20230815", AUGUST, False),
        ("2023/8/15", AUGUST, False),
        ("2023/8/15 7:05", datetime(2023, 8, 15, 7, 5), True),
        ("45153", AUGUST, False),
        ("45153.5", datetime(2023, 8, 15, 12), True),
        ("3021-08-15", datetime(3021, 8, 15), False),
        ("2023-13-01", None, False),
        ("2023-02-30 10:00:00", None, True),
        ("昨天", None, False),
        ("", None, False),
        (None, None, False),
    ],
)
def test_timestamps(sql: duckdb.DuckDBPyConnection, text: str, expected: datetime, has_time: bool) -> None:
    assert value(sql, "parse_timestamp", text) == expected
    assert value(sql, "has_time", text) is has_time


@pytest.mark.parametrize(
    ("macro", "text", "expected"),
    [
        ("parse_money_yuan", "38000", 3_800_000),
        ("parse_money_yuan", "38,000.55元", 3_800_055),
        ("parse_money_yuan", "-1", -100),
        ("parse_money_yuan", "NaN", None),
        ("parse_money_yuan", "Infinity", None),
        ("parse_money_yuan", "三万", None),
        ("parse_money_wan", "3.123456", 3_123_456),
        ("parse_money_wan", "0", 0),
        ("parse_count", "23人", 23),
        ("parse_count", "5.0", 5),
        ("parse_count", "几人", None),
        ("parse_month", "2023-05", 202305),
        ("parse_month", "202312", 202312),
        ("parse_month", "2023年5月", 202305),
        ("parse_month", "202313", None),
        ("parse_month", "2023", None),
        ("parse_phone", "+86 138-0000-1234", "13800001234"),
        ("parse_phone", "138****1234", "138****1234"),
        ("parse_phone", "1.38E+10", None),
        ("parse_ticket_number", " gd20230801000123 ", "GD20230801000123"),
        ("parse_ticket_number", "GD2023\ufffd000123", None),
        ("parse_ticket_number", "6.401E+20", None),
        ("parse_ticket_number", "   ", None),
        ("parse_person_name", "保密", None),
        ("parse_person_name", "匿名群众", None),
        ("parse_person_name", "张 三", "张三"),
        ("parse_flag", "是", True),
        ("parse_flag", "0", False),
        ("parse_flag", "也许", None),
        (
            "parse_quoted_numbers",
            "详见GD20230801000123、64010020230801000012",
            ["GD20230801000123", "64010020230801000012"],
        ),
        ("parse_quoted_numbers", "没有", []),
        ("parse_text", "a\tb\r\nc\u200b", "a b c"),
        ("employer_key", "宁夏恒泰建筑工程有限公司", "恒泰建筑工程"),
        ("employer_key", "银川市 恒泰建筑工程（有限公司）", "恒泰建筑工程"),
        ("parse_money_wan", "9.9E+13", None),
        ("parse_money_yuan", "1E+17", None),
        ("parse_ticket_number", "王小明13895010001", None),
        ("parse_ticket_number", "13895010001", None),
        ("parse_ticket_number", "11010519491231002X", None),
        ("without_numbers", "包工头 １３８９５０１０００１", "包工头 ***"),
        ("without_numbers", "640104 19900101 1234", "***"),
        ("without_numbers", "第2023号工地3标段", "第2023号工地3标段"),
        ("employer_key", "不详", None),
        ("masked_name", "张三丰", "张*"),
        ("without_numbers", "张三13812345678的工地", "张三***的工地"),
        ("without_numbers", "640104199001010012号", "***号"),
    ],
)
def test_values(sql: duckdb.DuckDBPyConnection, macro: str, text: str, expected: Any) -> None:
    assert value(sql, macro, text) == expected


def test_a_keyed_hash_needs_the_key(sql: duckdb.DuckDBPyConnection) -> None:
    first = sql.execute(
        "select keyed_hash('k1', 'x'), keyed_hash('k2', 'x'), keyed_hash('k1', 'x'), keyed_hash('k1', null)"
    )
    a, b, c, nothing = first.fetchall()[0]
    assert a == c and a != b and nothing is None and "x" not in a
