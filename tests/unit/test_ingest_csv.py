"""Reading CSV: encodings, quoting, and records that are cut; the number of records is never guessed."""

from __future__ import annotations

import codecs
import csv
import io
import random
from pathlib import Path

import pytest

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import DeliveryRefused
from pipelines.ingest import csv_reader, csv_records, import_files, landed, original_bytes, refusals, rows
from pipelines.ingest.csv_records import RecordCutter
from pipelines.store import Workspace

COLUMNS = ["工单编号", "问题分类", "工单状态", "被反映区", "来电时间", "更新时间", "主要内容"]
WAGES = "劳动和社会保障->拖欠工资"


@pytest.fixture
def hotline() -> SourceContract:
    return load_sources()["hotline"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def order(number: int, text: str = "拖欠工资") -> list[str]:
    return [
        f"GD20230831{number:05d}",
        WAGES,
        "办理中",
        "金凤区",
        "2023-08-30 09:00:00",
        "2023-08-31 10:00:00",
        text,
    ]


def as_csv(records: list[list[str]], header: list[str] | None = None, line_end: str = "\r\n") -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow(header or COLUMNS)
    writer.writerows(records)
    return text.getvalue()


def land(
    workspace: Workspace, contract: SourceContract, tmp_path: Path, content: bytes
) -> list[dict[str, object]]:
    file = tmp_path / "GD_20230831_01.csv"
    file.write_bytes(content)
    (delivery,) = import_files(workspace, contract, [file], None).deliveries
    assert b"".join(original_bytes(workspace, delivery)) == content
    with workspace.scratch() as scratch:
        found = scratch.execute(f"select * from {workspace.scan([delivery.rows_file])} order by row_no")
        names = [column[0] for column in found.description]
        rows_ = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert len(rows_) == delivery.rows
    return rows_


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_the_mark_decides_the_encoding(hotline, workspace, tmp_path, encoding, line_end) -> None:
    text = '第一行\n第二行,"引号"\t制表 𠮷'
    found = land(
        workspace,
        hotline,
        tmp_path,
        as_csv([order(1, text), order(2, "")], line_end=line_end).encode(encoding),
    )
    assert [row["主要内容"] for row in found] == [text, ""]
    assert found[0]["企业名称"] is None, "a column that the delivery lacks is NULL, an empty value is ''"
    assert {row["_defect"] for row in found} == {row["_broken"] for row in found} == {None}


def test_broken_bytes_and_nul_are_marked_by_column(hotline, workspace, tmp_path) -> None:
    content = as_csv([order(1, "一@二"), order(2, "三#四"), order(3)]).encode("gb18030")
    found = land(workspace, hotline, tmp_path, content.replace(b"@", b"\xff").replace(b"#", b"\0"))
    assert [row["主要内容"] for row in found] == ["一\ufffd二", "三\ufffd四", "拖欠工资"]
    assert [row["_broken"] for row in found] == ["主要内容", "主要内容", None]


def test_aliases_spaces_and_full_width_headers_are_understood(hotline, workspace, tmp_path) -> None:
    header = [" 诉求编号 ", "问题分类", "办理状态", "被反映区", "创建时间", "更新 时间", "问题描述", "Ｘ栏"]
    found = land(workspace, hotline, tmp_path, as_csv([[*order(1), "x"]], header).encode("gb18030"))
    assert found[0]["工单编号"] == "GD2023083100001"
    assert found[0]["_extra"] == '{"Ｘ栏":"x"}'
    assert landed(workspace)[0].header_map[" 诉求编号 "] == "工单编号"


def test_cut_and_overlong_records_are_kept_and_marked(hotline, workspace, tmp_path) -> None:
    lines = as_csv([order(1), order(2), order(3), order(4)]).split("\r\n")
    lines[2] = lines[2][:25]
    lines[3] += ",,"
    lines[4] += ",多出,来的"
    found = land(workspace, hotline, tmp_path, "\r\n".join(lines).encode("gb18030"))
    assert [row["_defect"] for row in found] == [None, rows.CUT_RECORD, None, rows.BROKEN_ROW]
    assert found[3]["_extra"] == '{"beyond the last column":["多出","来的"]}'


@pytest.mark.parametrize("cut_again", [False, True])
def test_a_record_cut_inside_quotes_swallows_no_other(hotline, workspace, tmp_path, cut_again) -> None:
    records = [order(at, f'他说"{at}",\n换行') for at in range(1, 6)]
    text = as_csv(records)
    for number in (2, 3) if cut_again else (2,):
        text = text.replace(f'"他说""{number}"",\n换行"', f'"他说""{number}')
    found = land(workspace, hotline, tmp_path, text.encode("gb18030"))
    assert [row["工单编号"] for row in found] == [record[0] for record in records]
    expected = ["cut_record" if at in ((2, 3) if cut_again else (2,)) else None for at in range(1, 6)]
    # The cut field is the last one: its record has all its fields, so nothing can tell that its text is short.
    assert [row["_defect"] for row in found] in (expected, [None] * 5)


def test_quotes_that_nobody_escaped_are_text(hotline, workspace, tmp_path) -> None:
    content = (
        as_csv([order(1, "钢筋QQ12"), order(2), order(3)])
        .replace("QQ12", '12"')
        .replace("拖欠工资\r\n", '"他说"没钱"就走"\r\n', 1)
    )
    found = land(workspace, hotline, tmp_path, content.encode("gb18030"))
    assert [row["主要内容"] for row in found] == ['钢筋12"', '他说"没钱"就走', "拖欠工资"]


def test_the_last_record_may_lack_its_line_break_or_its_end(hotline, workspace, tmp_path) -> None:
    text = as_csv([order(1), order(2)]) + 'GD2023083100003,劳动,"办理'
    found = land(workspace, hotline, tmp_path, text.encode("gb18030"))
    assert [(row["工单编号"], row["_defect"]) for row in found][-1] == ("GD2023083100003", "cut_record")
    assert len(found) == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (as_csv([order(1)]).encode("utf-16"), "UTF-16"),
        (as_csv([order(1)], ["编号x", *COLUMNS[1:]]).encode("gb18030"), "工单编号"),
        (as_csv([order(1)], [*COLUMNS[:6], "工单编号"]).encode("gb18030"), "2 times"),
        (as_csv([order(1)]).encode("utf-8"), "UTF-8 without a byte-order mark"),
    ],
)
def test_what_cannot_be_the_delivery_is_refused_and_kept(hotline, workspace, tmp_path, content, says) -> None:
    file = tmp_path / "GD_20230831_01.csv"
    file.write_bytes(content)
    with pytest.raises(DeliveryRefused, match=says) as raised:
        import_files(workspace, hotline, [file], None)
    assert "GD_20230831_01.csv" in str(raised.value)
    assert landed(workspace) == []
    (refusal,) = refusals(workspace)
    assert says in refusal.reason
    sealed = sorted((refusal.folder / "original").glob("*.sealed"))
    assert b"".join(workspace.unseal(part.read_bytes()) for part in sealed) == content


