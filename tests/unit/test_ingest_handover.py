"""Files handed over by a person: JSON pages, JSON Lines, markers, the day they are for, and landing itself."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import ConfigurationError, DeliveryRefused
from pipelines.ingest import handover, import_files, json_pages, landed, original_bytes, pull, refusals
from pipelines.ingest.days import date_in_name
from pipelines.ingest.readers import form_of
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests.ingest_harness import write_work_orders

CSV = "ajbh,ajly,djsj,xzqh,ajzt,gxsj\r\nA1,1,2023-08-29,640104,01,2023-08-30 10:00:00\r\n"


@pytest.fixture
def national() -> SourceContract:
    return load_sources()["national"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def clue(number: int | None, update_time: str = "2023-08-30 09:00:00", **values: Any) -> dict[str, Any]:
    return {
        "clueCode": "" if number is None else f"XS{number}",
        "registerTime": "2023-08-29 09:00:00",
        "updateTime": update_time,
        "regionCode": "640104",
        "status": "20",
        **values,
    }


def page(total: int, number: int, rows: list[dict[str, Any]]) -> str:
    data = {"total": total, "pageNo": number, "pageSize": 2, "rows": rows}
    return json.dumps({"code": 0, "message": "ok", "data": data}, ensure_ascii=False)


def write(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def column(workspace: Workspace, names: str, position: int = -1) -> list[tuple[object, ...]]:
    file = landed(workspace)[position].rows_file
    with workspace.scratch() as scratch:
        return scratch.execute(f"select {names} from {workspace.scan([file])} order by row_no").fetchall()


def test_pages_of_one_command_are_counted_together(national, workspace, tmp_path) -> None:
    files = [
        write(tmp_path, "b.json", page(4, 2, [clue(2), clue(None)])),
        write(tmp_path, "a.json", page(4, 1, [clue(1), clue(2)])),
        write(tmp_path, "c.json", json.dumps([clue(3)])),
    ]
    (delivery,) = import_files(workspace, national, files, None).deliveries
    assert (delivery.rows, delivery.control_total, delivery.control_rows) == (5, 4, 4)
    assert delivery.control_total_agrees is True
    assert delivery.delivered_for == date(2023, 8, 30), "the newest change time among its rows"
    assert [row[0] for row in column(workspace, "clueCode")] == ["XS1", "XS2", "XS2", "", "XS3"]
    again = import_files(workspace, national, list(reversed(files)), None)
    assert (again.deliveries, again.already_landed) == ((), (delivery,))


def test_a_total_that_differs_is_said_never_refused(national, workspace, tmp_path) -> None:
    lines: list[str] = []
    report = import_files(
        workspace, national, [write(tmp_path, "a.json", page(9, 1, [clue(1)]))], None, say=lines.append
    )
    assert (report.theirs, report.control_rows) == (9, 1)
    assert any("says 9 rows, 1 are there" in line for line in lines)


def test_values_keep_their_literal(national, workspace, tmp_path) -> None:
    row = (
        '{"clueCode":"XS1","registerTime":"2023-08-29","updateTime":"2023-08-30","regionCode":640104,"status":"20",'
        '"arrearsMoney":38000.50,"solvedMoney":1E-2,"isGovProject":true,"summary":null,"address":"",'
        '"onceReportedNote":"写着\\"arrearsMoney\\":1.5","more":{"a":[1.50]}}'
    )
    names = "regionCode, arrearsMoney, solvedMoney, isGovProject, summary, address, onceReportedNote"
    expected = ("640104", "38000.50", "1E-2", "true", None, "", '写着"arrearsMoney":1.5')
    import_files(
        workspace, national, [write(tmp_path, "a.jsonl", row + "\n" + row.replace("XS1", "XS2"))], None
    )
    assert column(workspace, names) == [expected, expected]
    import_files(workspace, national, [write(tmp_path, "a.json", f"[{row}]")], None)
    assert column(workspace, names, position=0) == [expected]


def test_an_array_is_read_however_it_is_laid_out(national, workspace, tmp_path) -> None:
    rows = [clue(1, arrearsMoney=1.5, summary="第一行\n第二行"), "文字", clue(2)]
    for number, indent in enumerate((None, 1)):
        text = json.dumps(rows, ensure_ascii=False, indent=indent).replace("1.5", "1.50")
        import_files(workspace, national, [write(tmp_path, f"{number}.json", text)], None)
        assert column(workspace, "clueCode, arrearsMoney, summary, _defect") == [
            ("XS1", "1.50", "第一行\n第二行", None),
            (None, None, None, "cut_record"),
            ("XS2", None, None, None),
        ]
    with pytest.raises(DeliveryRefused, match="not whole JSON"):
        import_files(workspace, national, [write(tmp_path, "2.json", json.dumps(rows)[:-9])], None)
    report = import_files(workspace, national, [write(tmp_path, "3.json", "[]")], date(2023, 8, 31))
    assert (len(report.deliveries), report.rows) == (1, 0)


def test_a_file_of_no_lines_is_a_day_on_which_nothing_happened(workspace, tmp_path) -> None:
    cyberspace = load_sources()["cyberspace"]
    for number, content in enumerate((b"", b"\xef\xbb\xbf\r\n \n")):
        file = write(tmp_path, f"WX{number}_20230831.jsonl", content)
        (delivery,) = import_files(workspace, cyberspace, [file], None).deliveries
        assert (delivery.rows, delivery.delivered_for) == (0, date(2023, 8, 31))


ATTACHED = [{"名称": "a.jpg"}, {"名称": "b.jpg"}]


@pytest.mark.parametrize(
    "rows",
    [
        [clue(1, 附件=ATTACHED), clue(2)],
        [clue(1, data=ATTACHED), clue(2)],
        [clue(1, rows={"a": 1}, 附件=ATTACHED), clue(2, 附件=ATTACHED)],
        [clue(1, 附件=ATTACHED, summary="长" * 70_000), clue(2, summary="长" * 70_000)],
        [clue(1, 附件=ATTACHED)],
    ],
)
def test_a_row_may_hold_a_list_of_objects(national, workspace, tmp_path, rows) -> None:
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n"
    import_files(workspace, national, [write(tmp_path, "a.jsonl", text)], None)
    found = column(workspace, "clueCode, _extra")
    assert [row[0] for row in found] == [row["clueCode"] for row in rows]
    assert "a.jpg" in str(found[0][1])


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("key", ["rows", "list"])
def test_a_page_is_no_line_however_it_is_laid_out(national, workspace, tmp_path, indent, key) -> None:
    for number, envelope in enumerate(({"code": 0, "data": {key: [clue(1)]}}, {"errno": 0, key: [clue(1)]})):
        text = json.dumps(envelope, indent=indent) + "\n"
        assert form_of("national", write(tmp_path, f"{number}.json", text), "a.json") == "json_page"


@pytest.mark.parametrize("function", ["stream_rows", "streamed_lines", "distinct_read"])
@pytest.mark.parametrize("kind", [duckdb.OutOfMemoryException, duckdb.InternalException])
def test_an_error_of_the_database_while_pages_are_read_is_a_refusal_without_its_text(
    national, workspace, tmp_path, monkeypatch, function, kind
) -> None:
    """The database's own message may quote a value of the delivery; and pages too large refuse, nothing breaks off."""

    def broken(*_: object) -> Any:
        raise kind("could not read SECRETNUMBER")

    class Connection:
        """A connection that cannot count."""

        def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
            self.connection = connection

        def execute(self, statement: str) -> duckdb.DuckDBPyConnection:
            return broken() if "count(distinct" in statement else self.connection.execute(statement)

    if function == "streamed_lines":
        monkeypatch.setattr(json_pages, "stream_rows", lambda *_: None)
    if function in ("stream_rows", "streamed_lines"):
        monkeypatch.setattr(json_pages, function, broken)
    else:
        counted = json_pages.distinct_read
        monkeypatch.setattr(handover, "distinct_read", lambda first, *rest: counted(Connection(first), *rest))
    with pytest.raises(DeliveryRefused) as raised:
        import_files(workspace, national, [write(tmp_path, "a.json", page(1, 1, [clue(1)]))], None)
    assert "SECRETNUMBER" not in str(raised.value)
    assert raised.value.where == "a.json"
    assert [item.name for item in refusals(workspace)] == ["a.json"]


