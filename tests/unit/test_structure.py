"""The shape of the code: imports run one way, one place opens DuckDB, one reads YAML, every statement says what it is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import sqlglot

ROOT = Path(__file__).resolve().parents[2]
ORDER = [
    "errors", "settings", "contracts", "store", "registry", "normalize", "ingest", "quality", "resolve", "clocks",
    "ledger", "publish", "tables", "publication", "day", "reissue", "received", "corrected", "worksheet", "slips",
    "worklist", "review", "doctor", "commands", "cli",
]  # fmt: skip
MODULES = sorted((ROOT / "pipelines").rglob("*.py"))
STATEMENTS = sorted((ROOT / "sql").rglob("*.sql"))


def part(path: Path) -> str:
    relative = path.relative_to(ROOT / "pipelines")
    return relative.parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    own = part(path)
    if own == "__init__":
        return
    for name in imports(path):
        if name.startswith("airflow"):
            pytest.fail(f"{path.name} imports Airflow; a task passes a resolved connection instead")
        pieces = name.split(".")
        if pieces[0] == "pipelines" and len(pieces) > 1 and pieces[1] in ORDER and pieces[1] != own:
            assert ORDER.index(pieces[1]) < ORDER.index(own), (
                f"{own} imports {pieces[1]}, which comes after it"
            )


def calls(path: Path, pattern: str) -> bool:
    return re.search(pattern, path.read_text(encoding="utf-8")) is not None


def test_only_the_store_opens_duckdb() -> None:
    assert [part(path) for path in MODULES if calls(path, r"duckdb\.connect\(")] == ["store"]


def test_only_the_contracts_read_yaml() -> None:
    assert [part(path) for path in MODULES if calls(path, r"import yaml|yaml\.safe_load")] == ["contracts"]


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: str(path.relative_to(ROOT / "sql")))
def test_a_statement_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    header = "\n".join(line for line in text.splitlines() if line.startswith("--"))
    assert header, "a statement begins with a comment that says what it makes and why"
    if path.parent.name != "macros":
        assert "Why:" in header or "why:" in header.lower(), "the header says why"
        assert re.search(r"[Gg]rain:", header), "the header says the grain"
    if path.name != "template.sql" and path.parent.name != "macros":
        assert len(sqlglot.parse(text, dialect="duckdb")) == 1, "one statement a file"


def test_files_stay_small_enough_to_be_read() -> None:
    long = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES
    }
    assert not {name: lines for name, lines in long.items() if lines > 500}
