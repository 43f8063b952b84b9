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
    for part, piece in (("claim", "３８０００元"), ("persons", "我们5个人"), ("period", "2023年3月至5月")):
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


CLERK = [
    (
        "工程款未结。涉14人，计人民币237,600.00元，时段2022.11-2023.01。",
        (237600, "", ""),
        (14, ""),
        (202211, 202301),
    ),
    ("欠薪人数15，金额壹拾贰万叁仟元整，经办人未到场。", (123000, "", ""), (15, ""), None),
    ("工期三个月，日薪260元，应付18200元，已预支6000元，余12200元未付。", (12200, "", ""), None, None),
    ("来访。班组长带8名瓦工。工时费共计9.6万。今年2至4月。", (96000, "", ""), (8, ""), (202302, 202304)),
    ("合同2022年9月3日签，2023年1月20日停工，工钱至今分文未见。", None, None, None),
    (
        "2022年十一月起至2023年二月止，欠付劳务报酬￥１６，８００．００",
        (16800, "", ""),
        None,
        (202211, 202302),
    ),
    ("工资总额50000元，已发放20000元，尚余30000元未发放。", (30000, "", ""), None, None),
    ("涉案18人，金额合计45.6万元，所属2022年第四季度", (456000, "", ""), (18, ""), (202210, 202212)),
    (
        "欠款：30000.00（叁万元整）；人数：6人；期间：202210-202212",
        (30000, "", ""),
        (6, ""),
        (202210, 202212),
    ),
    ("请于5月底前办结，工单编号20230512003388，涉及3人9000元", (9000, "", ""), (3, ""), None),
    ("自2022年8月15日起至2023年1月20日止，在该项目务工", None, None, (202208, 202301)),
]
RANT = [
    ("无语了家人们！！干了仨月就给2k，剩下1w3死活不给，这什么黑心老板", (13000, "", ""), None, None),
    (
        "姐妹们避雷这家店，押金500不退，二月和三月工资加起来6800也不发",
        (6800, "", ""),
        None,
        (202302, 202303),
    ),
    ("血汗钱啊！我们兄弟五个，一个人头一万一，拢共五万五，一分没见着", (55000, "", ""), (5, ""), None),
    ("老板说好8千一个月，干了俩月，给了3千就把我拉黑了", None, None, None),
    ("谁懂啊，1万出头的工资拖了我大半年", (10000, "~", ""), None, None),
    ("房租都交不起了，一个月1200的房租，老板还压着我4800工资", (4800, "", ""), None, None),
    ("今年二月工资3000只发了1000", (2000, "", ""), None, (202302, 202302)),
    ("5月20日打过12345，说7个工作日答复，可工资1万8千6还是没影", (18600, "", ""), None, None),
    ("工地上有200多号人，我就想要回我自己的6300", (6300, "", ""), None, None),
    ("公司注册资金5000万元，拖欠我工资七千八百元", (7800, "", ""), None, None),
]
DIALECT = [
    ("俺跟俩老乡去年冬月去的工地，活儿干完咧，还短俺们仨两万来块", (20000, "~", ""), (3, ""), None),
    ("额们十来个人在工地干咧两个月，下剩四万三莫给", (43000, "", ""), (10, "~"), None),
    ("阿拉三个人，钞票到现在一分没拿到，总归一万五千块洋钿", (15000, "", ""), (3, ""), None),
    ("我屋头老汉儿在工地做了4个月，差到起9000块钱不给", (9000, "", ""), None, None),
    ("老板欠倒我们20几个人三十多万，从去年8月份欠到现在", (300000, "~", ""), (20, "~"), (202208, 202306)),
    ("讲好一天280，干了45天，到手才3000，还差九千六", (9600, "", ""), None, None),
]
PLAIN = [
    ("每月工资4500元，拖欠2个月，共9000元", (9000, "", ""), None, None),
    ("本人月薪6000，被拖欠2023年4月、5月两个月工资", None, None, (202304, 202305)),
    ("工伤医药费花了12000元，公司没报，另外工资5400没发", (5400, "", ""), None, None),
    ("我2021年3月入职，2023年4月被辞退，4月份工资3,860元没给", (3860, "", ""), None, (202304, 202304)),
    ("2022年全年的加班费没给，大概两三万", (25000, "~", ""), None, (202201, 202212)),
    ("身份证640103199001011234，电话0951-6012345，欠薪3260元", (3260, "", ""), None, None),
    ("承诺6月底付清3月到5月工资共计两万四千元整，没兑现", (24000, "", ""), None, (202303, 202305)),
    ("我爱人等6人给他干外墙保温，人均五千八，合计叁万肆仟捌佰元", (34800, "", ""), (6, ""), None),
    ("老板欠我和另外3个人工钱两万一", (21000, "", ""), (4, ""), None),
    ("工程款37500，给过两回一共1万，剩余没影", (27500, "", ""), None, None),
    ("拖欠我3个月工资（10月、11月、12月）共计15,000元整", (15000, "", ""), None, (202210, 202212)),
    ("他欠我6500块，其中5月份3000，6月份3500", (6500, "", ""), None, (202305, 202306)),
]
STYLES = CLERK + RANT + DIALECT + PLAIN


@pytest.mark.parametrize(("text", "claim", "persons", "period"), STYLES, ids=[row[0][:12] for row in STYLES])
def test_prose_of_any_style_is_read(
    connection: duckdb.DuckDBPyConnection, text: str, claim: Any, persons: Any, period: Any
) -> None:
    assert brief(told(connection, text)) == (claim, persons, period)


def test_several_sums_without_a_total_are_doubtful(connection: duckdb.DuckDBPyConnection) -> None:
    one = told(connection, "8月欠3500元")["claim"]["confidence"]
    three = told(connection, "8月欠3500元，9月欠4200元，10月欠3900元")["claim"]["confidence"]
    assert three < one