def test_what_a_killed_process_left_is_removed(national, workspace, tmp_path) -> None:
    left = workspace.temporary / "ingest-0123456789abcdef"
    left.mkdir()
    (left / "strict.csv").write_text("plain text")
    left.with_suffix(".lock").write_text("")
    import_files(workspace, national, [write(tmp_path, "a.json", page(1, 1, [clue(1)]))], None)
    assert list(workspace.temporary.iterdir()) == []


def test_a_broken_line_is_a_row_and_the_others_go_on(workspace, tmp_path) -> None:
    row = json.dumps(
        {
            "线索编号": "WX1",
            "属地": "金凤区",
            "交办时间": "2023-08-31",
            "状态": "办理中",
            "更新时间": "2023-08-31",
        },
        ensure_ascii=False,
    )
    content = "\n\n".join(
        [row, row.replace("WX1", "WX2")[:30], row.replace("WX1", "WX3"), '"文字"', ""]
    ).encode()
    file = write(tmp_path, "WX_20230831.jsonl", content.replace("金凤".encode(), b"\xe9\x87\x91\xff", 1))
    import_files(workspace, load_sources()["cyberspace"], [file], None)
    found = column(workspace, "线索编号, _defect, _broken, _extra is not null")
    assert found == [
        ("WX1", None, "属地", False),
        (None, "cut_record", None, True),
        ("WX3", None, None, False),
        (None, "cut_record", None, True),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"code":5001,"message":"busy","data":null}', "error answer"),
        (page(2, 1, [clue(1)])[:-20], "not whole JSON"),
        ('{"code":0,"data":{"total":1}}', "neither a page object nor an array"),
        ('[{"clueCode":"XS1"}]', "registerTime"),
        ("[]", "day it was delivered for"),
    ],
)
def test_pages_that_are_none_are_refused_and_kept(national, workspace, tmp_path, text, says) -> None:
    with pytest.raises(DeliveryRefused, match=says) as raised:
        import_files(workspace, national, [write(tmp_path, "a.json", text)], None)
    assert "a.json" in raised.value.where
    assert [item.name for item in refusals(workspace)] == ["a.json"]
    assert landed(workspace) == []


