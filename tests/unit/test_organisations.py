"""Employers' and projects' names, in fields and in prose. All firms, projects and people here are invented."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.normalize.likeness import key_employers, key_projects
from pipelines.normalize.organisations import describe_employers, parse_employer
from pipelines.normalize.projects import describe_projects, parse_project
from pipelines.normalize.prose_names import mentions_in, read_organisations
from pipelines.store import run_sql


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        run_sql(opened, "macros/employer_likeness")
        yield opened


@pytest.mark.parametrize(
    ("name", "place", "brand", "industry", "form"),
    [
        ("黑龙江省牡丹江市禾沐乳业有限责任公司", "黑龙江省牡丹江市", "禾沐", "乳业", "有限责任公司"),
        ("佛山市岚顶陶瓷有限公司", "佛山市", "岚顶", "陶瓷", "有限公司"),
        ("青铜峡市沐野苗木专业合作社", "青铜峡市", "沐野", "苗木", "专业合作社"),
        ("盐池县雁回羊绒制品厂", "盐池县", "雁回", "羊绒制品", "厂"),
        ("云南澄怀园艺集团股份有限公司昆明分公司", "云南", "澄怀", "园艺", "集团股份有限公司"),
        ("澄怀园艺（云南）有限公司", "云南", "澄怀", "园艺", "有限公司"),
        ("厦门市鹭归货运代理有限公司", "厦门市", "鹭归", "货运代理", "有限公司"),
        ("平罗宝丰砚铸钢厂", "平罗", "宝丰砚", "铸钢", "厂"),
        ("浔阳照明", None, "浔阳", "照明", None),
        ("霁川公司", None, "霁川", None, "公司"),
        ("天水建安集团", "天水", "建安", None, "集团"),
        ("丽水保洁服务有限公司", None, "丽水", "保洁服务", "有限公司"),
        ("海南四川鹤火锅店", "海南", "四川鹤", "火锅店", None),
        ("湖南砚舟污水处理股份有限公司", "湖南", "砚舟污水处理", None, "股份有限公司"),
    ],
)
def test_a_name_is_place_brand_trade_and_form(
    name: str, place: str | None, brand: str, industry: str | None, form: str | None
) -> None:
    firm = parse_employer(name)
    form_found = None if form is None and firm.form in ("店", "厂") else firm.form
    assert (firm.place, firm.brand, firm.industry, form_found) == (place, brand, industry, form)


@pytest.mark.parametrize(
    "name", ["不详", "某某公司", "？", "个体老板", "第三项目部", "劳务公司", "装饰工程有限公司", "N/A"]
)
def test_a_placeholder_names_nobody(name: str) -> None:
    assert parse_employer(name).is_nobody


@pytest.mark.parametrize(
    ("name", "stem", "kind"),
    [
        ("杏坛河谷科技园12#楼", "杏坛河谷", "科技园"),
        ("红寺堡区的柳泉养老院二期", "柳泉", "养老院"),
        ("文苑巷砚池美墅三标段", "砚池", "美墅"),
        ("大武口砚池美墅", "大武口砚池", "美墅"),
        ("鹭岛热力站扩建工程", "鹭岛", "热力站"),
        ("鹭岛热力占工地", "鹭岛", "热力站"),
        ("鹭岛那个工地", "鹭岛", None),
        ("松雪冷库A区项目部", "松雪", "冷库"),
    ],
)
def test_a_project_is_stem_and_kind(name: str, stem: str, kind: str | None) -> None:
    project = parse_project(name)
    assert (project.stem, project.kind) == (stem, kind)


def test_descriptions_have_one_row_a_name(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create or replace temp table names as select unnest(['霁川公司', '霁川公司', '不详', null]) as name"
    )
    describe_employers(connection, "names", "employers")
    rows = connection.execute("select name, brand, sound, is_nobody from employers order by name").fetchall()
    assert rows == [("不详", None, None, True), ("霁川公司", "霁川", "ji-cuan-", False)]
    describe_projects(connection, "names", "projects")
    assert connection.execute("select count(*) from projects").fetchall() == [(2,)]


def told(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[list[tuple[str | None, ...]], list[str]]:
    """Employers (brand, trade) and projects that a text names, the surest first; each span is checked on the way."""
    connection.execute(
        "create or replace temp table prose as select 'd' as delivery_id, 1::bigint as row_no, ? as text",
        [text],
    )
    read_organisations(connection, "prose", "said")
    [(employers, projects)] = connection.execute("select told_employers, told_projects from said").fetchall()
    for firm in employers or []:
        span = text[firm["start"] - 1 : firm["start"] - 1 + firm["length"]]
        assert firm["brand"] in span, f"the span {span} does not hold the brand {firm['brand']}"
        assert 0 < firm["confidence"] <= 1
    return (
        [(firm["place"], firm["brand"], firm["industry"]) for firm in employers or []],
        [project["name"] for project in projects or []],
    )


@pytest.mark.parametrize(
    ("text", "place", "brand", "industry"),
    [
        ("本人受雇于佛山市岚顶陶瓷有限公司，三个月没见到钱。", "佛山市", "岚顶", "陶瓷"),
        ("岚顶陶瓷欠薪两个月，厂长不露面。", None, "岚顶", "陶瓷"),
        ("雇主：鹭归货运。欠我运费工钱。", None, "鹭归", "货运"),
        ("厂家是盐池县雁回羊绒制品厂，去年冬天起停发工资", "盐池县", "雁回", "羊绒制品"),
        ("被霁川公司辞退后，末月薪水分文未付", None, "霁川", None),
        ("诉求:督促厦门市鹭归货运代理有限公司结清薪资", "厦门市", "鹭归", "货运代理"),
        ("施工单位砚舟，电话不通", None, "砚舟", None),
        ("由砚舟承建的工程干完就不认账", None, "砚舟", None),
        ("合肥澄怀园艺至今未结清花工的工钱", "合肥", "澄怀", "园艺"),
        ("我们给松雪酿酒装瓶，十一个人没拿到钱", None, "松雪", "酿酒"),
        ("用人单位名称为云南澄怀园艺集团股份有限公司昆明分公司", "云南", "澄怀", "园艺"),
        ("反映禾沐乳业工成有限公司克扣工资", None, "禾沐", "乳业工成"),
    ],
)
def test_prose_names_the_employer(
    connection: duckdb.DuckDBPyConnection, text: str, place: str | None, brand: str, industry: str | None
) -> None:
    employers, _ = told(connection, text)
    assert (place, brand, industry) in employers


@pytest.mark.parametrize(
    ("text", "project"),
    [
        ("在鹭岛热力站扩建工程绑钢筋", "鹭岛热力站"),
        ("去年到柳泉养老院二期刮腻子", "柳泉养老院"),
        ("由砚舟承建的松雪冷库工地停工了", "松雪冷库"),
        ("到杏坛河谷那个工地干活", "杏坛河谷"),
    ],
)
def test_prose_names_the_project(connection: duckdb.DuckDBPyConnection, text: str, project: str) -> None:
    _, projects = told(connection, text)
    assert project in projects


@pytest.mark.parametrize(
    "text",
    [
        "",
        "老板跑了，工资没给",
        "请政府帮忙，谢谢",
        "我做门窗安装，欠我2000元工程款",
        "找了劳动监察大队三次，没有结果",
    ],
)
def test_prose_that_names_no_firm_gives_none_that_is_sure(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    connection.execute(
        "create or replace temp table prose as select 'd' as delivery_id, 1::bigint as row_no, ? as text",
        [text],
    )
    read_organisations(connection, "prose", "said")
    [(employers,)] = connection.execute("select told_employers from said").fetchall()
    assert [firm for firm in employers or [] if firm["confidence"] >= 0.55] == []


def likeness(connection: duckdb.DuckDBPyConnection, left: str, right: str, kind: str = "employer") -> str:
    other = "project" if kind == "employer" else "employer"
    connection.execute(
        f"create or replace temp table tickets as select unnest(['l', 'r']) as ticket_id, unnest([?, ?]) as {kind},"
        f" null::varchar as {other},"
        " []::struct(place varchar, brand varchar, industry varchar, form varchar, sound varchar, start integer, length integer,"
        " confidence double)[] as told_employers,"
        " []::struct(name varchar, sound varchar, start integer, length integer, confidence double)[] as told_projects",
        [left, right],
    )
    (key_employers if kind == "employer" else key_projects)(connection, "tickets", "sets")
    [(forth, back)] = connection.execute(
        "select employer_likeness(l.keys, r.keys), employer_likeness(r.keys, l.keys) from"
        " (select max(keys) filter (ticket_id = 'l') as keys from sets left join sets_keys using (set_id)) as l,"
        " (select max(keys) filter (ticket_id = 'r') as keys from sets left join sets_keys using (set_id)) as r"
    ).fetchall()
    assert forth == back, "likeness does not depend on the side"
    return str(forth)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("佛山市岚顶陶瓷有限公司", "岚顶陶瓷", "same"),
        ("佛山市岚顶陶瓷有限公司", "佛山市岚顶陶瓷公司", "same"),
        ("佛山市岚顶陶瓷有限公司", "岚顶公司", "variant"),
        ("佛山市岚顶陶瓷有限公司", "兰鼎陶瓷", "variant"),
        ("青海宇澄装饰有限公司", "青海字澄装饰有限公司", "variant"),
        ("甘肃鹤见源消防工程有限公司", "甘肃鹤剑沅消防公司", "variant"),
        ("甘肃鹤见源消防工程有限公司", "甘肃鹤贝源消防工成有限公司", "variant"),
        ("恒泰建筑工程有限公司", "恒泰餐饮管理有限公司", "namesake"),
        ("四川砚舟路桥有限公司", "辽宁砚舟路桥有限公司", "namesake"),
        ("吴忠市砚舟路桥有限公司", "中卫市砚舟路桥有限公司", "variant"),
        ("佛山市岚顶陶瓷有限公司", "佛山市浔阳陶瓷有限公司", "different"),
        ("佛山市岚顶陶瓷有限公司", "不详", "unknown"),
    ],
)
def test_likeness_of_employers(
    connection: duckdb.DuckDBPyConnection, left: str, right: str, expected: str
) -> None:
    assert likeness(connection, left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("鹭岛热力站扩建工程", "鹭岛热力站", "same"),
        ("鹭岛热力站扩建工程", "鹭岛项目", "variant"),
        ("鹭岛热力站", "鹭岛冷库", "namesake"),
        ("鹭岛热力站", "松雪热力站", "different"),
        ("鹭岛热力站", "无", "unknown"),
    ],
)
def test_likeness_of_projects(
    connection: duckdb.DuckDBPyConnection, left: str, right: str, expected: str
) -> None:
    assert likeness(connection, left, right, "project") == expected


def test_an_unsure_border_gives_alternatives() -> None:
    names = {mention.name for mention in mentions_in("杏坛河谷砚舟路桥")}
    assert {"砚舟路桥"} <= names
