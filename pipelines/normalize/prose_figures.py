"""What a complaint's prose says in figures: the sum still owed, how many people, which months.

`read_figures` is a pure function of each row: SQL cuts out what looks like a figure, each distinct figure is read
once here, and SQL weighs it by the words beside it. What is not told stays NULL.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

import duckdb
import pyarrow as pa

from pipelines.normalize.chinese_numerals import DIGIT_SIGNS, UNIT_SIGNS, read_number
from pipelines.normalize.patterned import run_patterned
from pipelines.normalize.prose_months import MONTHS, Months, read_months, resolve_months
from pipelines.normalize.prose_words import CUES
from pipelines.store import quote_identifier

D = "[0-9０-９]"
CND = f"[{DIGIT_SIGNS}]"
CNU = f"[{UNIT_SIGNS}]"

PHONE = rf"[1１]{D}[0-9０-９*＊]{{1,5}}[- ]?[0-9０-９*＊]{{2,4}}[- ]?{D}{{4}}|0{D}{{2,3}}[- ]{D}{{7,8}}"
LONG = rf"{D}{{9,}}[Xx]?"
MEASURES = "#|＃|号|栋|幢|楼|层|标|期|区|室|平|米|吨|方|亩|天|日|小时|点|岁|次|路|%|％|公里|里|个|年|届|组|队|车|户|条|台|套|项"
JUNK = rf"[A-Za-z]+{D}+|第(?:{D}+|{CND}+)|{D}{{1,2}}[:：]{D}{{2}}|{D}+(?:[.．]{D}+)? ?(?:{MEASURES})"

PEOPLE = (
    "(?:农民工|务工人员|工作人员|打工人|民工|工友|工人|员工|职工|同事|老乡|同乡|乡亲|村民|兄弟|弟兄|姐妹|姊妹|伙计|师傅"
    "|劳动者|群众|妇女|女工|男工|大工|小工|临时工|木工|瓦工|钢筋工|架子工|杂工|普工|力工|焊工|电工|油漆工|司机|家庭|人)"
)
COUNT = rf"(?:{D}{{1,3}}|{CND}?[十百拾佰]{CND}?[十拾]?{CND}?|{CND})"
PERSONS = (
    rf"{COUNT}[多余来几]?(?:个|名|位|号|口|来个|多个|多名)?{PEOPLE}|{COUNT}[多余来几]?[名位][一-鿿]{{1,3}}工"
    rf"|人数[:：为是共有约]{{0,3}} ?{COUNT}[多余来几]?"
    rf"|(?:我们|咱们|俺们|额们|我|咱|俺|夫妻|兄弟|父子|母子|姐妹|哥|姐|他们)(?:俩|仨)"
    rf"|(?:我们|咱们|俺们|兄弟|姐妹|工友|班组){COUNT}[多余来几]?个{PEOPLE}?"
)

NUMBER = rf"(?:{D}{{1,3}}(?:[,， ]{D}{{3}})+(?:[.．]{D}{{1,2}})?|{D}+(?:[.．]{D}+)?)"
ABOUT_BEFORE = "(?:(?:大约|大概|约莫|差不多|将近|接近|约|近|不到|不足|超过|至少|起码|小)是?有?)"
CURRENCY = "(?:￥|¥|RMB|rmb|人民币)"
ARABIC = rf"{NUMBER}(?: ?[多余来几]?[万千百仟佰萬wWkK](?:{D}|{CND}|{CNU})*)?"
CHINESE = rf"(?:{CND}|[十拾几])(?:{CND}|[十拾几])*[多余来几]?[百千万佰仟萬亿](?:{CND}|{CNU}|{D})*"
CHINESE_BARE = rf"(?:{CND}|{CNU})+ ?[元块圆园员]"
TAIL = (
    "[多余来几]?万?[多余]?(?: ?(?:多|余)?[元块圆园员](?:钱|人民币)?(?:整|正)?)?(?:左右|上下|出头|以上|多|余)?"
)
MONEY = rf"{ABOUT_BEFORE}?(?: ?{CURRENCY}[:： ]?)?(?:{ARABIC}|{CHINESE}|{CHINESE_BARE}){TAIL}"

CENTS = rf"{D}+[.．]{D}{{2}} ?[元块圆](?:整|钱)?"
FIGURE = "|".join((PHONE, LONG, CENTS, MONTHS, PERSONS, JUNK, MONEY))
"""Whatever looks like a figure, the more telling reading first; every digit of a text is in some figure."""

_MONEY = re.compile(
    rf"^(?P<about>{ABOUT_BEFORE})?(?: ?(?P<currency>{CURRENCY})[:： ]?)?"
    rf"(?P<number>(?:{D}|{CND}|{CNU}|[wWkK.．,， ])+)"
    rf"(?:(?P<more>[多余来几])(?P<unit>[十百千万]?))?(?P<more2>[多余来]?) ?"
    r"(?P<more3>(?:多|余)?)(?P<yuan>[元块圆园员]?)(?:钱|人民币)?(?:整|正)?"
    r"(?P<about2>(?:左右|上下|出头|以上|多|余)?)$"
)
_SPREAD = re.compile(rf"^(?P<low>{CND})(?P<high>{CND})(?P<unit>[十百千万])$")
_TENS = re.compile(r"^(?P<tens>[一二三四五六七八九]?十)几(?P<unit>[百千万])$")
_TAIL = re.compile(rf"(?P<head>.*[{UNIT_SIGNS}wWkK])(?P<tail>{CND}|[0-9]+)$")
_NAMES = re.compile("^[陆伍]万$")
"""Surname and first sign of a given name as often as a sum: a sum only with its unit."""
_PERSONS = re.compile(
    rf"^(?:我们|咱们|俺们|兄弟|姐妹|工友|班组)?(?:人数[:：为是共有约]{{0,3}} ?)?(?P<count>{COUNT})(?P<more>[多余来几]?)"
)


def read_figures(connection: duckdb.DuckDBPyConnection, rows: str, into: str) -> None:
    """Make `into`: delivery_id, row_no, told_claim, told_persons, told_period; one row for every row of `rows`.

    `rows` names a table of delivery_id, row_no, received_on DATE, text. told_claim has fen (the sum owed, of one
    person where is_each); periods are months as yyyymm. start counts characters of `text` from 1.
    """
    connection.execute(
        "create or replace temp view figure_rows as "
        f"select delivery_id, row_no, received_on, text from {quote_identifier(rows)}"
    )
    run_patterned(connection, "prose/figure_pieces", {"figure": FIGURE})
    run_patterned(connection, "prose/figures", {"passed_over": rf"^(?:{PHONE}|{LONG})$"})
    tokens = [row[0] for row in connection.execute("select distinct token from figures").fetchall()]
    _register(connection, "figure_sums", _SUMS, (_sum(token) for token in tokens))
    _register(connection, "figure_counts", _COUNTS, (_count(token) for token in tokens))
    _register(connection, "figure_months", _MONTHS, _months(connection))
    for name in ("told_claims", "told_persons", "told_periods"):
        run_patterned(connection, f"prose/{name}", CUES)
    connection.execute(
        f"create or replace temp table {quote_identifier(into)} as "
        "select p.delivery_id, p.row_no, c.told_claim, n.told_persons, m.told_period from figure_pieces as p "
        "left join told_claims as c using (delivery_id, row_no) "
        "left join told_persons as n using (delivery_id, row_no) "
        "left join told_periods as m using (delivery_id, row_no)"
    )
    for table in ("figure_pieces", "figures", "told_claims", "told_persons", "told_periods"):
        connection.execute(f"drop table {table}")
    for view in ("figure_sums", "figure_counts", "figure_months"):
        connection.unregister(view)
    connection.execute("drop view figure_rows")


_SUMS = pa.schema(
    {
        **{"token": pa.string(), "fen": pa.int64(), "cut_fen": pa.int64()},
        **{"is_exact": pa.bool_(), "has_unit": pa.bool_(), "is_bare": pa.bool_()},
    }
)
_COUNTS = pa.schema({"token": pa.string(), "persons": pa.int32(), "is_exact": pa.bool_()})
_MONTHS = pa.schema(
    {
        **{"token": pa.string(), "received_month": pa.int32(), "first": pa.int32(), "last": pa.int32()},
        **{"weight": pa.float64()},
    }
)


def _register(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    schema: pa.Schema,
    rows: Iterable[tuple[object, ...] | None],
) -> None:
    columns = list(zip(*(row for row in rows if row is not None), strict=True)) or [() for _ in schema]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    connection.register(name, pa.Table.from_arrays(arrays, schema=schema))


def _sum(token: str) -> tuple[object, ...] | None:
    read = read_sum(token)
    return None if read is None else (token, *read)


def _count(token: str) -> tuple[object, ...] | None:
    read = read_persons(token)
    return None if read is None else (token, *read)


def _months(connection: duckdb.DuckDBPyConnection) -> Iterable[tuple[object, ...] | None]:
    asked = connection.execute(
        "select distinct token, received_month from figures where received_month is not null "
        "and regexp_matches(token, '[月年至今.-]')"
    ).fetchall()
    known: dict[str, Months | None] = {}
    for token, received in asked:
        if token not in known:
            known[token] = read_months(token)
        months = known[token]
        resolved = None if months is None else resolve_months(months, received)
        if resolved is not None:
            yield (token, received, *resolved)


def read_sum(token: str) -> tuple[int, int, bool, bool, bool] | None:
    """(fen, fen without a loose last digit, is_exact, has a unit of money, is bare digits) of 大约3.8万余元."""
    text = unicodedata.normalize("NFKC", token).replace("¥", "￥")
    found = _MONEY.match(text)
    if found is None:
        return _about_sum(text)
    number, unit = found["number"].strip(" ,"), found["unit"] or ""
    spread = _SPREAD.match(number + unit)
    if spread:
        low, high = read_number(spread["low"]), read_number(spread["high"])
        scale = read_number("一" + spread["unit"])
        if low and high and scale and high == low + 1:
            fen = _fen((low + high) / 2 * scale)
            return fen, fen, False, True, False
    if " " in number and not (found["yuan"] or found["currency"]):
        return None
    has_sign = bool(found["yuan"] or found["currency"])
    is_plain = not unit and re.fullmatch(r"[0-9]+(\.[0-9]+)?", number) is not None
    scale = read_number("一" + unit) if unit else Decimal(1)
    tail = _TAIL.match(number) if not has_sign and not unit else None
    value = read_number(number)
    cut = read_number(tail["head"]) if tail else value
    if "," in number and not has_sign:
        cut = read_number(number.rsplit(",", 1)[0])
    if value is None and number[-1:] in DIGIT_SIGNS:
        cut = read_number(number[:-1])
    value = cut if value is None else value
    if value is None or scale is None or (_NAMES.match(number) and not has_sign):
        return None
    exact = not any(found[part] for part in ("about", "more", "more2", "more3", "about2"))
    fen = _fen(value * scale)
    return fen, _fen((cut or value) * scale), exact, has_sign, is_plain and not has_sign and not found["more"]


def _about_sum(text: str) -> tuple[int, int, bool, bool, bool] | None:
    """十几万元, 二十多万: the round number before 几 or 多, not exact."""
    found = re.match(
        rf"^{ABOUT_BEFORE}?{CURRENCY}?(?P<head>[0-9]+|[一二三四五六七八九]?十)[几多余来](?P<unit>[百千万]) ?"
        r"(?:多|余)?(?P<yuan>[元块圆园员])?(?:钱)?(?:左右|上下|多|余)?$",
        text,
    )
    if found is None:
        return None
    head, scale = read_number(found["head"]), read_number("一" + found["unit"])
    if head is None or scale is None:
        return None
    fen = _fen(head * scale)
    return fen, fen, False, bool(found["yuan"]), False


def _fen(yuan: Decimal) -> int:
    return min(int((yuan * 100).to_integral_value()), 10**15)


def read_persons(token: str) -> tuple[int, bool] | None:
    """(how many, is_exact) of 二十多名工友; None where the token counts no people."""
    text = unicodedata.normalize("NFKC", token)
    if text.endswith("俩") or text.endswith("仨"):
        return (2 if text.endswith("俩") else 3), True
    if not re.search(rf"{PEOPLE}$|工$|^人数|^(?:[我咱俺]们|兄弟|姐妹|工友|班组).*个", text):
        return None
    found = _PERSONS.match(text)
    count = read_number(found["count"]) if found else None
    if found is None or count is None or not 1 <= count <= 5000:
        return None
    return int(count), not found["more"]
