"""`clearance reissue`: a past day restated beside the book; what was published stays as it is, byte by byte."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.store import open_published


def clue(number: int, changed: str, **more: Any) -> dict[str, Any]:
    return {
        "clueCode": f"XS000{number}", "registerTime": "2023-08-28 09:00:00", "updateTime": changed,
        "regionCode": "640104", "status": "20", "reporterName": "虚构人", "employerName": f"宁夏虚构第{number}建筑有限公司",
        **more,
    }  # fmt: skip


CLOSED = {"status": "40", "finishTime": "2023-08-29 16:00:00"}
DELIVERIES = {
    "2023-08-29": [clue(1, "2023-08-28 09:00:00"), clue(2, "2023-08-28 09:30:00")],
    "2023-08-30": [clue(3, "2023-08-30 10:00:00", registerTime="2023-08-30 10:00:00")],
    "2023-08-31": [clue(1, "2023-08-31 08:00:00", **CLOSED)],
}


def clearance(workspace: Path, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["--workspace", str(workspace), *arguments])
    assert result.exit_code == code, result.output
    return result.output


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(workspace: Path, folder: str, query: str) -> list[tuple[Any, ...]]:
    with open_published(workspace / "published" / folder / "clearance.duckdb") as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three published days; the closing of the first clue, dated 08-29, came on 08-31."""
    root = tmp_path_factory.mktemp("reissue")
    workspace = root / "workspace"
    for day, clues in DELIVERIES.items():
        file = root / f"clues_{day.replace('-', '')}.json"
        file.write_text(json.dumps(clues, ensure_ascii=False), encoding="utf-8")
        clearance(workspace, "import", "national", str(file), "--as-of", day)
        clearance(workspace, "publish", "--date", day)
    return workspace


def sums(workspace: Path, relation: str) -> dict[str, dict[str, int]]:
    names = ("opening", "received", "closed", "corrections", "closing")
    found = rows(
        workspace,
        "latest",
        f"select basis, {', '.join(f'sum({name})' for name in names)} from {relation} group by basis",
    )
    return {row[0]: dict(zip(names, map(int, row[1:]), strict=True)) for row in found}


def test_a_past_day_as_published_and_as_known_differ_by_the_listed_corrections(workspace: Path) -> None:
    day = "2023-08-30"
    said, known = sums(workspace, f"as_published('{day}')"), sums(workspace, f"as_known('{day}')")
    listed = rows(
        workspace, "latest",
        f"select basis, occurred_on::varchar, flow, effect, cause, corrected_on::varchar from known_since('{day}') order by all",
    )  # fmt: skip
    assert listed == [
        (basis, "2023-08-29", "closed", -1, "late_row", "2023-08-31") for basis in ("lead", "ticket")
    ]
    for basis in ("ticket", "lead"):
        assert said[basis] == {"opening": 2, "received": 1, "closed": 0, "corrections": 0, "closing": 3}
        assert known[basis] == {"opening": 1, "received": 1, "closed": 0, "corrections": 0, "closing": 2}
    as_published = clearance(workspace, "show", "--date", day, "--as-published")
    as_known = clearance(workspace, "show", "--date", day, "--as-known")
    for text, numbers in ((as_published, said), (as_known, known)):
        total = next(line for line in text.splitlines() if "全市合计" in line).split()
        assert (total[2], total[-2]) == (str(numbers["ticket"]["opening"]), str(numbers["ticket"]["closing"]))
    assert "2 笔" in as_known and "national:XS0001" in as_known and "现知－公布 −1，逐笔合计 −1" in as_known
    page = (workspace / "published" / "latest" / "index.html").read_text(encoding="utf-8")
    section = page[page.index("公布与现知") : page.index("来源报送")]
    assert "<td>−1</td>" in section


