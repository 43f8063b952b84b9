"""Names and phones of fields: what a value says, and how alike two of them are. All people are invented."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.normalize.people import Name, describe_names, describe_phones, name_in, read_name
from pipelines.store import run_sql


@pytest.fixture(scope="module")
def sql() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in ("phone_bare", "phone_kind", "phone_parts", "phone_likeness", "name_likeness"):
        run_sql(connection, f"macros/{name}")
    return connection


@pytest.mark.parametrize(
    ("text", "surname", "given", "title", "form"),
    [
        ("王建国", "王", "建国", None, "full"),
        (" 王 建 国 ", "王", "建国", None, "full"),
        ("欧阳娜娜", "欧阳", "娜娜", None, "full"),
        ("哈三", "哈", "三", None, "full"),
        ("马尔萨", "马", "尔萨", None, "full"),
        ("姚法图麦", "姚", "法图麦", None, "full"),
        ("张三（女）", "张", "三", None, "full"),
        ("李四先生", "李", "四", "先生", "full"),
        ("王先生", "王", None, "先生", "part"),
        ("王女士", "王", None, "女士", "part"),
        ("王师傅", "王", None, "师傅", "part"),
        ("老王", "王", None, "老", "part"),
        ("王某某", "王", None, "某某", "part"),
        ("王工", "王", None, "工", "part"),
        ("姓汪的老板", "汪", None, "老板", "part"),
        ("张*", "张", "*", None, "masked"),
        ("王＊国", "王", "*国", None, "masked"),
        ("保密", None, None, None, "withheld"),
        ("匿名市民", None, None, None, "withheld"),
        ("不愿透露姓名", None, None, None, "withheld"),
        ("", None, None, None, "none"),
        (None, None, None, None, "none"),
    ],
)
def test_a_name_field_is_read(
    text: str | None, surname: str | None, given: str | None, title: str | None, form: str
) -> None:
    name = read_name(text)
    assert (name.surname, name.given, name.title) == (surname, given, title)
    flags = (name.is_full, name.is_masked, name.is_withheld)
    assert flags == (form == "full", form == "masked", form == "withheld")


def likeness(sql: duckdb.DuckDBPyConnection, left: str, right: str) -> str:
    sql.execute("create or replace temp table pair as select unnest([$1, $2]) as name", [left, right])
    describe_names(sql, "pair", "described_pair")
    row = sql.execute(
        "select name_likeness(l, r) from described_pair as l, described_pair as r where l.name = $1 and r.name = $2",
        [left, right],
    ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("王建国", "王建国", "same"),
        ("王建国", "王健国", "sound"),
        ("王建国", "王建军", "near"),
        ("王建国", "王建", "different"),
        ("王强", "王刚", "different"),
        ("王建国", "李建国", "near"),
        ("王先生", "王建国", "compatible"),
        ("王某", "王女士", "compatible"),
        ("王先生", "王女士", "different"),
        ("王先生", "王秀兰", "unknown"),
        ("张*", "张三", "compatible"),
        ("王*国", "王建国", "compatible"),
        ("王*国", "王建军", "different"),
        ("陈某", "程国庆", "different"),
        ("王先生", "汪国庆", "unknown"),
        ("保密", "王建国", "unknown"),
    ],
)
def test_two_names_are_compared(sql: duckdb.DuckDBPyConnection, left: str, right: str, expected: str) -> None:
    assert likeness(sql, left, right) == expected
    assert likeness(sql, right, left) == expected


@pytest.mark.parametrize(
    ("phone", "whole", "kind"),
    [
        ("13800001234", "13800001234", "whole"),
        ("193 5965 5670", "19359655670", "whole"),
        ("138-0000-1234", "13800001234", "whole"),
        ("１３８００００１２３４", "13800001234", "whole"),
        ("+86 13800001234", "13800001234", "whole"),
        ("013800001234", "13800001234", "whole"),
        ("138****1234", None, "masked"),
        ("138xxxx1234", None, "masked"),
        ("1.38E+10", None, "lost"),
        ("1380000123", None, "broken"),
        ("138000012345", None, "broken"),
        ("0951-6000000", "09516000000", "landline"),
        ("电话", None, None),
    ],
)
def test_a_phone_field_is_read(
    sql: duckdb.DuckDBPyConnection, phone: str, whole: str | None, kind: str | None
) -> None:
    sql.execute("create or replace temp table number as select $1 as phone", [phone])
    describe_phones(sql, "number", "described_number")
    assert sql.execute("select whole, kind from described_number").fetchall() == [(whole, kind)]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("13800001234", "138-0000-1234", "same"),
        ("13800001234", "138****1234", "compatible"),
        ("13800001234", "139****1234", "different"),
        ("13800001234", "13800001235", "one_digit"),
        ("13800001234", "1380000123", "one_digit"),
        ("13800001234", "13800005678", "different"),
        ("13800001234", "1.38E+10", "unknown"),
        ("13800001234", "0951-6000000", "unknown"),
    ],
)
def test_two_phones_are_compared(
    sql: duckdb.DuckDBPyConnection, left: str, right: str, expected: str
) -> None:
    query = "select phone_likeness(phone_parts(phone_bare($1)), phone_parts(phone_bare($2)))"
    assert sql.execute(query, [left, right]).fetchone() == (expected,)
    assert sql.execute(query, [right, left]).fetchone() == (expected,)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("贾少华2023年4月工资", "贾少华"),
        ("文平反映", "文平"),
        ("丁龙从事绑扎", "丁龙"),
        ("崔国林四月份工资", "崔国林"),
        ("虎俊一月份工资", "虎俊"),
        ("侯某在工地", "侯某"),
        ("姓沙的老板在", "姓沙的老板"),
        ("吴忠义，", "吴忠义"),
        ("吴忠市的工地", None),
        ("于三月份", None),
        ("高额利息", None),
        ("万元整，", None),
        ("施工方", None),
        ("干活", None),
    ],
)
def test_a_name_in_running_text_ends_where_it_ends(text: str, written: str | None) -> None:
    found = name_in(text, 0)
    assert (found.written if found is not None and found.confidence >= 0.75 else None) == written


def test_sex_by_the_signs_of_a_name_is_weak() -> None:
    assert (read_name("王秀兰").sex, read_name("王秀兰").is_sex_weak) == ("female", True)
    assert (read_name("王女士").sex, read_name("王女士").is_sex_weak) == ("female", False)
    assert read_name(None) == Name()
