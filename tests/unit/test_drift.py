"""Drift: each kind is found with its number, the same source again is no alarm, and nothing personal is shown."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, seed, settings
from hypothesis import strategies as st

from pipelines import ingest, normalize
from pipelines.contracts import SourceContract, load_sources
from pipelines.ingest.acceptance import explain_missing, likely_names, shown_name, value_shape, yaml_text
from pipelines.normalize import Landed
from pipelines.quality.comparison import (
    MIN_CHANGE,
    Day,
    Finding,
    History,
    compare,
    shape_family,
    share_change,
)
from pipelines.quality.drift import check_drift, make_drift, sample_time
from pipelines.quality.profiles import MOST_VALUES, REST
from pipelines.settings import load_city
from pipelines.store import Workspace, run_sql

HOTLINE = load_sources()["hotline"]
FIRST = date(2023, 8, 1)
DAYS = 7
ROWS = 40
TODAY = FIRST + timedelta(days=DAYS)
Row = dict[str, str]


def work_orders(day: date, rows: int = ROWS) -> list[Row]:
    """A plain day of the hotline, all invented."""
    return [
        dict.fromkeys(HOTLINE.columns, "")
        | {
            "工单编号": f"GD{day:%Y%m%d}{number:05d}",
            "问题分类": "劳动和社会保障->拖欠工资->工程建设领域",
            "主要内容": "虚构：工地没有发工资",
            "工单状态": "办理中" if number % 2 else "待签收",
            "来电人": "测试丁",
            "来电号码": f"199{number:08d}",
            "被反映区": "金凤区",
            "来电时间": f"{day} 09:{number % 60:02d}:00",
            "派单时间": f"{day} 10:00:00",
            "是否督办": "否",
            "更新时间": f"{day} 11:00:00",
        }
        for number in range(rows)
    ]


@dataclass
class Bench:
    """A workspace that takes a day's work orders and says what drifted."""

    workspace: Workspace
    folder: Path
    contracts: Mapping[str, SourceContract] = field(default_factory=load_sources)

    def land(self, day: date, rows: Sequence[Row]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        file = self.folder / f"GD_{day:%Y%m%d}_{len(list(self.folder.glob('*'))):02d}.csv"
        file.write_bytes(text.getvalue().encode("gb18030"))
        report = ingest.import_files(self.workspace, self.contracts["hotline"], [file], day)
        assert not report.refused

    def drift(self, day: date = TODAY) -> list[Finding]:
        known = [
            Landed(
                **{name: getattr(item, name) for name in Landed.__dataclass_fields__ if hasattr(item, name)}
            )
            for item in ingest.landed(self.workspace)
            if item.delivered_for <= day
        ]
        with self.workspace.warehouse() as connection:
            normalize.prepare(connection, load_city())
            normalize.stage(self.workspace, connection, load_city(), dict(self.contracts), known)
            normalize.fold(connection, [item.delivery_id for item in known])
            connection.execute("create schema if not exists clearance")
            return make_drift(self.workspace, connection, self.contracts, known, day)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    folder = tmp_path / "files"
    folder.mkdir()
    made = Bench(Workspace.open(tmp_path / "workspace"), folder)
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        made.land(day, work_orders(day))
    yield made


def only(findings: Sequence[Finding], kind: str) -> Finding:
    found = [item for item in findings if item.kind == kind]
    assert len(found) == 1, findings
    return found[0]


def test_the_same_again_is_no_finding_and_counting_again_changes_nothing(bench: Bench) -> None:
    bench.land(TODAY, work_orders(TODAY))
    assert bench.drift() == [] == bench.drift()


def test_every_kind_is_found_with_its_number_and_its_line(bench: Bench) -> None:
    rows = work_orders(TODAY)
    for number, row in enumerate(rows):
        if number < 12:
            row["工单状态"] = "待回访"
        if number < 9:
            row["来电时间"] = f"2023年8月{TODAY.day}日"
        if number < 5:
            row["派单时间"] = "08.08.2023"
        row["承办街镇"] = "虚构街道" if number < 30 else ""
        row["主要诉求内容"] = row.pop("主要内容")
        row["被反映街道"] = "虚构街道" if number < 33 else ""
    bench.land(TODAY, rows)
    findings = bench.drift()
    assert findings == bench.drift(), "the second time nothing is profiled and everything is said again"
    bench.workspace.warehouse_file.unlink()
    assert findings == bench.drift(), "a rebuild says the same"

    code = only(findings, "unknown_code")
    assert (code.column_name, code.example, code.count, code.rows) == ("工单状态", "待回访", 12, ROWS)
    assert (code.share, code.baseline_share, code.is_new, code.history_days) == (0.3, 0.0, True, DAYS)
    assert (
        "schemas/sources/hotline.yml → status: → codes: → 待回访: handling   # choose one of" in code.accept
    )
    assert "→ outcome: → column: 工单状态 → codes: → 待回访: null" in code.accept

    gone = only(findings, "vanished_column")
    assert (gone.column_name, gone.example, gone.count) == ("主要内容", "主要诉求内容", ROWS)
    line = "主要内容: {field: narrative, parser: text, aliases: [诉求内容, 反映内容, 问题描述, 主要诉求内容]}"
    assert gone.accept == f"schemas/sources/hotline.yml → columns: → {line}"

    new = {item.column_name: item for item in findings if item.kind == "new_column"}
    assert set(new) == {"承办街镇", "主要诉求内容"}
    assert (new["承办街镇"].count, new["承办街镇"].example, new["承办街镇"].is_new) == (30, "字", True)
    assert new["承办街镇"].accept == "schemas/sources/hotline.yml → columns: → 承办街镇: {parser: text}"
    assert new["主要诉求内容"].accept == gone.accept

    shapes = {item.column_name: item for item in findings if item.kind == "new_date_shape"}
    assert (shapes["来电时间"].example, shapes["来电时间"].count) == ("9999年9月9日", 9)
    assert shapes["来电时间"].accept == "nothing to do: the parser timestamp reads it"
    assert (shapes["派单时间"].example, shapes["派单时间"].count) == ("99.99.9999", 5)
    assert "the parser timestamp does not read 99.99.9999" in shapes["派单时间"].accept

    share = only(findings, "share_of_empties")
    assert (share.column_name, share.count, share.rows, share.baseline_share) == ("被反映街道", 7, ROWS, 1.0)
    unread = [item for item in findings if item.kind == "share_of_unreadable"]
    assert unread == [], "five of forty are below the guard of small days; the shape is named all the same"


def test_shares_of_codes_and_of_unreadable_values(bench: Bench) -> None:
    rows = work_orders(TODAY)
    for number, row in enumerate(rows):
        row["工单状态"] = "已办结" if number < 35 else "办理中"
        row["办结时间"] = f"{TODAY} 12:00:00" if number < 35 else ""
        row["派单时间"] = "下午" if number < 30 else row["派单时间"]
        row["是否督办"] = "待定" if number < 2 else "否"
    bench.land(TODAY, rows)
    findings = bench.drift()
    shares = {item.example: item for item in findings if item.kind == "share_of_code"}
    assert shares["已办结"].share == 35 / ROWS and shares["已办结"].baseline_share == 0
    third = only(findings, "unknown_code")
    assert (third.column_name, third.example, third.count) == ("是否督办", "待定", 2)
    line = "是否督办: {field: is_supervised, parser: code, codes: {是: true, 否: false, 待定: false}}"
    assert third.accept.startswith(f"schemas/sources/hotline.yml → columns: → {line}   # choose")
    unread = only(findings, "share_of_unreadable")
    assert (unread.column_name, unread.count, unread.rows) == ("派单时间", 30, ROWS)


def test_what_was_seen_before_is_not_new(bench: Bench) -> None:
    for day in (TODAY, TODAY + timedelta(days=1)):
        rows = work_orders(day)
        for row in rows:
            row["承办街镇"] = "虚构街道"
        rows[0]["工单状态"] = "待回访"
        bench.land(day, rows)
    first, second = bench.drift(TODAY), bench.drift(TODAY + timedelta(days=1))
    assert [item.is_new for item in first] == [True, True]
    assert [item.is_new for item in second] == [False, False]
    assert only(second, "new_column").baseline_share == 1 / (DAYS + 1)
    counts = {item.subject: item.observed for item in check_drift(first, ["hotline", "petition"])}
    assert counts == {"hotline": 2, "petition": 0}
    assert {item.status for item in check_drift(second, ["hotline"])} == {"passed"}
    warned = check_drift(first, ["hotline"])[0]
    assert (warned.status, warned.is_blocking) == ("warned", False)


def test_a_first_day_has_no_history(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    bench = Bench(Workspace.open(tmp_path / "workspace"), tmp_path / "files")
    rows = work_orders(FIRST)
    rows[0]["工单状态"] = "待回访"
    rows[1]["来电时间"] = "2023年8月1日"
    bench.land(FIRST, rows)
    finding = only(bench.drift(FIRST), "unknown_code")
    assert (finding.baseline_share, finding.history_days) == (None, 0)


def test_nothing_personal_is_shown(bench: Bench) -> None:
    rows = work_orders(TODAY)
    for number, row in enumerate(rows):
        row["13900000000"] = "640104199901010000"  # an invented number as header, an invented ID number
        row["来电时间"] = "张虚构 13900000000" if number < 20 else row["来电时间"]
    rows[0]["工单状态"] = rows[0]["来电人"]
    rows[1]["工单状态"] = "13900000001"
    rows[2]["工单状态"] = "一个长得不像代码的工单状态说明文字"
    bench.land(TODAY, rows)
    findings = bench.drift()
    text = "\n".join(f"{item.column_name} {item.example} {item.accept}" for item in findings)
    for personal in ("139", "640104", "张虚构", "测试丁", "不像代码"):
        assert personal not in text
    assert {item.example for item in findings if item.kind == "unknown_code"} == {"字", "99999999999"}
    assert only(findings, "new_column").column_name == "(shape 99999999999)"
    assert only(findings, "new_column").example == "9…"


def test_a_date_that_cannot_be_is_no_shape_that_cannot_be_read(bench: Bench) -> None:
    rows = work_orders(TODAY)
    rows[0]["派单时间"], rows[1]["派单时间"] = "20231345", "2023-13-45"
    rows[2]["派单时间"] = "13/45/2023"
    bench.land(TODAY, rows)
    assert [item.example for item in bench.drift() if item.kind == "new_date_shape"] == ["99/99/9999"]
    samples = {
        shape: sample_time(shape) for shape in ("9999年9月9日 9:99", "99999999999999", "99999.99", "字")
    }
    assert list(samples.values()) == ["2023年8月5日 0:20", "20230815102030", "45153.08", "字"]


def test_many_values_are_bounded(bench: Bench) -> None:
    rows = work_orders(TODAY, MOST_VALUES + 50)
    for number, row in enumerate(rows):
        row["工单状态"] = f"新{number}"
    bench.land(TODAY, rows)
    found = {item.example: item.count for item in bench.drift() if item.kind == "unknown_code"}
    assert set(found) == {"字9", "字99", "字999", REST}
    assert found[REST] == 50 and sum(found.values()) == MOST_VALUES + 50


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("2023-08-15 10:20:30", "9999-99-99 99:99:99"),
        ("2023年8月5日", "9999年9月9日"),
        ("2023-08-15T10:20:00Z", "9999-99-99T99:99:99Z"),
        ("45123.416", "99999.999"),
        ("张虚构 13900000000", "字 99999999999"),
        ("640104199901010000", "9…"),
        ("Tuesday\n５月", "Ta 字月"),
    ],
)
def test_shapes(text: str, shape: str) -> None:
    assert value_shape(text) == shape


