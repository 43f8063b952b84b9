"""Hostile files: each is refused whole with a message that quotes nothing of it, or every record of it is accounted for.

Whatever is in the cells, and wherever the file is cut or damaged, no other error comes out and nothing is left in tmp/.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import DeliveryRefused
from pipelines.ingest import import_files
from pipelines.ingest.archives import gather
from pipelines.ingest.workbook_parts import check_workbook
from pipelines.store import Workspace

DAY = date(2023, 8, 31)
MARK = "虚构机密七七八"  # stands in every row: no message may quote it
SOURCES = load_sources()
GOOD = {
    "regional": {"ajbh": "A{}", "ajly": "1", "djsj": "2023-08-29", "xzqh": "640104", "ajzt": "01", "gxsj": "2023-08-30"},
    "national": {
        "clueCode": "XS{}", "registerTime": "2023-08-29", "updateTime": "2023-08-30", "regionCode": "640104", "status": "20",
    },
    "hotline": {
        "工单编号": "GD{}", "工单类型": "投诉", "问题分类": "劳动和社会保障->拖欠工资", "工单状态": "办理中", "被反映区": "金凤区",
        "来电时间": "2023-08-29 09:00:00", "更新时间": "2023-08-30 09:00:00",
    },
    "petition": {
        "信访件编号": "64010020230831{:05d}", "手机号码": "138****1234", "问题属地": "金凤区", "内容分类": "劳动和社会保障_劳动报酬",
        "登记日期": "2023-08-30", "是否办结": "否", "信访件状态": "受理",
    },
}  # fmt: skip
FREE = {
    "regional": ("dwmc", "xmmc", "nr"),
    "national": ("employerName", "projectName", "summary"),
    "hotline": ("企业名称", "标题", "主要内容"),
    "petition": ("姓名", "登记部门", "概况"),
}
NASTY = [
    '=HYPERLINK("http://invented.example","x")', "<script>alert(1)</script>", "'; drop table stage.rows; --", "\u202e倒写\u202c",
    "\u200b零宽\u200d", "\ufeff中间的标记\ufeff", "a\0b", "\x1b[31m红\x1b[0m", 'x"y', '"', '""', ",", "\n", "a\r\nb", "\r", "\t", "NaN",
    "Infinity", "1e999", "&lt;&amp;", "&x;", "]]>", "\\", '\\"', "{", "[[[", "null", "\ue000null\ue000", "\x01", "_x0001_", "🈳", "\ufffd",
    "长" * 5000, " 前后 ", "", "+1", "-1", "@x", "#REF!", "00012", "1.50", "\u2028", "\x85", "\x1a", "合计",
]  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.lists(st.sampled_from(NASTY), min_size=2, max_size=3).map("".join),
)
Rows = list[dict[str, str]]
# A failing example is shown as it was found: making it smaller would take minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
MANY = settings(phases=PHASES, max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Counter:
    """One workspace for the whole file; `take` hands a file over and says what became of it."""

    workspace: Workspace
    folder: Path

    def take(self, source: str, name: str, content: bytes) -> Rows | str:
        """The landed rows (their columns with a value), or the message of the refusal."""
        contract: SourceContract = SOURCES[source]
        file = self.folder / name
        file.write_bytes(content)
        said: list[str] = []
        try:
            report = import_files(self.workspace, contract, [file], DAY, say=said.append)
        except DeliveryRefused as error:
            said.append(str(error))
            outcome: Rows | str = str(error)
        else:
            (delivery,) = (*report.deliveries, *report.already_landed)
            with self.workspace.scratch() as scratch:
                found = scratch.execute(
                    f"select * from {self.workspace.scan([delivery.rows_file])} order by row_no"
                )
                names = [column[0] for column in found.description]
                outcome = [
                    {key: value for key, value in zip(names, row, strict=True) if value is not None}
                    for row in found.fetchall()
                ]
            assert [row.pop("row_no") for row in outcome] == list(range(1, delivery.rows + 1))
        assert list(self.workspace.temporary.iterdir()) == [], "nothing is left in tmp/"
        assert MARK not in "".join(said), "no message quotes what is in a row"
        return outcome


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)  # a lost disk is not what is tried here
        yield Counter(Workspace.open(folder / "workspace"), folder)


def rows_of(source: str) -> st.SearchStrategy[Rows]:
    # (A NUL and a mark that JSON spells out have a test of their own below.)
    text = TEXT.map(lambda value: re.sub("[\0\ufeff]", "\ufffd", value)) if source == "national" else TEXT
    row = st.fixed_dictionaries({name: text for name in FREE[source]})

    def numbered(texts: Sequence[dict[str, str]]) -> Rows:
        made = []
        for number, free in enumerate(texts):
            first, *others = FREE[source]
            good = {name: value.format(number) for name, value in GOOD[source].items()}
            made.append({**good, first: MARK + free[first], **{name: free[name] for name in others}})
        return made

    return st.lists(row, min_size=1, max_size=12).map(numbered)


def as_csv(encoding: str) -> Callable[[Rows], bytes]:
    def write(rows: Rows) -> bytes:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode(encoding)

    return write


def as_lines(rows: Rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=at % 2 == 0) + "\n" for at, row in enumerate(rows)).encode()


def as_array(rows: Rows) -> bytes:
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def as_page(rows: Rows) -> bytes:
    page = {"total": len(rows), "pageNo": 1, "rows": rows}
    return json.dumps({"code": 0, "message": "ok", "data": page}, ensure_ascii=False).encode()


def as_workbook(rows: Rows) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("信访件")
        for at, line in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
            for column, value in enumerate(line):
                sheet.write_string(at, column, value)
    return out.getvalue()


FORMS: dict[str, tuple[str, str, Callable[[Rows], bytes]]] = {
    "csv gb18030": ("hotline", "a.csv", as_csv("gb18030")),
    "csv utf-8 with a mark": ("regional", "b.csv", as_csv("utf-8-sig")),
    "json lines": ("national", "c.jsonl", as_lines),
    "json array": ("national", "d.json", as_array),
    "json page": ("national", "e.json", as_page),
    "workbook": ("petition", "f.xlsx", as_workbook),
}


def expected(row: dict[str, str]) -> dict[str, str]:
    """What is documented to be replaced: NUL becomes U+FFFD."""
    return {name: value.replace("\0", "\ufffd") for name, value in row.items()}


def told(row: dict[str, str]) -> dict[str, str]:
    """A landed row without our own columns."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


