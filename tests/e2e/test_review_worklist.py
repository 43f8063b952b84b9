"""Doubtful pairs go out as a workbook and come back judged: nothing by default, row by row, once. Data is invented."""

from __future__ import annotations

import stat
import zipfile
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from pipelines.review.pairs import look_at
from pipelines.review.workbook import workbook_of
from pipelines.settings import load_city
from pipelines.store import Workspace
from tests.quarantine_harness import Office, read
from tests.review_harness import FIRST, PHONES, blocks, claim, copy_of, judged, office_with_doubts

SAME = {"判断": "同一线索", "理由": "电话核实为同一笔工资"}
OTHER = {"判断": "不同线索", "理由": "两人分别核实", "判断人": "王主任"}
TWO_IDS = ("national:XSI120230801001", "national:XSI120230801002")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office_with_doubts(tmp_path_factory.mktemp("review") / "office")


@pytest.fixture
def office(first: Office, tmp_path: Path) -> Office:
    return copy_of(first, tmp_path / "office")


@pytest.fixture
def worklist(office: Office, tmp_path: Path) -> Path:
    file = tmp_path / "核对.xlsx"
    office.run("review", "export", "--to", file)
    return file


def judgements(office: Office) -> int:
    return len(list((office.workspace / "registry" / "judgements").glob("*.parquet")))