@given(st.text(max_size=80))
@example("\u3000\xa0 2023年8月\x1f\t")
@settings(max_examples=60, deadline=None)
def test_the_shape_is_the_same_in_sql_and_holds_no_digit_but_nine(text: str) -> None:
    assert not set("012345678") & set(value_shape(text))
    with duckdb.connect() as connection:
        run_sql(connection, "macros/value_shape")
        row = connection.execute("select value_shape($1)", [text]).fetchone()
    assert row == (value_shape(text),)


def test_the_calendar_makes_no_new_shape() -> None:
    assert shape_family("9999年9月99日 9:99") == shape_family("9999年99月9日 99:99")
    assert shape_family("9999-99-99 99:99:99.999") == shape_family("9999-99-99 99:99:99.999999")
    assert shape_family("9999-99-99") != shape_family("99999999")


@seed(20230831)
@given(
    st.floats(0.02, 0.98),
    st.lists(st.integers(1, 400), min_size=6, max_size=28),
    st.integers(0, 2**32),
)
@settings(max_examples=200, deadline=None)
def test_the_same_distribution_raises_no_alarm(share: float, sizes: list[int], number: int) -> None:
    chance = random.Random(number)
    days = [(sum(chance.random() < share for _ in range(size)), size) for size in sizes]
    assert share_change(days[-1], days[:-1]) is None