@pytest.mark.parametrize("form", list(FORMS))
def test_every_value_comes_back_as_the_text_it_was(desk: Counter, form: str) -> None:
    source, name, write = FORMS[form]

    @MANY
    @given(rows_of(source))
    def holds(rows: Rows) -> None:
        outcome = desk.take(source, name, write(rows))
        assert not isinstance(outcome, str), outcome
        assert [told(row) for row in outcome] == [expected(row) for row in rows]
        assert all("_defect" not in row for row in outcome)

    holds()


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Cut the bytes anywhere, change some of them, or put some in."""
    kind = draw(st.sampled_from(["cut", "change", "insert"]))
    places = draw(st.lists(st.floats(0, 1), min_size=1, max_size=4))
    junk = draw(
        st.one_of(
            st.binary(min_size=1, max_size=6),
            st.sampled_from([b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\n", b"\x81"]),
        )
    )

    def damage(content: bytes) -> bytes:
        if kind == "cut":
            return content[: int(places[0] * len(content))]
        made = bytearray(content)
        for place in places:
            at = int(place * len(made))
            made[at : at + (len(junk) if kind == "change" else 0)] = junk
        return bytes(made)

    return damage


@pytest.mark.parametrize("form", list(FORMS))
def test_a_damaged_file_is_refused_or_counted(desk: Counter, form: str) -> None:
    source, name, write = FORMS[form]

    @settings(MANY, max_examples=16)
    @given(rows_of(source), damages())
    def holds(rows: Rows, damage: Callable[[bytes], bytes]) -> None:
        content = damage(write(rows))
        outcome = desk.take(source, name, content)
        if isinstance(outcome, str):
            assert "to do:" in outcome or "where:" in outcome, "a refusal says what to do"
        elif not write(rows).startswith(content):
            return
        elif form.startswith(("csv", "json lines")):
            whole = content.count(b"\n") if form == "json lines" else _whole_records(content, form)
            assert len(outcome) >= whole
            assert [told(row) for row in outcome[:whole]] == [expected(row) for row in rows[:whole]]
        else:
            assert [told(row) for row in outcome] == [expected(row) for row in rows]

    holds()


def _whole_records(content: bytes, form: str) -> int:
    """Records after the header that stand in a cut CSV with their line break (every field of it is quoted)."""
    text = content.decode("gb18030" if "gb18030" in form else "utf-8-sig", "ignore")
    outside = "".join(part for at, part in enumerate(text.split('"')) if at % 2 == 0)
    return max(outside.count("\r\n") - 1, 0)


@pytest.mark.parametrize("form", ["csv utf-8 with a mark", "json lines", "json array", "workbook"])
def test_a_column_of_any_name_is_kept_beside_the_others(desk: Counter, form: str) -> None:
    source, name, write = FORMS[form]
    names = (
        st.sampled_from(NASTY)
        .filter(lambda text: text.strip() and not re.search("[\0\ufeff]", text))
        .map(lambda text: f"外{text}列")
    )
    value_text = TEXT.map(lambda text: re.sub("[\0\ufeff]", "\ufffd", text))

    @MANY
    @given(rows_of(source), names, value_text)
    def holds(rows: Rows, column: str, value: str) -> None:
        outcome = desk.take(source, name, write([{**row, column: value} for row in rows]))
        assert not isinstance(outcome, str), outcome
        assert [told(row) for row in outcome] == [expected(row) for row in rows]
        for row in outcome:
            assert list(json.loads(row["_extra"]).values()) == [value]

    holds()


@pytest.mark.parametrize(
    "literal", ["NaN", "Infinity", "-Infinity", "1e999", "-0.0", "0.10", "123456789012345678901234567890"]
)
def test_a_number_that_is_none_is_text_or_its_line_is_marked(desk: Counter, literal: str) -> None:
    row = json.dumps({**GOOD["national"], "arrearsMoney": 1}, ensure_ascii=False).replace(
        ": 1}", f": {literal}}}"
    )
    for number, (name, text) in enumerate(
        (
            ("n.jsonl", f"{row}\n{row}\n"),
            ("n.json", f"[{row},{row}]"),
            ("p.json", f'{{"rows": [{row},{row}]}}'),
        )
    ):
        outcome = desk.take("national", name, text.replace("XS{}", f"XS{number}").encode())
        if isinstance(outcome, str):
            assert "not whole JSON" in outcome and name != "n.jsonl"
            continue
        assert len(outcome) == 2
        for landed_row in outcome:
            assert landed_row.get("arrearsMoney") == literal or landed_row["_defect"] == "cut_record"


@pytest.mark.parametrize(("value", "text"), [('"a\\u0000b"', "a\ufffdb"), ('"\ufeffx"', "\ufeffx")])
@pytest.mark.parametrize("name", ["n.jsonl", "n.json"])
def test_what_json_spells_out_is_text_like_any_other(desk: Counter, name: str, value: str, text: str) -> None:
    row = json.dumps({**GOOD["national"], "arrearsMoney": 1}, ensure_ascii=False).replace(
        ": 1}", f": {value}}}"
    )
    outcome = desk.take("national", name, (row if name == "n.jsonl" else f"[{row}]").encode() + b"\r\n")
    assert not isinstance(outcome, str) and outcome[0]["arrearsMoney"] == text


@pytest.mark.parametrize("where", ["a", "工单编号"])
def test_a_quote_that_is_never_closed_swallows_no_file(desk: Counter, where: str) -> None:
    lines = as_csv("utf-8-sig")([{**GOOD["regional"], "nr": f"{where}{at}"} for at in range(50)]).splitlines(
        keepends=True
    )
    lines[10] = lines[10].rstrip(b"\r\n").removesuffix(b'"') + b"\r\n"
    outcome = desk.take("regional", "q.csv", b"".join(lines))
    assert not isinstance(outcome, str) and len(outcome) == 50
    assert sum("_defect" in row for row in outcome) <= 2


ENTITIES = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{}<!ENTITY f SYSTEM "file:///etc/passwd">]>"""


