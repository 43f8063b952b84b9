"""The quarantine is worked through: out to a file, corrected, back in, published; all ten reasons. Data is invented."""

from __future__ import annotations

import csv
import io
import stat
from datetime import date
from pathlib import Path

import pytest

from pipelines import ingest
from pipelines.contracts import load_sources
from pipelines.store import Workspace
from pipelines.worklist import source_rows
from tests.quarantine_harness import Office, Sheets, clue, correct, read, write

REASONS = {
    "missing_ticket_no", "unreadable_ticket_no", "unreadable_received_at", "impossible_received_at",
    "closed_before_received", "negative_amount", "unknown_division", "unknown_channel", "cut_record", "broken_row",
}  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def hotline_csv(root: Path) -> Path:
    """A whole record, one cut short and one with more fields than the header."""
    header = list(load_sources()["hotline"].columns)
    good = {"工单编号": "GD1", "问题分类": "劳动和社会保障->拖欠工资->工程建设领域", "工单状态": "办理中",
            "被反映区": "兴庆区", "来电时间": "2023-08-30 08:00:00", "更新时间": "2023-08-30 08:30:00"}  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerow([good.get(name, "") for name in header])
    writer.writerow(["GD2", "", "劳动和社会保障->拖欠工资->工程建设领域", "标题"])
    writer.writerow(["GD3", *(good.get(name, "") for name in header[1:]), "多出", "来的"])
    file = root / "GD_20230831_01.csv"
    file.write_bytes(out.getvalue().encode("gb18030"))
    return file


def land_all_reasons(office: Office) -> None:
    office.national(
        "clues.json",
        [
            clue("XS0"),
            clue(None, summary="缺编号的一件"),
            clue("编号�"),
            clue("XS3", registerTime="八月底"),
            clue("XS4", registerTime="3021-08-30 09:00:00"),
            clue("XS5", finishTime="2023-08-01 09:00:00", status="40"),
            clue("XS6", arrearsMoney="-38000"),
            clue("XS7", regionCode="649999", remark="来源自己的栏"),
        ],
        "2023-08-31",
    )
    regional = office.root / "ldjc_aj.csv"
    regional.write_text(
        "ajbh,ajly,djsj,xzqh,ajzt,gxsj\nAJ1,2,2023-08-30 09:00:00,640104,02,2023-08-30 09:00:00\n"
        "AJ2,9,2023-08-30 09:00:00,640104,02,2023-08-30 09:00:00\n",
        encoding="utf-8",
    )
    office.run("import", "regional", regional, "--as-of", "2023-08-31")
    office.run("import", "hotline", hotline_csv(office.root))


def mend(row: dict[str, str]) -> None:
    """What a clerk fills in, by the reason of the row."""
    reason = row["※原因"]
    if reason == "缺编号":
        row["clueCode"] = "XS1"
    elif reason == "编号无法识别":
        row["clueCode"] = "XS2"
    elif reason in ("接收时间无法识别", "接收时间不可能"):
        row["registerTime"] = "2023-08-30 09:00:00"
    elif reason == "办结早于接收":
        row["finishTime"] = "2023-08-30 18:00:00"
    elif reason == "金额为负":
        row["arrearsMoney"] = "38000"
    elif reason == "属地不在代码表":
        row["regionCode"] = "640105"
    elif reason == "渠道不在代码表":
        row["ajly"] = "1"
    elif reason in ("记录残缺", "记录损坏"):
        row["beyond the last column"] = ""
        row.update(
            工单编号="GD2" if reason == "记录残缺" else "GD3", 问题分类="劳动和社会保障->拖欠工资->工程建设领域",
            工单状态="办理中", 被反映区="兴庆区", 来电时间="2023-08-30 08:00:00", 更新时间="2023-08-30 08:30:00",
        )  # fmt: skip


def refuse_what_slipped(office: Office, mended: Sheets) -> None:
    """A file whose rows may have slipped against their references is refused whole: nothing lands."""

    def refused(sheets: Sheets) -> str:
        file = write(office.root / "slipped.xlsx", sheets)
        return office.run("quarantine", "import", file, "--by", "a", "--why", "b", code=5)

    header, first, second = mended["national"][:3]
    assert "national row 3" in refused({"national": [header, first, [first[0], "gone", *second[2:]]]})
    assert "stand twice" in refused({"national": [header, first, first]})
    assert "is gone" in refused({"national": [line[:-2] for line in mended["national"]]})
    at = header.index("clueCode")
    shortened = [*first[:at], "6.401002023E+18", *first[at + 1 :]]
    assert "shortened" in refused({"national": [header, shortened, second]})
    assert "no rows of the worklist" in refused({"national": [["clueCode"], ["XS1"]]})
    swapped = [
        header,
        [*first[:at], second[at], *first[at + 1 :]],
        [*second[:at], first[at], *second[at + 1 :]],
    ]
    assert "slipped against their rows" in refused({"national": swapped})
    fixed = sum(name.startswith("※") for name in header)
    references = [header, [*second[:fixed], *first[fixed:]], [*first[:fixed], *second[fixed:]]]
    assert "slipped against their rows" in refused({"national": references})
    assert not (office.workspace / "registry" / "approvals").exists()