@seed(20230831)
@given(st.lists(st.integers(1, 300), min_size=2, max_size=29), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_source_that_stays_as_it_is_has_no_findings(sizes: list[int], number: int) -> None:
    """Days drawn from one form: codes, empty values and rare ways to write a time, small days among them."""
    chance = random.Random(number)
    weights = [chance.random() ** 2 for _ in range(4)]
    filled = {name: chance.random() for name in HOTLINE.columns}
    shapes = ("9999-99-99 99:99:99", "9999年9月9日", "9999年9月99日", "9999/9/9")

    def drawn(size: int) -> Day:
        day = Day(rows=size)
        for name, share in filled.items():
            day.empty[name] = sum(chance.random() >= share for _ in range(size))
        for name, values in (("工单状态", ("待签收", "办理中", "已办结", "退回")), ("来电时间", shapes)):
            kind = day.codes if name == "工单状态" else day.shapes
            for value in chance.choices(values, weights, k=day.filled(name)):
                kind[name][value] = kind[name].get(value, 0) + 1
        return day

    days = [drawn(size) for size in sizes]
    assert compare(HOTLINE, History(days[-1], days[:-1]), TODAY) == []


@given(st.integers(30, 400), st.floats(0.0, 0.4))
@settings(max_examples=50, deadline=None)
def test_a_share_that_moves_far_is_found_and_a_small_day_is_not(rows: int, share: float) -> None:
    before = [(round(share * 200), 200)] * 10
    assert share_change((rows, rows), before) == pytest.approx(share, abs=0.01)
    assert share_change((29, 29), before) is None
    assert share_change((rows, rows), before[:4]) is None
    within = round(share * 200) / 200 + MIN_CHANGE * 0.9
    assert share_change((int(rows * within), rows), before) is None


def test_a_rare_shape_that_is_read_is_no_finding_on_a_short_history() -> None:
    before = Day(rows=40, empty={"来电时间": 0}, shapes={"来电时间": {"9999-99-99": 40}})
    today = Day(rows=40, empty={"来电时间": 0}, shapes={"来电时间": {"9999-99-99": 35, "9999年9月9日": 5}})
    history = History(today, [before])
    assert [item.kind for item in compare(HOTLINE, history, TODAY)] == []
    history.unread_shapes.add(("来电时间", "9999年9月9日"))
    assert [item.kind for item in compare(HOTLINE, history, TODAY)] == ["new_date_shape"]


def test_a_missing_column_is_explained_with_the_line_that_accepts_it() -> None:
    headers = [name for name in HOTLINE.columns if name != "来电时间"] + ["来电日期"]
    what, remedy = explain_missing(HOTLINE, ("来电时间",), headers)
    assert what == "required columns are missing: 来电时间; unknown headers: 来电日期"
    assert (
        "if 来电日期 is 来电时间, write in schemas/sources/hotline.yml under columns: 来电时间: {" in remedy
    )
    assert "aliases: [受理时间, 登记时间, 创建时间, 来电日期]}" in remedy
    what, remedy = explain_missing(HOTLINE, ("来电时间",), [*headers, "13900000000"])
    assert "13900000000" not in what + remedy
    what, remedy = explain_missing(HOTLINE, ("来电时间",), ["测试丁", "金凤区", "13900000000"])
    assert "测试丁" not in what + remedy and "first row must hold the names" in remedy
    what, remedy = explain_missing(HOTLINE, ("来电时间",), ["工单编号"])
    assert remedy == "ask the source for them"


def test_names_are_paired_once_and_shown_only_where_they_are_names() -> None:
    pairs = likely_names(HOTLINE, ["来电时间", "办结时间"], ["办结日期", "来电日期", "区域"])
    assert pairs == {"来电时间": "来电日期", "办结时间": "办结日期"}
    assert likely_names(HOTLINE, ["标题"], ["主题词"]) == {"标题": "主题词"}, "one and one are a pair"
    assert shown_name("列" * 41).startswith("(shape 字")
    assert yaml_text("07") == '"07"' and yaml_text("yes") == '"yes"' and yaml_text("待回访") == "待回访"