@pytest.mark.parametrize("entity", ["&z;", "&f;", "&y9;"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_entities_of_a_workbook_are_not_expanded(desk: Counter, entity: str, part: str) -> None:
    levels = "".join(f'<!ENTITY y{at} "{f"&y{at - 1};" * 10 if at else "&a;"}">' for at in range(10))
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_workbook([{**GOOD["petition"], "概况": "欠薪"}]))) as good,
        zipfile.ZipFile(made, "w") as bad,
    ):
        for name in good.namelist():
            content = good.read(name).decode()
            if name == part:
                content = ENTITIES.format(levels) + content.partition("?>")[2].replace(
                    "<t>", f"<t>{entity}"
                ).replace("信访件", entity, 1)
            bad.writestr(name, content)
    outcome = desk.take("petition", "f.xlsx", made.getvalue())
    assert "root:" not in str(outcome) and "aaaaaaaaaa" not in str(outcome)


def test_a_bomb_costs_no_memory(desk: Counter) -> None:
    bombs: dict[str, bytes] = {}
    for name, inner in (("bomb.zip", "a.csv"), ("bomb.xlsx", "xl/workbook.xml")):
        made = io.BytesIO()
        with (
            zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open(inner, "w", force_zip64=True) as member,
        ):
            for _ in range(100):
                member.write(bytes(1024**2))
        bombs[name] = made.getvalue()
    fair = io.BytesIO()
    with zipfile.ZipFile(fair, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fair.csv", as_csv("gb18030")([{**GOOD["hotline"], "主要内容": "长" * 1000}]) * 2000)
    bombs["fair.zip"] = fair.getvalue()
    tracemalloc.start()
    try:
        for name, content in bombs.items():
            file = desk.folder / name
            file.write_bytes(content)
            with tempfile.TemporaryDirectory() as bench:
                (found,) = gather("hotline", [file], Path(bench), print)
                if name != "fair.zip":
                    with pytest.raises(DeliveryRefused, match="MAX_UNPACKED_RATIO"):
                        check_workbook("hotline", file, name)
                    assert (found.refusal is not None) == (name == "bomb.zip")
                else:
                    assert found.refusal is None
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024**2
    finally:
        tracemalloc.stop()


def test_a_header_that_swallowed_rows_is_not_quoted(desk: Counter) -> None:
    lines = as_csv("gb18030")([{**GOOD["hotline"], "标题": MARK, "主要内容": "虚构"}] * 3).decode("gb18030")
    broken = lines.replace('"工单编号"', '"工单编号', 1).replace('"GD{}"', 'GD{}"', 1)
    outcome = desk.take("hotline", "a.csv", broken.encode("gb18030"))
    assert isinstance(outcome, str) and "required columns are missing" in outcome
