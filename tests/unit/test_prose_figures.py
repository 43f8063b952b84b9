"""What a complaint's prose says in figures: sums, people, months; what only looks like one is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from pipelines.normalize.prose_figures import read_figures, read_persons, read_sum

RECEIVED = date(2023, 6, 15)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def told(connection: duckdb.DuckDBPyConnection, text: str) -> dict[str, Any]:
    connection.execute(
        "create or replace temp table prose as select 'd' as delivery_id, 1::bigint as row_no, ?::date as received_on, ? as text",
        [RECEIVED, text],
    )
    read_figures(connection, "prose", "said")
    found = connection.execute("select told_claim, told_persons, told_period from said").fetchall()
    assert len(found) == 1, "one row out for one row in"
    return dict(zip(("claim", "persons", "period"), found[0], strict=True))


def brief(said: dict[str, Any]) -> tuple[Any, ...]:
    claim, persons, period = said["claim"], said["persons"], said["period"]
    return (
        claim and (claim["fen"] // 100, "" if claim["is_exact"] else "~", "each" if claim["is_each"] else ""),
        persons and (persons["persons"], "" if persons["is_exact"] else "~"),
        period and (period["first"], period["last"]),
    )


@pytest.mark.parametrize(
    ("token", "yuan", "is_exact"),
    [
        ("38000元", 38000, True),
        ("￥7100", 7100, True),
        ("15,400元", 15400, True),
        ("3万8", 38000, True),
        ("三万八千元", 38000, True),
        ("3.8万余元", 38000, False),
        ("叁仟玖佰元整", 3900, True),
        ("一万二千块", 12000, True),
        ("4千", 4000, True),
        ("2万多", 20000, False),
        ("３ ８００ 元", 3800, True),
        ("大约1.9万", 19000, False),
        ("9000元左右", 9000, False),
        ("差不多一万块", 10000, False),
        ("三四千", 3500, False),
        ("两三万块钱", 25000, False),
        ("十几万", 100000, False),
        ("20多万元", 200000, False),
        ("4.8w", 48000, True),
        ("2w2", 22000, True),
        ("五百块", 500, True),
        ("人民币 5000", 5000, True),
    ],
)
def test_money_in_every_shape(token: str, yuan: int, is_exact: bool) -> None:
    read = read_sum(token)
    assert read is not None
    assert (read[0], read[2]) == (yuan * 100, is_exact)


@pytest.mark.parametrize(
    ("token", "read"),
    [
        ("23个人", (23, True)),
        ("二十多名工友", (20, False)),
        ("46人", (46, True)),
        ("我们俩", (2, True)),
        ("3号", None),
    ],
)
def test_people(token: str, read: tuple[int, bool] | None) -> None:
    assert read_persons(token) == read


def test_positions_are_characters_of_the_text_from_one(connection: duckdb.DuckDBPyConnection) -> None:
    text = "欠薪\n我们5个人2023年3月至5月的工资一共３８０００元没给"
    said = told(connection, text)
    for part, piece in (("claim", "３８０００元"), ("persons", "5个人"), ("period", "2023年3月至5月")):
        start, length = said[part]["start"], said[part]["length"]
        assert text[start - 1 : start - 1 + length] == piece, part


def test_a_row_without_text_tells_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    assert brief(told(connection, "")) == (None, None, None)


SENTENCES = [
    (
        "去年10月到今年1月在工地干活，老板欠我15,400元，电话13812345678",
        (15400, "", ""),
        None,
        (202210, 202301),
    ),
    ("应发工资2万，已支付5000元，剩下的没给", (15000, "", ""), None, None),
    ("交了押金500元，每天300元，工资还差3900没结", (3900, "", ""), None, None),
    ("每人8000多，5个人", (8000, "~", "each"), (5, ""), None),
    ("我们23个人，每人2000多，共计46,600元", (46600, "", ""), (23, ""), None),
    ("3月5日签的合同，6月份完工，工资一直没有", None, None, None),
    ("1.6万一分钱没给", (16000, "", ""), None, None),
    ("工资1万5一直要不回来", (15000, "", ""), None, None),
    ("其亲属代陆万林投诉，不给陆万林工资12000块钱", (12000, "", ""), None, None),
]


@pytest.mark.parametrize(
    ("text", "claim", "persons", "period"), SENTENCES, ids=[row[0][:12] for row in SENTENCES]
)
def test_words_beside_a_figure_say_what_it_is(
    connection: duckdb.DuckDBPyConnection, text: str, claim: Any, persons: Any, period: Any
) -> None:
    assert brief(told(connection, text)) == (claim, persons, period)
