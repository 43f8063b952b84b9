"""A city whose texts are hostile, published: each is harmless text on the page, in the workbook, CSV and terminal."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.harmless import csv_cell, visible
from pipelines.publish import swap_latest, write
from pipelines.publish.explain import explain_subject
from pipelines.publish.terminal import show_day
from pipelines.publish.waiting import published_quarantine, show_quarantine
from pipelines.store import Workspace
from tests.publish_harness import InventedCity, city_settings, invented_context

HOSTILE = [
    '=HYPERLINK("http://invented.example","虚构")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1",
    "<script>alert('虚构')</script>", '"><img src=x onerror=alert(1)>', "'; drop table clearance.tickets; --",
    "\x1b[31m红\x1b]0;title\x07", "\u202e倒写\u202c", "\u200b零宽\u200d\ufeff", "\x85\u2028", "[/bold][link=http://invented.example]x",
    "[red", "| a | b |", "**x** [y](http://invented.example)", "```", "\0",
]  # fmt: skip
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u2028\u2029]"
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path_factory.mktemp("workspace"))
    city = InventedCity(tickets=200)
    with workspace.warehouse() as connection:
        tables = city.fill(connection)
        texts = {
            "tickets": ("employer", "project", "handler", "native_status", "due_rule", "claimant_masked"),
            "incidents": ("employer", "project"),
            "matches": ("reasons",),
            "quarantine": ("ticket_no",),
            "checks": ("description", "expected"),
        }
        connection.execute(
            "insert into clearance.quarantine "
            "select q.* replace (q.row_no + 10 * k as row_no) from clearance.quarantine as q, range(1, 9) as t(k)"
        )
        for table, columns in texts.items():
            for at, column in enumerate(columns):
                connection.execute(
                    f"update clearance.{table} set {column} = $1[1 + cast((rowid + {at}) % len($1) as bigint)]",
                    [HOSTILE],
                )
        first = workspace.published / "2023-08-31" / "r01"
        first.parent.mkdir()
        write(workspace, connection, city_settings(), tables, invented_context(city)).rename(first)
        connection.execute("update clearance.clearance_daily set received = received + 1")
        second = first.with_name("r02")
        context = replace(invented_context(city, revision=2), previous_revision=first)
        write_second = write(workspace, connection, city_settings(), tables, context)
        write_second.rename(second)
    swap_latest(workspace, second)
    yield workspace


@pytest.fixture
def folder(published: Workspace) -> Path:
    return published.published / "2023-08-31" / "r02"


class Tags(HTMLParser):
    """Every element of a page with its attributes, and the text outside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_page_holds_no_element_of_theirs(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    reader = Tags()
    reader.feed(page)
    assert reader.tags.count("script") == 1 and "img" not in reader.tags
    assert not {name for name in reader.attributes if name.startswith("on")}
    assert "alert('" not in page and not STEERING.search(page)


def test_the_workbook_holds_no_formula_and_no_link(folder: Path) -> None:
    (file,) = folder.glob("*.xlsx")
    with zipfile.ZipFile(file) as archive:
        parts = {
            name: archive.read(name).decode()
            for name in archive.namelist()
            if name.endswith((".xml", ".rels"))
        }
    assert not any(re.search(r"<f[ >/]|<hyperlink|<ddeLink", text) for text in parts.values())
    assert not any("TargetMode" in text for name, text in parts.items() if name.endswith(".rels"))
    strings = parts["xl/sharedStrings.xml"]
    assert "=HYPERLINK(" in strings and "drop table" in strings, (
        "they stand in the list of rows that wait, as text"
    )
    assert not STEERING.search(strings) and not re.search("_x00[01]|_x008", strings)


def test_bulletin_and_csv_files_hold_nothing_that_is_run(folder: Path) -> None:
    bulletin = (folder / "bulletin.md").read_text(encoding="utf-8")
    assert "invented.example" not in bulletin and not STEERING.search(bulletin)
    for name in ("changes.csv", "dictionary.csv"):
        lines = list(csv.reader(io.StringIO((folder / name).read_text(encoding="utf-8-sig"))))
        assert len(lines) > 1, name
        cells = [cell for line in lines for cell in line]
        risky = [
            cell
            for cell in cells
            if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not re.fullmatch(r"-[\d.]+", cell)
        ]
        assert risky == [], name
        assert not any(STEERING.search(cell) for cell in cells), name


def test_the_terminal_prints_them_and_is_not_steered(published: Workspace) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=False, width=200, soft_wrap=True)
    with_colours = io.StringIO()
    coloured = Console(file=with_colours, force_terminal=True, width=200)
    for target in (console, coloured):
        show_day(published.published, None, target)
        show_quarantine(published_quarantine(published.published), (), 0, target)
        for number in range(0, 60, 3):
            explain_subject(published.published, f"L{number:06d}", target)
    printed = out.getvalue()
    assert not STEERING.search(printed), STEERING.search(printed)
    assert "[/bold][link=" in printed, "brackets are text, not markup"
    own = re.sub(r"\x1b\[[0-9;]*m", "", with_colours.getvalue())
    assert "\x1b" not in own and "\x1b[31m红" not in with_colours.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_visible_is_visible(text: str) -> None:
    shown = visible(text)
    assert not STEERING.search(shown)
    assert visible(shown) == shown
    assert not str(csv_cell(text)).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_names_and_numbers_stay_as_they_are() -> None:
    for text in ("宁夏虚构建筑公司", "𠀀\ue000某", "第一行\n第二行", "a b", "é"):
        assert visible(text) == text
    assert [csv_cell(value) for value in ("-5", "-0.5", 3, "+", "x")] == ["-5", "-0.5", 3, "'+", "x"]
