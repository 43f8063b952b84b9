"""Doubtful pairs go to a person: side by side in the terminal, as a workbook, and back. Data is invented."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from pipelines.resolve.scoring import PARTS
from pipelines.review.evidence import prior
from tests.quarantine_harness import Office
from tests.review_harness import FIRST, ID, PHONES, office_with_doubts


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office_with_doubts(tmp_path_factory.mktemp("review"))


def test_two_tickets_stand_side_by_side_with_marks_weights_and_the_reason(office: Office) -> None:
    shown = office.run("review", "show", "national:XSG2", "national:XSG1")
    assert shown.startswith("本页含个人信息"), "the first line says that it holds personal data"
    assert "甲 national:XSG1" in shown and "李四光" in shown and PHONES[1] in shown and FIRST in shown
    assert "诉求金额 ≠ -2.4 7,500.00 元 20,300.00 元" in shown
    assert "身份证号 ？ — —" in shown
    assert "证据组合不足以认定同一人、同一事" in shown and "-14.4 先验" in shown and "佐证极强" in shown


def test_a_pair_that_never_met_is_said_to_be_none_and_weighed_all_the_same(office: Office) -> None:
    shown = office.run("review", "show", "national:XSS", "national:XSH1")
    assert "不在候选之列" in shown and "没有共同的查找键" in shown and "排除情形：姓名不同" in shown


def test_a_joined_pair_says_so_and_two_valid_ids_stand_above_all(office: Office) -> None:
    assert "已合并：同为线索 L" in office.run("review", "show", "national:XSW1", "national:XSW2")
    shown = office.run("review", "show", "national:XSI120230801001", "national:XSI120230801002")
    assert "任何人工判定都不能合并" in shown and ID in shown
    assert "比 1" not in shown, "no odds stand beside a veto"


def test_no_line_is_wider_than_the_terminal(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from pipelines.review.pairs import look_at
    from pipelines.review.terminal import show_pair
    from pipelines.settings import load_city
    from pipelines.store import Workspace

    items = look_at(Workspace.open(office.workspace), load_city(), [("national:XSG1", "national:XSG2")])
    for width in (80, 120):
        console = Console(width=width, record=True, highlight=False)
        show_pair(items[0], console)
        lines = console.export_text().splitlines()
        assert max(cell_len(line) for line in lines) <= width


def test_published_columns_alone_tell_the_reason_without_a_person(office: Office) -> None:
    shown = office.run("review", "show", "national:XSG2", "national:XSG1", "--masked")
    assert shown.startswith("只有已发布的栏目，不含个人信息")
    assert "李四光" not in shown and PHONES[1] not in shown and "李*" in shown and FIRST in shown
    assert (
        "电话 ≠ -2.7 （不公布） （不公布）" in shown and "诉求金额 ≠ -2.4 7,500.00 元 20,300.00 元" in shown
    )
    assert "姓名相同（佐证极强）" in shown and "电话不同（反证中）" in shown and "-14.4 先验" in shown
    assert shown == office.run("explain", "national:XSG1", "national:XSG2")
    assert "no published ticket" in office.run("explain", "national:XSG1", "L404", code=2)
    shown = office.run("review", "show", "national:XSW1", "national:XSW2", "--masked")
    assert "已合并：同为线索 L" in shown and "姓氏与称谓相符" in shown and "诉求人 ≈" in shown
    shown = office.run("review", "show", "national:XSS", "national:XSW1", "--masked")
    assert "比对表中没有这两件" in shown and "诉求人 ？" in shown


def test_the_published_weights_add_up_to_the_score(office: Office) -> None:
    parts = " + ".join(f"{part}_weight" for part in PARTS)
    rows = office.rows(f"select score, {parts} from clearance.matches where score is not null")
    assert rows
    for score, total in rows:
        assert abs(prior() + total - score) < 0.7, "each is rounded to a tenth"


def test_bad_pairs_are_refused_in_words(office: Office) -> None:
    assert "two different tickets" in office.run("review", "show", "national:XSS", "national:XSS", code=2)
    assert "do you mean national:XSS?" in office.run("review", "show", "XSS", "national:XSW1", code=2)
    assert "no published ticket" in office.run("review", "show", "national:XS404", "national:XSW1", code=2)


def test_a_warehouse_that_is_not_as_published_is_named_and_rebuilt(office: Office, tmp_path: Path) -> None:
    file = office.workspace / "warehouse.duckdb"
    kept = file.rename(tmp_path / "warehouse.duckdb")
    try:
        said = office.run("review", "show", "national:XSG1", "national:XSG2", code=3)
        assert "clearance rebuild makes it again" in said
        assert not file.exists(), "looking makes no empty warehouse"
    finally:
        kept.rename(file)
