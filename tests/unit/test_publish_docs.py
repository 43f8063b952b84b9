"""docs/query.md is run, and docs/read-the-table.md says what the published files say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.publish import write
from pipelines.publish.wording import BASIS_NAMES, CAUSE_NAMES, FLOW_NAMES, FORMULAS
from pipelines.store import Workspace, open_published
from tests.publish_harness import InventedCity, city_settings, invented_context, published_files

DOCS = Path(__file__).parents[2] / "docs"
QUERY_PAGE = (DOCS / "query.md").read_text(encoding="utf-8")
TABLE_PAGE = (DOCS / "read-the-table.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", QUERY_PAGE, re.DOTALL | re.MULTILINE)
QUERIES = [
    (title, query) for title, text in SECTIONS for query in re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
]
MAY_BE_EMPTY = {"What was said and what is known now", "Clocks that disagree with the source"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = Workspace.open(tmp_path_factory.mktemp("workspace"))
    city = InventedCity(tickets=300)
    with workspace.warehouse() as connection:
        return write(workspace, connection, city_settings(), city.fill(connection), invented_context(city))


@pytest.fixture(scope="module")
def published(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_published(folder / "clearance.duckdb") as connection:
        yield connection


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=[title for title, _ in QUERIES])
def test_a_query_of_the_page_runs(published: duckdb.DuckDBPyConnection, title: str, query: str) -> None:
    rows = published.execute(query).fetchall()
    assert rows or title in MAY_BE_EMPTY, "an example that finds nothing shows nothing"
    if title == "The ledger identity, checked by hand":
        assert rows[0][0] > 0 and rows[0][1] == 0


def test_the_file_can_be_opened_as_the_page_says(folder: Path) -> None:
    with duckdb.connect(str(folder / "clearance.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from clearance.tickets").fetchone() == (300,)


def test_the_page_for_officials_names_every_file_flow_cause_and_formula(folder: Path) -> None:
    for name in published_files(folder):
        top = name.split("/")[0]
        wanted = "清零日报_日期.xlsx" if top.endswith(".xlsx") else top
        assert wanted in TABLE_PAGE, f"{top} is not explained"
    for word in (*BASIS_NAMES.values(), *CAUSE_NAMES.values(), *FLOW_NAMES.values()):
        assert word in TABLE_PAGE, f"{word} is not explained"
    for name, formula, _ in FORMULAS:
        if "÷" in formula and name.startswith("时效"):
            assert formula in TABLE_PAGE, f"the page gives another formula of {name}"