def only_the_change_differs(office: Office) -> None:
    """A corrected row is the row as received, but for the one cell: a missing value stays missing, not empty."""
    workspace = Workspace.open(office.workspace)
    (delivery,) = [item for item in ingest.landed(workspace, "national") if item.kind == ingest.CORRECTION]
    pairs = {
        (delivery.delivery_id, number): (entry.delivery_id, entry.row_no)
        for number, entry in enumerate(ingest.corrections_of(delivery), start=1)
    }
    rows = source_rows(workspace, [*pairs, *pairs.values()])
    for new, old in pairs.items():
        before, after = rows[old].values, rows[new].values
        assert sum(before[name] != after[name] for name in before) == 1
        assert rows[old].extra == rows[new].extra and rows[old].changed_at == rows[new].changed_at
    assert {"remark": "来源自己的栏"} in [dict(rows[key].extra) for key in pairs]


def test_every_reason_is_listed_corrected_and_published(office: Office) -> None:
    land_all_reasons(office)
    office.run("publish", "--date", "2023-08-31")
    assert {row[0] for row in office.rows("select reason from clearance.quarantine")} == REASONS
    assert office.waiting() == 10
    listed = office.run("quarantine", "list")
    assert all(reason in listed for reason in REASONS) and "XS7" in listed and "张测试" not in listed
    assert "XS7" not in office.run("quarantine", "list", "--reason", "negative_amount")
    assert "XS7" not in office.run("quarantine", "list", "--source", "hotline")

    file = office.root / "未入账.xlsx"
    said = office.run("quarantine", "export", "--to", file)
    assert "10 rows" in said and "personal data" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    office.run("quarantine", "export", "--to", file, code=2)
    office.run("quarantine", "export", "--to", office.workspace / "published" / "x.xlsx", code=2)
    sheets = read(file)
    assert set(sheets) == {"hotline", "national", "regional"} and "remark" in sheets["national"][0]
    assert "=1+1 拖欠" in sheets["national"][1]

    unchanged = office.run("quarantine", "import", file, "--by", "李工", "--why", "没改")
    assert "10 rows wait in quarantine: nothing was changed" in unchanged and "landed" not in unchanged
    mended_sheets = correct(sheets, mend)
    refuse_what_slipped(office, mended_sheets)
    mended = write(office.root / "改.xlsx", mended_sheets)
    said = office.run("quarantine", "import", mended, "--by", "李工", "--why", "电话核实")
    assert said.count("landed") == 3 and "nothing was changed" not in said
    only_the_change_differs(office)
    again = office.run("quarantine", "import", mended, "--by", "李工", "--why", "电话核实")
    assert again.count("already landed") == 3
    assert "10 settled" not in listed and "1 settled" in office.run("quarantine", "list")

    office.run("publish", "--date", "2023-09-01")
    assert office.waiting() == 0
    assert office.rows("select distinct resolved_by from clearance.quarantine") == [("correction",)]
    assert {row[0] for row in office.rows("select ticket_no from clearance.tickets")} == {
        *(f"XS{number}" for number in range(8)), "AJ1", "AJ2", "GD1", "GD2", "GD3",
    }  # fmt: skip
    assert office.rows("select count(*) from clearance.tickets where lead_id is null or due_at is null") == [
        (0,)
    ]
    assert office.rows("select distinct cause from clearance.corrections") == [("late_row",)]
    assert office.rows("select claimed_fen from clearance.tickets where ticket_no = 'XS6'") == [(3_800_000,)]
    # A correction is no delivery of its source, and takes the place of the row it corrects.
    assert office.rows("select bool_or(is_delivered), max(last_delivered_for) from clearance.sources") == [
        (False, date(2023, 8, 31))
    ]
    assert office.rebuilt_the_same()