def test_a_past_day_is_restated_and_everything_else_stays(workspace: Path) -> None:
    published = workspace / "published"
    before = {day: fingerprint(published / day / "r01") for day in DELIVERIES}
    latest = (published / "latest").resolve()
    output = clearance(workspace, "reissue", "--date", "2023-08-29")
    assert "2023-08-29_r02" in output
    assert {day: fingerprint(published / day / "r01") for day in DELIVERIES} == before
    assert (published / "latest").resolve() == latest, "an older day does not become the newest"
    book = "select * from clearance.clearance_daily order by all"
    assert rows(workspace, "2023-08-29/r02", book) == rows(workspace, "2023-08-29/r01", book)
    assert rows(
        workspace, "2023-08-29/r02",
        "select basis, flow, occurred_on::varchar, effect, cause, corrected_on::varchar from clearance.differences order by all",
    ) == [(basis, "closed", "2023-08-29", -1, "late_row", "2023-08-31") for basis in ("lead", "ticket")]  # fmt: skip
    assert rows(
        workspace,
        "2023-08-29/r02",
        "select sum(closed), sum(closing) from clearance.clearance_restated where business_date = '2023-08-29' and basis = 'ticket'",
    ) == [(1, 1)]
    kinds = "select publication_id, kind from clearance.publications order by all"
    assert rows(workspace, "2023-08-29/r02", kinds)[1] == ("2023-08-29_r02", "reissue")
    manifest = json.loads((published / "2023-08-29/r02/manifest.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == "reissue" and len(manifest["deliveries"]) == 3
    page = (published / "2023-08-29/r02/index.html").read_text(encoding="utf-8")
    assert "第2版（重述）" in page and "重述差异" in page and 'data-figure="tickets_closing">1<' in page
    assert "（重述）" in clearance(workspace, "show", "--date", "2023-08-29")
    assert "（重述）" not in clearance(workspace, "show", "--date", "2023-08-29", "--as-published")
    known = clearance(workspace, "show", "--date", "2023-08-29", "--as-known")
    assert "2023-08-29/r02" in known and "2 笔" in known, "the reissue knows most of the day"
    changes = (published / "2023-08-29/r02/changes.csv").read_text(encoding="utf-8-sig")
    assert "previous_revision,2023-08-29_r01,clearance_restated,2023-08-29,ticket" in changes


def test_the_newest_day_restated_becomes_the_latest_and_can_be_made_again(workspace: Path) -> None:
    clearance(workspace, "reissue", "--date", "2023-08-31")
    assert (workspace / "published" / "latest").resolve().name == "r02"
    assert "DIFFERENT" not in clearance(workspace, "rebuild")
    assert rows(workspace, "2023-08-31/r02", "select count(*) from clearance.differences") == [(0,)]


def test_the_next_day_is_booked_as_if_nobody_had_restated_anything(workspace: Path) -> None:
    clearance(workspace, "publish", "--date", "2023-09-02")
    query = (
        "select business_date::varchar, sum(opening), sum(corrections), sum(closing) from clearance.clearance_daily "
        "where basis = 'ticket' and business_date >= '2023-08-31' group by 1 order by 1"
    )
    assert rows(workspace, "latest", query) == [
        ("2023-08-31", 3, -1, 2),
        ("2023-09-01", 2, 0, 2),
        ("2023-09-02", 2, 0, 2),
    ]
    # 09-01 was never published by itself: the book holds it, so it can be restated, and only that.
    assert "reissue --date 2023-09-01" in clearance(workspace, "publish", "--date", "2023-09-01", code=9)
    clearance(workspace, "reissue", "--date", "2023-09-01")
    assert (workspace / "published" / "2023-09-01" / "r01").is_dir()
    assert (workspace / "published" / "latest").resolve().parent.name == "2023-09-02"


def test_a_day_that_the_book_does_not_hold_has_nothing_to_restate(workspace: Path) -> None:
    for day in ("2023-08-01", "2023-09-30"):
        output = clearance(workspace, "reissue", "--date", day, code=9)
        assert "is not in the book" in output and "2023-08-28 to " in output
