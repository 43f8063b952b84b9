"""What `show` and `explain` print: no line is wider than the terminal, and nothing of the story is missing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from pipelines.errors import UnknownSubject
from pipelines.publish import swap_latest, write
from pipelines.publish.explain import explain_subject
from pipelines.publish.lines import folded, side_by_side
from pipelines.publish.terminal import show_day
from pipelines.store import Workspace
from tests.publish_harness import InventedCity, city_settings, invented_context

LONG = "《信访工作条例》第三十一条第五项；《劳动保障监察条例》第十七条（60+15个工作日，待确认，虚构）" * 2


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    workspace = Workspace.open(tmp_path_factory.mktemp("workspace"))
    city = InventedCity(tickets=200)
    with workspace.warehouse() as connection:
        tables = city.fill(connection)
        connection.execute("update clearance.clocks set clause = $1", [LONG])
        connection.execute(
            "update clearance.tickets set native_status = repeat('办', 90), flags = repeat('long_flag,', 12)"
        )
        connection.execute(
            "update clearance.ticket_events set event = 'transferred', from_division = '640104', "
            "to_division = '640106', is_inferred = true where event = 'accepted'"
        )
        connection.execute(
            "update clearance.ticket_events set event = 'extended', detail = '2023-09-30 18:00:00' where event = 'closed'"
        )
        folder = workspace.published / "2023-08-31" / "r01"
        folder.parent.mkdir()
        write(workspace, connection, city_settings(), tables, invented_context(city)).rename(folder)
    swap_latest(workspace, folder)
    yield workspace.published


def printed(what: str, published: Path, width: int) -> list[str]:
    """The lines of `show`, or of `explain` for the named subject, in a terminal of `width` cells."""
    out = io.StringIO()
    # (As the command line's own console: rich itself folds nothing.)
    console = Console(file=out, width=width, highlight=False, soft_wrap=True)
    if what == "show":
        show_day(published, None, console)
    else:
        explain_subject(published, what, console)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_fits_the_terminal(published: Path, width: int) -> None:
    # (The folder's name is a path: it is printed whole, to be copied.)
    lines = printed("show", published, width)[:-1]
    assert [line for line in lines if cell_len(line) > width] == []


def test_the_table_says_why_a_source_is_missing_and_that_it_was_waived(published: Path) -> None:
    text = "".join(line.removeprefix("  ") for line in printed("show", published, 80))
    assert (
        "缺报：信访信息系统导出（petition）未报送8月31日数据（连接不上），最近报送8月30日，滞后1天（已准予缺报）"
        in text
    )
    assert "未入账（隔离待核，按来源）：hotline 2、petition 1" in text, "national's row was settled"


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_a_story_fits_the_terminal(published: Path, width: int) -> None:
    lines = printed("L000004", published, width)
    assert len(lines) > 20
    assert [line for line in lines if cell_len(line) > width] == []


def test_a_wider_terminal_takes_fewer_lines(published: Path) -> None:
    assert len(printed("L000004", published, 160)) < len(printed("L000004", published, 80))


def test_a_story_has_tickets_events_clocks_matches_and_origins(published: Path) -> None:
    text = "\n".join(printed("L000004", published, 160))
    assert "工单 tickets (2)" in text, "the sixth ticket of every six is of the lead before it"
    for wanted in ("取值 where each value comes from", "：最早接收的工单", "属地 ", "接收时间 2023-", "交付标识 ", "行号 ", "移转 transferred", "兴庆区 640104 → 金凤区 640106",
                   "（推断）", "延期 extended  延至 2023-09-30 18:00:00", "办结 closing：", "依据：《信访工作条例》", "证件号相同；用人单位相同", " 元"):  # fmt: skip
        assert wanted in text, wanted
    assert "None" not in text and "False" not in text, "what is empty is not printed"


def test_a_ticket_is_found_by_its_number(published: Path) -> None:
    named = next(
        line
        for line in printed("L000004", published, 80)
        if line.startswith(("  hotline:", "  national:", "  regional:", "  petition:", "  cyberspace:"))
    )
    number = named.split()[0].split(":")[1]
    assert printed(number, published, 80) == printed("L000004", published, 80)
    with pytest.raises(UnknownSubject):
        printed("L999999", published, 80)


TEXTS = st.text(st.sampled_from("ab:_9 劳动者，。）（\n"), max_size=120)


@given(TEXTS, st.integers(20, 100), st.integers(0, 6), st.integers(0, 6))
def test_folding_loses_nothing_and_keeps_to_the_width(text: str, width: int, indent: int, hang: int) -> None:
    lines = folded(text, width, indent, hang)
    assert "".join("".join(lines).split()) == "".join(text.split())
    # A mark that closes a word may not begin a line: it goes with the sign before it, both in the width.
    assert all(cell_len(line) <= width for line in lines), lines


@given(
    st.lists(st.text(st.sampled_from("ab 劳动"), min_size=1, max_size=30), max_size=9), st.integers(20, 90)
)
def test_pieces_side_by_side_keep_to_the_width(pieces: list[str], width: int) -> None:
    lines = side_by_side(pieces, width, 2)
    assert "".join("".join(lines).split()) == "".join("".join(pieces).split())
    assert all(cell_len(line) <= width for line in lines), lines


def test_a_line_breaks_between_signs_and_at_blanks() -> None:
    assert folded("劳动者的诉求，逐件答复", 12, hang=2) == ["劳动者的诉", "  求，逐件答", "  复"]
    assert folded("one two three", 8) == ["one two", "three"]
    assert side_by_side(["甲 1", "乙 2", "丙 3"], 13) == ["甲 1   乙 2", "丙 3"]