def test_good_files_land_beside_a_refused_one(national, workspace, tmp_path) -> None:
    files = [write(tmp_path, "a.json", page(1, 1, [clue(1)])), write(tmp_path, "b.json", "[{")]
    with pytest.raises(DeliveryRefused, match="not whole JSON"):
        import_files(workspace, national, files, None)
    assert [item.rows for item in landed(workspace)] == [1]


def test_a_marker_given_with_its_file_is_checked(workspace, tmp_path) -> None:
    regional = load_sources()["regional"]
    file = write(tmp_path, "aj_20230830.csv", CSV)
    good = hashlib.sha256(CSV.encode()).hexdigest()
    for text, says in (
        (f"2 {good}", "marker says 2, the file has 1"),
        (f"1 {'0' * 64}", "SHA-256"),
        ("1", "marker is not"),
    ):
        with pytest.raises(DeliveryRefused, match=says):
            import_files(workspace, regional, [write(tmp_path, "aj_20230830.ok", text), file], None)
    report = import_files(workspace, regional, [write(tmp_path, "aj_20230830.ok", f"1 {good}\n"), file], None)
    assert (report.rows, report.theirs) == (1, 1)
    with pytest.raises(DeliveryRefused, match="marker without its file"):
        import_files(workspace, regional, [tmp_path / "aj_20230830.ok"], None)


def test_the_day_is_as_of_then_the_name_then_the_newest_good_row(workspace, tmp_path) -> None:
    regional = load_sources()["regional"]
    bad = "A2,1,3021-08-29,640104,01,3021-08-30\r\n,1,2023-08-29,640104,01,2023-09-09\r\n"
    named = write(tmp_path, "aj_20230901.csv", CSV)
    unnamed = write(tmp_path, "aj.csv", CSV + bad)
    as_of = write(tmp_path, "aj_2.csv", CSV + "\r\n")
    import_files(workspace, regional, [named, unnamed], None)
    import_files(workspace, regional, [as_of], date(2023, 9, 5))
    assert {item.name: str(item.delivered_for) for item in landed(workspace)} == {
        "aj_20230901.csv": "2023-09-01",
        "aj.csv": "2023-08-30",
        "aj_2.csv": "2023-09-05",
    }


