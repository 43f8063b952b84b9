"""Reading workbooks: titles, headers to be found, totals, dates and numbers as Excel keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
import xlwt

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import DeliveryRefused
from pipelines.ingest import import_files, landed, workbook_parts
from pipelines.ingest.excel_reader import cell_text
from pipelines.store import Workspace

HEADER = ["信访件编号", "手机号码", "问题属地", "内容分类", "登记日期", "是否办结", "信访件状态", "概况"]
TITLE = [["信访件导出"], ["导出时间：2023-08-31 18:05　共 2 件"]]


@pytest.fixture
def petition() -> SourceContract:
    return load_sources()["petition"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def matter(
    number: int, received: object = "2023-08-30", phone: object = "138****1234", text: str = "欠薪"
) -> list[object]:
    return [
        f"64010020230831{number:05d}",
        phone,
        "金凤区",
        "劳动和社会保障_劳动报酬",
        received,
        "否",
        "受理",
        text,
    ]


def xlsx(file: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    with xlsxwriter.Workbook(str(file)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for at, line in enumerate(lines):
                for column, value in enumerate(line):
                    if isinstance(value, datetime | date):
                        sheet.write_datetime(at, column, value, day)
                    else:
                        sheet.write(at, column, value)
    return file


def land(workspace: Workspace, contract: SourceContract, file: Path) -> list[dict[str, object]]:
    (delivery,) = import_files(workspace, contract, [file], None).deliveries
    with workspace.scratch() as scratch:
        found = scratch.execute(f"select * from {workspace.scan([delivery.rows_file])} order by row_no")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_titles_total_row_and_code_sheet_are_no_rows(petition, workspace, tmp_path) -> None:
    total = ["", "", "", "合 计", "", "", "", 2]
    sheets = {
        "信访件": [*TITLE, HEADER, matter(1), [""] * 8, matter(2, text="合计3万元未付"), total],
        "代码": [["代码", "名称"], ["1", "求决"]],
    }
    found = land(workspace, petition, xlsx(tmp_path / "XFJ_20230831_1800.xlsx", sheets))
    assert [row["信访件编号"] for row in found] == ["6401002023083100001", "6401002023083100002"]
    (delivery,) = landed(workspace)
    assert (delivery.control_total, delivery.control_total_agrees) == (2, True)
    assert (delivery.changed_at, delivery.delivered_for) == (datetime(2023, 8, 31, 18, 5), date(2023, 8, 31))
    assert delivery.warnings == ()


def test_a_last_row_of_prose_is_no_total(petition, workspace, tmp_path) -> None:
    file = xlsx(
        tmp_path / "XFJ_20230831_1800.xlsx", {"a": [*TITLE, HEADER, matter(1), matter(2, text="合计3万元")]}
    )
    assert len(land(workspace, petition, file)) == 2


def test_a_header_elsewhere_with_other_names_and_order(petition, workspace, tmp_path) -> None:
    header = [
        "信访编号",
        "手\n机号",
        "问题属地",
        "内容 分类",
        "登记时间",
        "是否办结",
        "信访件状态",
        "信访概况",
    ]
    lines = [["说明"], [], ["表一"], [], list(reversed(header)), list(reversed(matter(1)))]
    found = land(workspace, petition, xlsx(tmp_path / "XFJ_20230831_0900.xlsx", {"a": lines}))
    assert (found[0]["信访件编号"], found[0]["手机号码"], found[0]["概况"]) == (
        matter(1)[0],
        "138****1234",
        "欠薪",
    )
    assert landed(workspace)[0].changed_at == datetime(2023, 8, 31, 9), (
        "the time in the name, without 导出时间"
    )


def test_a_total_that_differs_is_said_and_kept_for_a_file_handed_over(petition, workspace, tmp_path) -> None:
    lines: list[str] = []
    file = xlsx(tmp_path / "XFJ_20230831_1800.xlsx", {"a": [*TITLE, HEADER, matter(1)]})
    report = import_files(workspace, petition, [file], None, say=lines.append)
    assert report.deliveries[0].control_total_agrees is False
    assert any("says 2 rows, 1 are there" in line for line in lines)


def test_cells_become_text(petition, workspace, tmp_path) -> None:
    lines = [
        HEADER,
        matter(1, datetime(2023, 8, 15, 10, 20), 13812345678),
        matter(2, datetime(2023, 8, 15), 1.38e10),
        matter(3, 45153.5, "1.38E+10"),
        [6.40100202308311e18, *matter(4)[1:]],
    ]
    found = land(workspace, petition, xlsx(tmp_path / "XFJ_20230831_1800.xlsx", {"a": lines}))
    assert [row["登记日期"] for row in found] == [
        "2023-08-15 10:20:00",
        "2023-08-15",
        "45153.5",
        "2023-08-30",
    ]
    assert [row["手机号码"] for row in found] == ["13812345678", "1.38E+10", "1.38E+10", "138****1234"]
    assert found[3]["信访件编号"] == "6.40100202308311E+18", (
        "nineteen digits in a number are lost, never a number"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (1.5, "1.5"), (True, "true"), (20230815102000.0, "20230815102000"), ("", "")],
)
def test_cell_text(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_an_old_workbook(petition, workspace, tmp_path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("信访件")
    for at, line in enumerate([*TITLE, HEADER, matter(1), matter(2), ["合计", 2]]):
        for column, value in enumerate(line):
            sheet.write(at, column, value)
    file = tmp_path / "XFJ_20230831_1800.xls"
    book.save(str(file))
    assert len(land(workspace, petition, file)) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04half", "not whole"),
        (b"<html><table></table></html>", "web page"),
        (b"\xd0\xcf\x11\xe0abc", "cannot be opened"),
    ],
)
def test_what_is_no_workbook_is_refused(petition, workspace, tmp_path, content, says) -> None:
    file = tmp_path / "XFJ_20230831_1800.xls"
    file.write_bytes(content)
    with pytest.raises(DeliveryRefused, match=says):
        import_files(workspace, petition, [file], None)


def test_a_workbook_that_unpacks_without_end_is_refused(petition, workspace, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(workbook_parts, "MAX_UNPACKED_WORKBOOK_BYTES", 100)
    file = xlsx(tmp_path / "XFJ_20230831_1800.xlsx", {"a": [HEADER, matter(1)]})
    with pytest.raises(DeliveryRefused, match="MAX_UNPACKED_WORKBOOK_BYTES = 100"):
        import_files(workspace, petition, [file], None)


def test_a_cell_at_the_end_of_the_sheet_is_refused_before_memory_is_gone(
    petition, workspace, tmp_path
) -> None:
    file = tmp_path / "XFJ_20230831_1800.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet("a")
        sheet.write_row(0, 0, HEADER)
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(DeliveryRefused, match="MAX_SHEET_CELLS"):
        import_files(workspace, petition, [file], None)


def test_a_sheet_without_the_header_is_refused_naming_what_is_missing(petition, workspace, tmp_path) -> None:
    file = xlsx(tmp_path / "XFJ_20230831_1800.xlsx", {"a": [["一", "二"], ["三", "四"]]})
    with pytest.raises(DeliveryRefused, match="信访件编号"):
        import_files(workspace, petition, [file], None)


def test_two_sheets_of_matters_are_one_delivery(petition, workspace, tmp_path) -> None:
    sheets = {"一": [HEADER, matter(1)], "二": [list(reversed(HEADER)), list(reversed(matter(2)))]}
    found = land(workspace, petition, xlsx(tmp_path / "XFJ_20230831_1800.xlsx", sheets))
    assert [row["信访件编号"] for row in found] == [matter(1)[0], matter(2)[0]]


def test_a_last_matter_that_says_total_in_its_text_is_a_matter(petition, workspace, tmp_path) -> None:
    lines = [*TITLE, HEADER, matter(1), matter(2, text="合计")]
    assert len(land(workspace, petition, xlsx(tmp_path / "XFJ_20230831_1800.xlsx", {"a": lines}))) == 2


def test_every_sheet_has_its_own_columns(petition, workspace, tmp_path) -> None:
    """A cell beside a sheet's own header is no value of a column that only another sheet has, and is never lost."""
    sheets = {
        "一": [HEADER, [*matter(1), "2023-08-29"]],
        "二": [[*HEADER, "办结日期"], [*matter(2), "2023-08-28", "旁注"]],
        "三": [[*HEADER, "", "备注", "备注"], [*matter(3), "无名", "甲", "乙"]],
    }
    found = land(workspace, petition, xlsx(tmp_path / "XFJ_20230831_1800.xlsx", sheets))
    assert [row["办结日期"] for row in found] == ["", "2023-08-28", ""]
    kept = [{value for value in json.loads(str(row["_extra"])).values() if value} for row in found]
    assert kept == [{"2023-08-29"}, {"旁注"}, {"无名", "甲", "乙"}]


def test_a_header_twice_in_a_later_sheet_is_refused(petition, workspace, tmp_path) -> None:
    sheets = {"一": [HEADER, matter(1)], "二": [[*HEADER, "概况"], [*matter(2), "另一个"]]}
    with pytest.raises(DeliveryRefused, match="概况 stands 2 times"):
        land(workspace, petition, xlsx(tmp_path / "XFJ_20230831_1800.xlsx", sheets))
