"""Old workbooks (.xls) beyond a limit: refused by their records, before the reader that holds every cell opens them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import xlwt

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import DeliveryRefused
from pipelines.ingest import excel_reader, import_files, landed, limits, old_workbooks, rows, workbook_parts
from pipelines.ingest.workbook_parts import WorkbookUnreadable
from pipelines.store import Workspace

NAME = "XFJ_20230831_1800.xls"
HEADER = ["信访件编号", "手机号码", "问题属地", "内容分类", "登记日期", "是否办结", "信访件状态", "概况"]
MARK = 12345.6789  # the cell whose place a test changes


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def petition() -> SourceContract:
    return load_sources()["petition"]


def old_workbook(folder: Path, lines: Sequence[Sequence[object]], sheets: int = 1) -> Path:
    book = xlwt.Workbook(encoding="utf-8")
    for number in range(sheets):
        sheet = book.add_sheet(f"s{number}")
        for row, line in enumerate([HEADER, *(lines if number == 0 else lines[:1])]):
            for column, value in enumerate(line):
                sheet.write(row, column, value)
    file = folder / NAME
    book.save(str(file))
    return file


def ticket(number: int, text: str = "概况", wide: int = 0) -> list[object]:
    return [
        f"6401002023083100000{number}",
        "",
        "金凤区",
        "欠薪",
        "2023-08-30",
        "否",
        "办理中",
        text,
        *["x"] * wide,
    ]


def change(file: Path, old: bytes, new: bytes) -> None:
    content = file.read_bytes()
    assert content.count(old) == 1, "the place to be changed is there, and once"
    file.write_bytes(content.replace(old, new))


def refused(workspace: Workspace, petition: SourceContract, file: Path) -> str:
    with pytest.raises(DeliveryRefused) as raised:
        import_files(workspace, petition, [file], None)
    assert landed(workspace) == []
    return str(raised.value)


def places(content: bytes, kind: int) -> list[int]:
    """Where in the file the contents of a kind of record begin: the stream lies in one piece behind the header."""
    (stream,) = old_workbooks._workbook_streams(bytes(content))
    assert content.find(stream) == 512
    sheets = old_workbooks._Book.read(stream).sheets
    starts = [0] if kind != old_workbooks.DIMENSIONS else sheets
    return [512 + at for start in starts for found, at, _ in _to_the_end(stream, start) if found == kind]


def _to_the_end(stream: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    for record in old_workbooks._records(stream, start):
        yield record
        if record[0] == old_workbooks.EOF:
            return


def number_at(row: int, column: int) -> bytes:
    return struct.pack("<HHHH", 0x203, 14, row, column)


def test_an_old_workbook_within_the_limits_is_read(workspace, petition, tmp_path) -> None:
    file = old_workbook(tmp_path, [ticket(at) for at in range(3)])
    assert import_files(workspace, petition, [file], None).rows == 3


@pytest.mark.parametrize("place", [(65535, 65535), (65535, 2000)])
def test_a_cell_far_out_is_refused_before_the_reader_makes_room(workspace, petition, tmp_path, place) -> None:
    file = old_workbook(tmp_path, [ticket(1), [MARK]])
    change(file, number_at(2, 0), number_at(*place))
    cells = (place[0] + 1) * (place[1] + 1)
    assert f"reach over {cells} cells, more than MAX_SHEET_CELLS = {limits.MAX_SHEET_CELLS}" in refused(
        workspace, petition, file
    )


@pytest.mark.parametrize(
    "announced", [(0, 0x7FFFFFFF, 0, 256), (0, 65536, 0, 65535), (9, 3, 0, 8), (0, 3, 200, 8)]
)
def test_a_sheet_that_announces_too_much_is_refused(workspace, petition, tmp_path, announced) -> None:
    file = old_workbook(tmp_path, [ticket(1)])
    content = bytearray(file.read_bytes())
    (at,) = places(content, old_workbooks.DIMENSIONS)
    struct.pack_into("<IIHH", content, at, *announced)
    file.write_bytes(content)
    assert "MAX_SHEET_CELLS" in refused(workspace, petition, file)


def test_a_long_text_repeated_in_many_cells_is_refused(workspace, petition, tmp_path) -> None:
    file = old_workbook(tmp_path, [ticket(0, "长" * 32_000, wide=0)] + [[*["长" * 32_000] * 8]] * 1500)
    assert file.stat().st_size < 1_000_000
    found = re.search(r"repeat shared texts up to (\d+) bytes", refused(workspace, petition, file))
    assert found is not None and 0 <= int(found[1]) - 3 * 32_000 * 12_001 < 1000


def test_many_short_texts_beside_a_long_one_are_ordinary(workspace, petition, tmp_path) -> None:
    lines = [ticket(0, "长" * 32_000), *[ticket(at % 10, "短" * (at % 50)) for at in range(1500)]]
    file = old_workbook(tmp_path, lines)
    assert import_files(workspace, petition, [file], None).rows == 1501


def test_the_length_of_each_shared_text_is_known_where_they_go_on_in_further_records(tmp_path) -> None:
    texts = [("长a"[at % 2]) * (at * 37 % 4000) + f"{at}" for at in range(400)]
    file = old_workbook(tmp_path, [[text] for text in texts])
    (stream,) = old_workbooks._workbook_streams(file.read_bytes())
    book = old_workbooks._Book.read(stream)
    lengths = book.text_lengths()
    assert len(book.texts) > 50 and lengths is not None
    assert sorted(lengths) == sorted(map(len, [*HEADER, *texts]))


def test_rows_columns_and_cells_of_an_old_workbook_have_their_limits(
    workspace, petition, tmp_path, monkeypatch
) -> None:
    file = old_workbook(tmp_path, [ticket(at, "x" * 40) for at in range(3)])
    for module, name, value in (
        (rows, "MAX_ROWS", 2),
        (excel_reader, "MAX_COLUMNS", 7),
        (excel_reader, "MAX_CELL_CHARACTERS", 39),
        (workbook_parts, "MAX_SHEET_CELLS", 31),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value)
            assert f"{name} = {value}" in refused(workspace, petition, file)
    long_title = old_workbook(tmp_path, [])
    with monkeypatch.context() as patch:
        patch.setattr(excel_reader, "MAX_CELL_CHARACTERS", 4)
        assert "MAX_CELL_CHARACTERS = 4" in refused(workspace, petition, long_title), "of a header too"
    two = old_workbook(tmp_path, [ticket(1)], sheets=2)
    with monkeypatch.context() as patch:
        patch.setattr(workbook_parts, "MAX_SHEET_CELLS", 31)
        assert "reach over 32 cells" in refused(workspace, petition, two), "of all sheets together"


def test_what_runs_in_a_circle_or_over_itself_is_not_whole(workspace, petition, tmp_path) -> None:
    file = old_workbook(tmp_path, [ticket(at) for at in range(200)], sheets=3)
    whole = file.read_bytes()
    (table,) = struct.unpack_from("<I", whole, 76)
    circle = bytearray(whole)
    struct.pack_into("<I", circle, (table + 1) * 512, 0)  # the first sector is followed by itself
    over = bytearray(whole)
    first, *others = places(whole, old_workbooks.BOUND_SHEET)
    for other in others:
        over[other : other + 4] = whole[first : first + 4]  # every sheet is the first one
    texts = bytearray(whole)
    (at,) = places(whole, old_workbooks.SHARED_TEXTS)
    struct.pack_into("<I", texts, at + 4, 0x7FFFFFFF)  # two thousand million shared texts
    for broken in (circle, over, texts):
        file.write_bytes(broken)
        with pytest.raises(WorkbookUnreadable):
            old_workbooks.check_old_workbook("petition", file, NAME)
        assert "the workbook is not whole" in refused(workspace, petition, file)
    file.write_bytes(whole[:600])
    assert "cannot be opened as a workbook" in refused(workspace, petition, file), "as the reader finds"
    file.write_bytes(whole)
    old_workbooks.check_old_workbook("petition", file, NAME)


def test_what_is_no_old_workbook_is_left_to_others(tmp_path) -> None:
    file = old_workbook(tmp_path, [ticket(1)])
    other = file.read_bytes().replace("Workbook".encode("utf-16-le"), "Document".encode("utf-16-le"))
    for content in (b"PK\x03\x04", b"", other):
        file.write_bytes(content)
        old_workbooks.check_old_workbook("petition", file, NAME)
