"""Limits: a delivery beyond one is refused whole, and the message names the limit and its value."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import DeliveryRefused
from pipelines.ingest import (
    csv_reader,
    excel_reader,
    file_pulls,
    handover,
    import_files,
    json_depth,
    json_reader,
    landed,
    landing,
    limits,
    pull,
    reading_time,
    refusals,
    rows,
    workbook_parts,
)
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests.ingest_harness import landing_that_never_ends, write_work_orders

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEADER = ["信访件编号", "手机号码", "问题属地", "内容分类", "登记日期", "是否办结", "信访件状态", "概况"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def contract(source: str) -> SourceContract:
    return load_sources()[source]


def workbook(
    file: Path, sheet: str, shared: str = "", part: str = "worksheets/sheet1.xml", copies: int = 1
) -> Path:
    """A workbook written by hand, as somebody with bad intentions would."""
    sheets = "".join(f'<sheet name="s{at}" sheetId="{at + 1}" r:id="rId1"/>' for at in range(copies))
    members = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="{part}"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        f"xl/{part}": sheet,
        "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{shared}</sst>',
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, content in members.items():
            parts.writestr(name, content)
    return file


def sheet_of(body: str, prefix: str = "") -> str:
    space = f'xmlns:{prefix}="{SHEET}"' if prefix else f'xmlns="{SHEET}"'
    mark = f"{prefix}:" if prefix else ""
    return f"<{mark}worksheet {space}><{mark}sheetData>{body}</{mark}sheetData></{mark}worksheet>"


def header(prefix: str = "") -> str:
    return f"<{prefix}row>" + "".join(
        f'<{prefix}c t="inlineStr"><{prefix}is><{prefix}t>{text}</{prefix}t></{prefix}is></{prefix}c>' for text in HEADER
    ) + f"</{prefix}row>"  # fmt: skip


def refused(workspace: Workspace, source: str, file: Path) -> str:
    with pytest.raises(DeliveryRefused) as raised:
        import_files(workspace, contract(source), [file], None)
    assert landed(workspace) == [], "a file beyond a limit is refused whole"
    assert list(workspace.temporary.iterdir()) == []
    return str(raised.value)


@pytest.mark.parametrize(
    ("body", "prefix", "part"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>', "", "worksheets/sheet1.xml"),
        ("<row r='1'><c\n s='1' r = 'A1'><v>1</v></c><c r='XFD1048576'/></row>", "", "worksheets/sheet1.xml"),
        ('<x:row><x:c r="A1"/><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>', "x", "worksheets/sheet1.xml"),
        ('<row r="1"><c r="A1"/><c r="XFD1048576"><v>1</v></c></row>', "", "elsewhere/picture.png"),
        ('<row r="1">' + "<c/>" * 16_000 + '</row><row r="1048576"><c><v>1</v></c></row>', "", "worksheets/sheet1.xml"),
        ('<row r="1"><c a=">" r="A1"/><c a=">" r="XFD1048576"><v>1</v></c></row>', "", "worksheets/sheet1.xml"),
    ],
)  # fmt: skip
def test_a_sheet_that_reaches_far_is_refused_however_it_is_written(
    workspace, tmp_path, body, prefix, part
) -> None:
    file = workbook(tmp_path / "XFJ_20230831_1800.xlsx", sheet_of(body, prefix), part=part)
    assert f"MAX_SHEET_CELLS = {limits.MAX_SHEET_CELLS}" in refused(workspace, "petition", file)


@pytest.mark.parametrize(
    "cell",
    ['<c t="s"><v>0</v></c>', '<c t="s"><f>x</f><v>&#48;</v></c>', '<c t="s"><v><![CDATA[0]]></v></c>'],
)
def test_a_long_text_repeated_in_every_cell_is_refused(workspace, tmp_path, cell) -> None:
    text = f"<si><t>{'长' * 200_000}</t></si><si><t>短</t></si>"
    file = workbook(tmp_path / "XFJ_20230831_1800.xlsx", sheet_of(f"<row>{cell * 2000}</row>"), text)
    assert file.stat().st_size < 10_000
    assert "repeat shared texts" in refused(workspace, "petition", file)


def test_many_cells_of_few_short_texts_are_ordinary(workspace, tmp_path) -> None:
    lines = (
        "<row>"
        + "".join(f'<c t="s"><v>{1 if at in (0, 2, 3, 4, 5, 6) else 0}</v></c>' for at in range(8))
        + "</row>"
    )
    shared = f"<si><t>{'长' * 300_000}</t></si><si><t>短</t></si>"
    once = '<row><c t="s"><v>0</v></c></row>'
    file = workbook(
        tmp_path / "XFJ_20230831_1800.xlsx",
        sheet_of(header() + lines.replace("<v>0<", "<v>1<") * 2000 + once),
        shared,
    )
    report = import_files(workspace, contract("petition"), [file], None)
    assert report.rows == 2001


def test_a_workbook_of_another_kind_or_protected_says_so(workspace, tmp_path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("content.xml", "<x/>")
    file = tmp_path / "XFJ_20230831_1800.xlsx"
    file.write_bytes(made.getvalue())
    assert "no .xlsx workbook" in refused(workspace, "petition", file)


def test_a_cell_and_a_sheet_beyond_a_limit(workspace, tmp_path, monkeypatch) -> None:
    row = "<row>" + "".join(f'<c t="inlineStr"><is><t>{"x" * 40}</t></is></c>' for _ in HEADER) + "</row>"
    file = workbook(tmp_path / "XFJ_20230831_1800.xlsx", sheet_of(header() + row * 3))
    for module, name, value in (
        (excel_reader, "MAX_CELL_CHARACTERS", 39),
        (excel_reader, "MAX_COLUMNS", 7),
        (rows, "MAX_ROWS", 2),
        (workbook_parts, "MAX_WORKBOOK_BYTES", 10),
        (workbook_parts, "MAX_ARCHIVE_MEMBERS", 5),
        (landing, "MAX_FILE_BYTES", 10),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value)
            assert f"{name} = {value}" in refused(workspace, "petition", file)
    old = tmp_path / "XFJ_20230831_1800.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    monkeypatch.setattr(workbook_parts, "MAX_OLD_WORKBOOK_BYTES", 50)
    assert "MAX_OLD_WORKBOOK_BYTES = 50" in refused(workspace, "petition", old)


def test_a_workbook_that_unpacks_to_many_times_its_size_is_refused(workspace, tmp_path) -> None:
    file = workbook(tmp_path / "XFJ_20230831_1800.xlsx", sheet_of(" " * (100 * 1024**2)))
    assert "MAX_UNPACKED_RATIO = 200" in refused(workspace, "petition", file)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "page.json"])
def test_json_is_nested_so_deep_and_no_deeper(workspace, tmp_path, monkeypatch, name) -> None:
    monkeypatch.setattr(json_depth, "BLOCK_BYTES", 50)
    row = {"clueCode": "XS1", "registerTime": "2023-08-29", "updateTime": "2023-08-30", "regionCode": "640104", "status": "20"}  # fmt: skip
    row["summary"] = '\\"[[{{' + "[" * 100 + "\\\\"
    around = {"a.jsonl": 1, "a.json": 2, "page.json": 4}[name]

    def write(depth: int) -> Path:
        nested = "[" * depth + "1" + "]" * depth
        text = json.dumps(row, ensure_ascii=False).replace('"XS1"', f'"XS{depth}", "more": {nested}')
        if name == "page.json":
            text = f'{{"code": 0, "data": {{"total": 1, "pageNo": 1, "rows": [{text}]}}}}'
        file = tmp_path / name
        file.write_text(f"[{text}]" if name == "a.json" else text, encoding="utf-8")
        return file

    assert "MAX_JSON_DEPTH = 64" in refused(workspace, "national", write(limits.MAX_JSON_DEPTH * 2))
    assert "MAX_JSON_DEPTH = 64" in refused(workspace, "national", write(100_000))
    report = import_files(workspace, contract("national"), [write(limits.MAX_JSON_DEPTH - around)], None)
    assert report.rows == 1


def test_brackets_that_fit_no_others_are_not_piled_up(workspace, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(json_depth, "BLOCK_BYTES", 5000)
    monkeypatch.setattr(json_depth, "MAX_RECORD_BYTES", 10_000)
    file = tmp_path / "a.json"
    file.write_text("[" + "[}" * 50_000, encoding="utf-8")
    assert "MAX_JSON_DEPTH = 64" in refused(workspace, "national", file)


def test_lines_that_were_cut_do_not_add_up_to_depth(workspace, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(json_depth, "BLOCK_BYTES", 64)
    row = (
        '{"线索编号":"WX1","属地":"金凤区","交办时间":"2023-08-31","状态":"办理中","更新时间":"2023-08-31"}\n'
    )
    file = tmp_path / "WX_20230831.jsonl"
    file.write_text(row + '{"a":[{"b":"[[\n' * 200 + row, encoding="utf-8")
    assert import_files(workspace, contract("cyberspace"), [file], None).rows == 202


def test_pages_are_held_in_memory_up_to_a_limit(workspace, tmp_path, monkeypatch) -> None:
    file = tmp_path / "p.json"
    file.write_text('{"code": 0, "data": {"total": 2, "pageNo": 1, "rows": [{}, {}]}}', encoding="utf-8")
    monkeypatch.setattr(handover, "MAX_ANSWERED_ROWS", 1)
    assert "MAX_ANSWERED_ROWS = 1" in refused(workspace, "national", file)
    monkeypatch.setattr(handover, "MAX_JSON_DOCUMENT_BYTES", 20)
    monkeypatch.setattr(json_reader, "MAX_JSON_DOCUMENT_BYTES", 20)
    assert "MAX_JSON_DOCUMENT_BYTES = 20" in refused(workspace, "national", file)


def csv_of(count: int) -> bytes:
    return ("ajbh,ajly,djsj,xzqh,ajzt,gxsj\r\n" + "A1,1,2023-08-29,640104,01,2023-08-30\r\n" * count).encode()


def test_reading_ends_when_its_time_is_over(workspace, tmp_path, monkeypatch) -> None:
    file = tmp_path / "aj_20230830.csv"
    file.write_bytes(csv_of(10))
    monkeypatch.setattr(limits, "MAX_READING_SECONDS", 0)
    assert "MAX_READING_SECONDS = 0" in refused(workspace, "regional", file)
    assert [item.name for item in refusals(workspace)] == [file.name]


def test_a_query_is_stopped_when_the_time_is_over(workspace, monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_READING_SECONDS", 0.3)
    started = time.monotonic()
    with (
        workspace.scratch() as connection,
        pytest.raises(DeliveryRefused, match=r"MAX_READING_SECONDS = 0\.3"),
        reading_time.reading_time_is_limited(connection, "regional", "x.csv"),
    ):
        connection.execute(
            "select count(*) from range(10000000000) a, range(1000) b where hash(a.range) = b.range"
        ).fetchall()
    assert time.monotonic() - started < 30


def test_the_landing_of_a_pulled_file_is_inside_the_time_that_is_limited(
    workspace, tmp_path, monkeypatch
) -> None:
    write_work_orders(tmp_path, "GD_20230831_01.csv", ["GD1"])
    place = Connection(conn_type="fs", extra={"path": str(tmp_path)})
    with monkeypatch.context() as patch:
        patch.setattr(limits, "MAX_READING_SECONDS", 0.5)
        patch.setattr(file_pulls, "land", landing_that_never_ends)
        with pytest.raises(DeliveryRefused, match=r"MAX_READING_SECONDS = 0\.5"):
            pull(workspace, contract("hotline"), place, date(2023, 8, 31))
    assert landed(workspace) == [] and len(refusals(workspace)) == 1
    assert pull(workspace, contract("hotline"), place, date(2023, 8, 31)).rows == 1


def test_what_is_too_large_to_be_kept_is_said(workspace, tmp_path, monkeypatch) -> None:
    file = tmp_path / "aj_20230830.csv"
    file.write_bytes(csv_of(10))
    for module in (landing, handover):
        monkeypatch.setattr(module, "MAX_FILE_BYTES", 20)
    lines: list[str] = []
    with pytest.raises(DeliveryRefused, match="MAX_FILE_BYTES = 20"):
        import_files(workspace, contract("regional"), [file], None, say=lines.append)
    assert any("too large to be kept" in line for line in lines)
    (kept,) = refusals(workspace)
    assert not (kept.folder / "original").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"Rar!\x1a\x07\x01\x00abc", "RAR"), (b"7z\xbc\xaf\x27\x1cabc", "7z"), (b"%PDF-1.7 abc", "PDF"), (b"\x1f\x8b\x08abc", "gzip")],
)  # fmt: skip
def test_what_is_no_table_is_called_by_its_name(workspace, tmp_path, content, says) -> None:
    file = tmp_path / "aj_20230830.csv"
    file.write_bytes(content)
    assert says in refused(workspace, "regional", file)


def test_a_workbook_that_the_system_does_not_let_be_read_is_not_called_cut(workspace, tmp_path) -> None:
    folder = tmp_path / "XFJ_20230831_1800.xlsx"
    folder.mkdir()
    with (
        workspace.scratch() as connection,
        pytest.raises(DeliveryRefused, match="cannot be read: Is a directory"),
    ):
        excel_reader.read_excel(connection, contract("petition"), folder, folder.name)


def test_every_limit_is_named_and_is_far_above_a_day(workspace) -> None:
    names: Sequence[str] = [name for name in vars(limits) if name.startswith("MAX_")]
    assert len(names) >= 15 and all(getattr(limits, name) > 1 for name in names)
    assert csv_reader.MAX_RECORD_BYTES == limits.MAX_RECORD_BYTES
