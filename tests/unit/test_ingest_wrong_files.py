"""A file that is not what the command says: of another source, in another encoding, for a day to come. Data is invented."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from typer.testing import CliRunner

from pipelines import ingest
from pipelines.cli import app
from pipelines.contracts import load_sources
from pipelines.errors import DeliveryRefused
from pipelines.ingest.acceptance import of_another_source
from pipelines.store import Workspace

SOURCES = load_sources()
TODAY = date(2023, 8, 31)


def csv_file(path: Path, source: str, encoding: str, mark: bytes = b"") -> Path:
    """A file of a source with one row; the person in it is invented."""
    header = list(SOURCES[source].columns)
    row = ["2023-08-30 08:00:00" if name.endswith(("时间", "日期")) else "张测试" for name in header]
    row[0] = "GD1"
    out = io.StringIO()
    csv.writer(out).writerows([header, row])
    path.write_bytes(mark + out.getvalue().encode(encoding))
    return path


def workbook(path: Path, title: Sequence[str], header: Sequence[str]) -> Path:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for row, line in enumerate([*([text] for text in title), header, ["张测试"] * len(header)]):
        for column, text in enumerate(line):
            sheet.write_string(row, column, text)
    book.close()
    return path


def refusal(root: Path, source: str, *files: Path) -> DeliveryRefused:
    said: list[str] = []
    with pytest.raises(DeliveryRefused) as refused:
        ingest.import_files(
            Workspace.open(root / "workspace"), SOURCES[source], files, None, say=said.append, today=TODAY
        )
    assert not any("张测试" in line for line in [*said, str(refused.value)])
    return refused.value


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
@pytest.mark.parametrize(
    ("handed", "to"), [("petition", "hotline"), ("hotline", "petition"), ("hotline", "regional")]
)
def test_a_csv_of_another_source_is_named_with_the_command(
    tmp_path: Path, handed: str, to: str, encoding: str
) -> None:
    error = refusal(tmp_path, to, csv_file(tmp_path / "a.csv", handed, encoding))
    assert f"looks like a file of {handed}" in error.what and "aliases" not in str(error)
    assert f"clearance import {handed} FILE" in error.remedy


def test_a_workbook_of_another_source_is_named_behind_its_title(tmp_path: Path) -> None:
    petition = workbook(
        tmp_path / "a.xlsx",
        ["信访件", "导出时间：2023-08-31 08:00　共 1 件"],
        list(SOURCES["petition"].columns),
    )
    assert "clearance import petition FILE" in refusal(tmp_path, "hotline", petition).remedy
    cyber = workbook(tmp_path / "b.xlsx", [], list(SOURCES["cyberspace"].columns))
    assert "clearance import cyberspace FILE" in refusal(tmp_path, "petition", cyber).remedy


def test_a_header_of_two_sources_or_of_none_is_nobodys() -> None:
    both = [*SOURCES["petition"].required_columns, *SOURCES["regional"].required_columns]
    assert len(SOURCES["petition"].required_columns) == len(SOURCES["regional"].required_columns)
    assert of_another_source(SOURCES["hotline"], both) is None
    assert of_another_source(SOURCES["hotline"], ["测试丁", "金凤区"]) is None
    # Half of a petition's header says nothing sure; neither does a hotline's own with a petition's in it.
    assert of_another_source(SOURCES["hotline"], list(SOURCES["petition"].columns)[:4]) is None
    mixed = [*SOURCES["hotline"].columns, *SOURCES["petition"].required_columns]
    assert of_another_source(SOURCES["hotline"], mixed) is None


def test_utf8_without_a_mark_is_said_to_be_that(tmp_path: Path) -> None:
    error = refusal(tmp_path, "hotline", csv_file(tmp_path / "GD_20230831_01.csv", "hotline", "utf-8"))
    assert "UTF-8 without a byte-order mark" in error.what and "GB18030" in error.what
    assert "CSV UTF-8" in error.remedy
    marked = csv_file(tmp_path / "GD_20230831_02.csv", "hotline", "utf-8", b"\xef\xbb\xbf")
    report = ingest.import_files(Workspace.open(tmp_path / "workspace"), SOURCES["hotline"], [marked], None)
    assert report.rows == 1


def test_a_lone_name_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    for text in ("张测试\n", "张测试"):
        for encoding in ("gb18030", "utf-8"):
            file.write_bytes(text.encode(encoding))
            assert "no header is one of the contract's" in refusal(tmp_path, "hotline", file).what


def test_a_file_for_a_day_to_come_is_refused_unless_its_day_is_said(tmp_path: Path) -> None:
    tomorrow = csv_file(tmp_path / "GD_20230901_01.csv", "hotline", "gb18030")
    error = refusal(tmp_path, "hotline", tomorrow)
    assert "the date in its name, 2023-09-01, has not come yet" in error.what and "--as-of" in error.remedy
    workspace = Workspace.open(tmp_path / "workspace")
    assert ingest.landed(workspace) == []
    report = ingest.import_files(workspace, SOURCES["hotline"], [tomorrow], TODAY, today=TODAY)
    assert [item.delivered_for for item in report.deliveries] == [TODAY]


def test_a_change_time_to_come_does_not_make_the_day(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "handed.csv", "hotline", "gb18030")
    text = file.read_bytes().decode("gb18030").replace("2023-08-30", "2023-09-30")
    file.write_bytes(text.encode("gb18030"))
    assert "newest change time of its rows, 2023-09-30" in refusal(tmp_path, "hotline", file).what


def test_a_refusal_is_printed_once_and_each_says_what_to_do(tmp_path: Path) -> None:
    one = csv_file(tmp_path / "one.csv", "petition", "gb18030")
    two = csv_file(tmp_path / "two.csv", "hotline", "utf-8")
    start = ["--workspace", str(tmp_path / "workspace"), "import", "hotline"]
    said = CliRunner().invoke(app, [*start, str(one)])
    assert said.exit_code == 5 and said.output.count("looks like a file of petition") == 1
    said = CliRunner().invoke(app, [*start, str(one), str(two)])
    assert said.exit_code == 5 and said.output.count("looks like a file of petition") == 1
    assert said.output.count("without a byte-order mark") == 1
    assert "clearance import petition FILE" in said.output and "CSV UTF-8" in said.output