def test_the_source_and_a_person_both_speak(office: Office) -> None:
    office.national(
        "clues.json",
        [clue("XS0"), clue("XS7", regionCode="649999"), clue(None), clue("TEST1", regionCode="滨河新区")],
        "2023-08-31",
    )
    office.run("publish", "--date", "2023-08-31")

    # A row that is no claim is dismissed; the others are corrected.
    ((delivery, row),) = office.rows(
        "select delivery_id, row_no from clearance.quarantine where ticket_no = 'TEST1'"
    )
    why = ("--by", "李工", "--why", "测试件")
    office.run("quarantine", "dismiss", "nothing", "1", *why, code=2)
    assert "dismissal 1" in office.run("quarantine", "dismiss", delivery, str(row), *why)
    office.run("quarantine", "dismiss", delivery, str(row), *why, code=2)
    assert "2 rows" in office.run("quarantine", "export", "--to", office.root / "a.xlsx")
    mended = write(office.root / "b.xlsx", correct(read(office.root / "a.xlsx"), mend))
    office.run("quarantine", "import", mended, "--by", "a", "--why", "b")

    # The source repeats its bad rows.
    office.national("again.json", [clue("XS7", regionCode="649999"), clue(None)], "2023-09-01")
    office.run("publish", "--date", "2023-09-01")
    assert office.waiting() == 0
    assert office.rows("select resolved_by, count(*) from clearance.quarantine group by 1 order by 1") == [
        ("correction", 4),
        ("dismissed", 1),
    ]
    assert office.rows("select division_code from clearance.tickets where ticket_no = 'XS7'") == [("640105",)]

    # It sends them well, with another division; and the name becomes an alias: a person's word still stands.
    office.national("well.json", [clue("XS7", regionCode="640106"), clue("XS1")], "2023-09-02")
    divisions = office.city / "divisions.csv"
    divisions.write_text(
        divisions.read_text(encoding="utf-8").replace("county,兴庆", "county,兴庆|滨河新区"), encoding="utf-8"
    )
    said = office.run("quarantine", "replay", "national", "--by", "李工", "--why", "滨河新区归兴庆区")
    assert "5 rows in quarantine before, 4 after" in said
    office.run("publish", "--date", "2023-09-02")
    tickets = "select ticket_no, division_code from clearance.tickets order by 1"
    assert office.rows(tickets) == [("XS0", "640104"), ("XS1", "640104"), ("XS7", "640106")]
    assert office.rows(
        "select reason, is_resolved from clearance.quarantine where resolved_by = 'dismissed'"
    ) == [("set_aside", True)]

    # Made again, a publication knows what was decided by then, and nothing later.
    assert "dismissal 2" in office.run("quarantine", "dismiss", "--undo", "1", *why)
    office.run("quarantine", "dismiss", "--undo", "1", *why, code=2)
    assert office.rebuilt_the_same()
    office.run("publish", "--date", "2023-09-03")
    assert ("TEST1", "640104") in office.rows(tickets) and office.waiting() == 0


def test_a_correction_that_does_not_help_is_on_the_list_in_the_place_of_its_row(office: Office) -> None:
    office.national("clues.json", [clue("XS0"), clue("XS7", regionCode="649999")], "2023-08-31")
    office.run("publish", "--date", "2023-08-31")
    office.run("quarantine", "export", "--to", office.root / "a.xlsx")

    def worse(row: dict[str, str]) -> None:
        row["regionCode"] = "649998"

    office.run("quarantine", "import", write(office.root / "b.xlsx", correct(read(office.root / "a.xlsx"), worse)),
               "--by", "a", "--why", "b")  # fmt: skip
    # The very row again, in a later delivery: the correction must not vanish behind it, nor it behind the correction.
    office.national("again.json", [clue("XS7", regionCode="649999")], "2023-09-01")
    office.run("publish", "--date", "2023-09-01")
    assert office.waiting() == 1
    assert office.rows("select resolved_by, count(*) from clearance.quarantine group by 1 order by 1 nulls last") == [
        ("came_again", 2), (None, 1),
    ]  # fmt: skip
    # Corrected back into what it was: still one row waits.
    office.run("quarantine", "export", "--to", office.root / "c.csv")
    text = (office.root / "c.csv").read_text(encoding="utf-8-sig").replace("649998", "649999")
    assert "'=1+1 拖欠" in text
    (office.root / "d.csv").write_text(text, encoding="gb18030", newline="")
    office.run("quarantine", "import", office.root / "d.csv", "--by", "a", "--why", "b")
    office.run("publish", "--date", "2023-09-02")
    assert office.waiting() == 1