@pytest.mark.parametrize("limit", ["MAX_COLUMNS", "MAX_ROWS"])
def test_limits_are_named(hotline, workspace, tmp_path, monkeypatch, limit) -> None:
    monkeypatch.setattr(rows, limit, 2)
    file = tmp_path / "GD_20230831_01.csv"
    file.write_bytes(as_csv([order(at) for at in range(3)]).encode("gb18030"))
    with pytest.raises(DeliveryRefused, match=f"{limit} = 2"):
        import_files(workspace, hotline, [file], None)


@pytest.mark.parametrize("seed", range(30))
def test_any_table_comes_back_whatever_the_block_size(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python's csv module writes is cut into the same records, for any size of blocks and windows."""
    chance = random.Random(seed)
    monkeypatch.setattr(csv_records, "SMALLEST_WINDOW", chance.choice([8, 64, 1024]))
    alphabet = ['"', ",", "\n", "\r\n", "钱", "a", " ", ""]
    width = chance.randint(2, 5)
    table = [
        ["".join(chance.choices(alphabet, k=chance.randint(0, 6))) for _ in range(width)]
        for _ in range(chance.randint(1, 60))
    ]
    out = io.BytesIO()
    cutter = RecordCutter(out, width)
    monkeypatch.setattr(cutter, "_window", chance.choice([16, 256, 1 << 20]))
    text = io.StringIO()
    csv.writer(text, lineterminator=chance.choice(["\n", "\r\n"])).writerows(table)
    content = text.getvalue().encode()
    step = chance.choice([1, 7, 100, 100_000])
    for at in range(0, len(content), step):
        cutter.feed(content[at : at + step])
    cutter.finish()
    assert cutter.rows == len(table)
    assert cutter.defects == []
    assert list(csv.reader(io.StringIO(out.getvalue().decode(), newline=""))) == table


def test_a_large_file_in_many_blocks(hotline, workspace, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 1000)
    records = [order(at, f"第{at}件,\n" + "字" * (at % 90)) for at in range(500)]
    found = land(workspace, hotline, tmp_path, as_csv(records).encode("gb18030"))
    assert [row["主要内容"] for row in found] == [record[6] for record in records]
    assert [row["row_no"] for row in found] == list(range(1, 501))


def test_a_table_pasted_into_a_text_is_read_by_the_careful_reader(tmp_path: Path) -> None:
    contract = load_sources()["hotline"]
    columns = list(contract.columns)
    pasted = "\n".join([",".join(["甲"] * len(columns))] * 60)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    rows = 0
    while text.tell() < 17_000_000:
        known = {"工单编号": f"GD20230831{rows:06d}", "来电时间": "2023-08-31 10:00:00", "主要内容": pasted}
        writer.writerow([known.get(column, "") for column in columns])
        rows += 1
    file = tmp_path / "GD_20230831_01.csv"
    file.write_bytes(codecs.BOM_UTF8 + text.getvalue().encode())
    report = import_files(Workspace.open(tmp_path / "workspace"), contract, [file], None)
    assert report.rows == rows