def test_a_landed_delivery_is_sealed_and_complete_or_absent(workspace, tmp_path, monkeypatch) -> None:
    regional = load_sources()["regional"]
    file = write(tmp_path, "aj_20230830.csv", CSV.replace("A1", "SECRETNUMBER"))
    (delivery,) = import_files(workspace, regional, [file], None).deliveries
    assert b"".join(original_bytes(workspace, delivery)) == file.read_bytes()
    for part in sorted(delivery.folder.rglob("*")):
        assert part.is_dir() or b"SECRETNUMBER" not in part.read_bytes()
    assert list(workspace.temporary.iterdir()) == []
    (delivery.folder / "manifest.json").rename(tmp_path / "aside.json")
    assert landed(workspace) == [], "no manifest, no delivery"
    (delivery.folder / "manifest.json").write_text("{")
    with pytest.raises(ConfigurationError, match="manifest cannot be read"):
        landed(workspace)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("GD_20230831_01.csv", "2023-08-31"),
        ("XFJ_20230831180000.xlsx", "2023-08-31"),
        ("网信2023年08月31日.jsonl", "2023-08-31"),
        ("a-2023-08-31.json", "2023-08-31"),
        ("page1.json", "None"),
        ("20231345.csv", "None"),
        ("64010020230831000012.csv", "None"),
    ],
)
def test_the_date_in_a_name(name: str, day: str) -> None:
    assert str(date_in_name(name)) == day


@pytest.fixture
def received(tmp_path: Path) -> Path:
    """A folder of what was handed over, beside the workspace."""
    folder = tmp_path / "received"
    folder.mkdir()
    return folder


def test_two_days_empty_files_are_two_deliveries_and_each_day_is_covered(workspace, received) -> None:
    hotline = load_sources()["hotline"]
    days = (date(2023, 8, 31), date(2023, 8, 30), date(2023, 8, 29))
    files = [received / f"GD_{day:%Y%m%d}_01.csv" for day in days]
    for file in files:
        write_work_orders(received, file.name, [], has_marker=False)
    report = import_files(workspace, hotline, files, None)
    assert [item.covers for item in report.deliveries] == list(days)
    for again in (files, [received], list(reversed(files))):
        report = import_files(workspace, hotline, again, None)
        assert (len(report.deliveries), len(report.already_landed)) == (0, 3), "the same file twice is one"
    (received / "GD_20230829_02.csv").write_bytes(files[0].read_bytes())
    assert len(import_files(workspace, hotline, [received], None).deliveries) == 0, (
        "the day is covered already"
    )


def test_an_empty_file_without_a_date_is_for_the_days_it_is_handed_over_for(workspace, received) -> None:
    hotline = load_sources()["hotline"]
    write_work_orders(received, "empty.csv", [], has_marker=False)
    for day, new in (
        (date(2023, 8, 30), 1),
        (date(2023, 8, 31), 1),
        (date(2023, 8, 30), 0),
        (date(2023, 8, 31), 0),
    ):
        report = import_files(workspace, hotline, [received / "empty.csv"], day)
        assert len(report.deliveries) == new
        assert [item.covers for item in (*report.deliveries, *report.already_landed)] == [day]


def test_an_empty_page_says_of_each_day_that_it_had_nothing(national, workspace, received) -> None:
    file = write(received, "page.json", page(0, 1, []))
    for day in (date(2023, 8, 30), date(2023, 8, 31), date(2023, 8, 31)):
        import_files(workspace, national, [file], day)
    assert [item.covers for item in landed(workspace)] == [date(2023, 8, 30), date(2023, 8, 31)]


def test_a_file_with_rows_is_one_delivery_whatever_day_its_name_says(workspace, received) -> None:
    hotline = load_sources()["hotline"]
    for name in ("GD_20230830_01.csv", "GD_20230831_01.csv"):
        write_work_orders(received, name, ["GD1"], has_marker=False)
    report = import_files(workspace, hotline, [received], None)
    assert (len(report.deliveries), len(report.already_landed)) == (1, 1), "a copy is no proof of another day"


def test_an_empty_file_handed_over_and_pulled_is_one_delivery_of_its_day(workspace, received) -> None:
    hotline = load_sources()["hotline"]
    for day in (30, 31):
        write_work_orders(received, f"GD_202308{day}_01.csv", [])
    place = Connection(conn_type="fs", extra={"path": str(received)})
    import_files(workspace, hotline, [received / "GD_20230831_01.csv"], None)
    report = pull(workspace, hotline, place, date(2023, 8, 31))
    assert [item.covers for item in report.deliveries] == [date(2023, 8, 30)], "the day before is landed too"
    assert len(import_files(workspace, hotline, [received], None).already_landed) == 2
    assert len(pull(workspace, hotline, place, date(2023, 8, 31)).deliveries) == 0
    assert len(landed(workspace)) == 2