def test_the_worklist_begins_with_what_would_be_counted_twice_most(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "核对.xlsx"
    said = office.run("review", "export", "--to", file)
    assert "2 pairs written" in said and "left out: 1 pair with two valid claimant IDs" in said
    assert "It holds personal data" in said and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {number: row["工单甲"] for number, row in blocks(read(file)).items()} == {
        "甲1": "national:XSH1", "丙1": "national:XSG1",
    }  # fmt: skip
    assert not any(row["判断"] or row["理由"] for row in blocks(read(file)).values()), "no default"
    notes = CalamineWorkbook.from_path(str(file)).get_sheet_by_name("说明").to_python()
    assert "本文件含个人信息" in str(notes[0][0]) and "空着不作任何决定" in str(notes)
    lines = {line[1]: line[2:6] for line in read(file)["待核对"] if line[1]}
    assert lines["诉求金额"] == ["7,500.00 元", "20,300.00 元", "≠", "-2.4"]
    with zipfile.ZipFile(file) as parts:
        sheet = parts.read("xl/worksheets/sheet2.xml").decode()
    assert "同一线索,不同线索" in sheet and sheet.count("<dataValidation ") == 2


def test_the_worklist_is_written_nowhere_else(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "一.xlsx"
    assert "1 pair of 2 written" in office.run("review", "export", "--to", file, "--most", "1")
    assert "there already" in office.run("review", "export", "--to", file, code=2)
    assert "is no .xlsx" in office.run("review", "export", "--to", tmp_path / "核对.csv", code=2)
    inside = office.workspace / "published" / "核对.xlsx"
    assert "holds personal data" in office.run("review", "export", "--to", inside, code=2)


def test_judgements_are_booked_once_and_an_empty_one_decides_nothing(
    office: Office, worklist: Path, tmp_path: Path
) -> None:
    said = office.run("review", "import", worklist, "--by", "李工")
    assert "0 booked, 0 booked before, 0 refused, 2 pairs left open" in said and judgements(office) == 0
    file = judged(worklist, tmp_path / "判.xlsx", ("甲1", OTHER), ("丙1", SAME))
    said = office.run("review", "import", file, "--by", "李工")
    assert "2 booked" in said and "national:XSH1 and national:XSH2 are different (待核对 row 4)" in said
    said = office.run("review", "import", file, "--by", "赵工")
    assert "0 booked, 2 booked before" in said and judgements(office) == 2
    listed = office.run("review", "list")
    assert "王主任（李工 导入）" in listed and "李工, 20" in listed and "电话核实为同一笔工资" in listed
    assert "0 pairs written" in office.run("review", "export", "--to", tmp_path / "又.xlsx")
    office.run("review", "undo", "1", "--by", "王主任", "--why", "看错")
    said = office.run("review", "import", file, "--by", "李工", code=5)
    assert "1 booked before" in said and "this very judgement was undone (judgement 1)" in said
    assert judgements(office) == 3, "two judgements and an undoing"
    assert "人工判定为同一线索" in office.run("review", "show", "national:XSG1", "national:XSG2")


def test_rows_are_refused_one_by_one_with_place_and_reason(
    office: Office, worklist: Path, tmp_path: Path
) -> None:
    large, small = (blocks(read(worklist))[number] for number in ("甲1", "丙1"))
    more = [
        {**small, **SAME, "工单乙": "national:XSS"},
        {**small, **SAME, "工单乙": "national:XSG404"},
        {**small, **SAME, "判断": "也许"},
        {**small, **SAME, "理由": ""},
        {**small, **SAME, "理由": f"打过{PHONES[1]}"},
        {**small, "理由": "再问问"},
        {**SAME},
        {**large, **OTHER},
    ]
    start = len(read(worklist)["待核对"])
    file = judged(worklist, tmp_path / "判.xlsx", ("甲1", OTHER), more=more)
    said = office.run("review", "import", file, "--by", "李工", code=5)
    for place, reason in enumerate(
        (
            "a ticket's number or the 核对码 was edited",
            "no published ticket is called national:XSG404",
            "the 判断 is neither 同一线索 nor 不同线索",
            "the 理由 is empty",
            "holds an ID or phone number",
            "no 判断; nothing is decided",
            "no pair begins in this row",
            "the same judgement stands in 待核对 row 4",
        ),
        start=start + 1,
    ):
        assert f"refused: 待核对 row {place}: " in said and reason in said, reason
    assert "1 booked" in said and "8 refused" in said and judgements(office) == 1
    assert PHONES[1] not in said


def test_rows_that_contradict_one_another_are_all_refused(
    office: Office, worklist: Path, tmp_path: Path
) -> None:
    small = blocks(read(worklist))["丙1"]
    file = judged(worklist, tmp_path / "判.xlsx", ("丙1", SAME), ("甲1", OTHER), more=[{**small, **OTHER}])
    said = office.run("review", "import", file, "--by", "李工", code=5)
    assert "1 booked" in said and said.count("it contradicts 待核对 row") == 2
    file = judged(worklist, tmp_path / "又.xlsx", ("甲1", SAME))
    said = office.run("review", "import", file, "--by", "李工", code=5)
    assert "it contradicts judgement 1 (national:XSH1 and national:XSH2 are different; 王主任" in said
    assert judgements(office) == 1


def test_two_valid_ids_are_never_judged_the_same(office: Office, tmp_path: Path) -> None:
    said = office.run("review", "decide", *TWO_IDS, "same", "--by", "李工", "--why", "同一人", code=2)
    assert "two valid claimant ID numbers that differ: no judgement joins them" in said
    items = look_at(Workspace.open(office.workspace), load_city(), [TWO_IDS])
    file = tmp_path / "两证.xlsx"
    file.write_bytes(workbook_of(items, date(2023, 8, 31), 1))
    said = office.run(
        "review", "import", judged(file, tmp_path / "判.xlsx", ("丙1", SAME)), "--by", "李工", code=5
    )
    assert "no judgement joins them" in said and judgements(office) == 0
    assert "judgement 1" in office.run(
        "review", "decide", *TWO_IDS, "different", "--by", "李工", "--why", "两人"
    )


def test_what_changed_since_the_export_is_refused_and_a_judgement_takes_effect(
    office: Office, worklist: Path, tmp_path: Path
) -> None:
    file = judged(worklist, tmp_path / "判.xlsx", ("甲1", SAME), ("丙1", SAME))
    changed = claim("XSG2", "李四光", PHONES[2], FIRST, 20_900, updateTime="2023-08-31 10:00:00")
    office.national("later.json", [changed], "2023-09-01")
    office.run("publish", "--date", "2023-09-01")
    said = office.run("review", "import", file, "--by", "李工", code=5)
    assert "1 booked" in said and "what is known of the two tickets changed since the export" in said
    office.run("publish", "--date", "2023-09-02")
    leads = office.rows("select count(distinct lead_id) from clearance.tickets where ticket_no like 'XSH_'")
    assert leads == [(1,)]
    assert "booked before" in office.run("review", "import", file, "--by", "李工", code=5)
    assert "已合并" in office.run("review", "show", "national:XSH1", "national:XSH2")


def test_a_file_that_no_export_wrote_is_refused_in_words(office: Office, tmp_path: Path) -> None:
    assert "no such file" in office.run("review", "import", tmp_path / "无.xlsx", "--by", "李工", code=2)
    file = tmp_path / "坏.xlsx"
    file.write_text("not a workbook", encoding="utf-8")
    assert "cannot be read" in office.run("review", "import", file, "--by", "李工", code=5)
    assert "who decides" in office.run("review", "import", file, "--by", " ", code=2)
