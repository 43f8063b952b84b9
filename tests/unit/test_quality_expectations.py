"""Great Expectations on frames of counts: verdicts, crashes that are no verdicts, pages that show counts only."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from pipelines.quality import CheckResult, write_report
from pipelines.quality import expectations as tool
from pipelines.quality.expectations import Check, has_raised, validate
from pipelines.quality.report import offline

RULE = Check("rows_accounted", "hotline", "lost", "行数守恒")


def statuses(frame: pd.DataFrame, *checks: Check) -> list[str]:
    return [result.status for result in validate("frame", frame, checks)]


def test_sums_and_greatest_values_are_judged() -> None:
    frame = pd.DataFrame({"lost": [0, 0], "found": [1, 2], "share": [4, 6]})
    share = Check("share", "hotline", "share", "比例", False, "max", at_most=5, unit=" %")
    some = Check("delivered", "hotline", "found", "有来件", at_least=1, at_most=None)
    found = Check("found", "hotline", "found", "没有")
    results = validate("frame", frame, [RULE, found, share, some])
    assert [(item.status, item.observed) for item in results] == [
        ("passed", 0),
        ("failed", 3),
        ("warned", 6),
        ("passed", 3),
    ]
    assert [item.expected for item in results] == ["0", "0", "at most 5 %", "at least 1"]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"other": [0]}),
        pd.DataFrame({"lost": pd.Series([], dtype="int64")}),
        pd.DataFrame({"lost": [0, None]}),
    ],
    ids=["no column", "no row", "no value"],
)
def test_a_measure_that_is_not_there_is_a_crash(frame: pd.DataFrame) -> None:
    assert statuses(frame, RULE) == ["crashed"]


def test_what_dies_inside_the_tool_is_a_crash_and_others_are_judged() -> None:
    frame = pd.DataFrame({"lost": ["王小明", "李小红"], "found": [0, 0]})
    dead, alive = validate("frame", frame, [RULE, Check("found", "hotline", "found", "没有")])
    assert (dead.status, dead.observed, alive.status) == ("crashed", None, "passed")
    assert "小明" not in dead.description


def test_a_tool_that_cannot_run_at_all_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> object:
        raise ImportError("13900000000")

    monkeypatch.setattr(tool, "_context", broken)
    (result,) = validate("frame", pd.DataFrame({"lost": [0]}), [RULE])
    assert result.status == "crashed" and "139" not in result.description


def test_exception_info_is_read_in_both_its_forms() -> None:
    assert not has_raised(None)
    assert not has_raised({"raised_exception": False, "exception_message": None})
    assert has_raised({"raised_exception": True})
    assert has_raised({"MetricConfigurationID(…)": {"raised_exception": True}})


def test_pages_need_no_internet_and_hold_counts_only(tmp_path: Path) -> None:
    frame = pd.DataFrame({"delivery_id": ["d-secret-1", "d-secret-2"], "lost": [41, 1]})
    results = validate("deliveries hotline", frame, [RULE], tmp_path / "deliveries_hotline.html")
    write_report(tmp_path, pd.Timestamp("2023-08-31").date(), results)
    page = (tmp_path / "deliveries_hotline.html").read_text(encoding="utf-8")
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    for text in (page, index):
        assert "http://" not in text and "https://" not in text
        assert "<script" not in text and "<link" not in text and "<img" not in text
        assert "secret" not in text
        assert "行数守恒" in text
    assert ">42<" in page and ">41<" not in page
    assert 'href="deliveries_hotline.html"' in index and "未通过 1 项" in index
    assert 'href="index.html"' in page


def test_the_same_frame_makes_the_same_page(tmp_path: Path) -> None:
    for name in ("one", "two"):
        validate("audits", pd.DataFrame({"lost": [0]}), [RULE], tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_nothing_is_left_behind_but_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, work, spill = tmp_path / "home", tmp_path / "work", tmp_path / "spill"
    for folder in (home, work, spill):
        folder.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(spill))
    validate("audits", pd.DataFrame({"lost": [0]}), [RULE], tmp_path / "report" / "audits.html")
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["report/audits.html"]
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_text_is_escaped_on_the_first_page(tmp_path: Path) -> None:
    result = CheckResult("columns", "<b>", True, "failed", 1, "0", "<script>alert(1)</script>")
    text = write_report(tmp_path, pd.Timestamp("2023-08-31").date(), [result]).read_text(encoding="utf-8")
    assert "<script" not in text and "<b>" not in text


def test_outside_links_lose_their_target_and_keep_their_words() -> None:
    page = (
        '<html><head></head><body><a href="https://example.org/x">docs</a><a href="#s">here</a></body></html>'
    )
    made = offline(page, "title")
    assert "docs" in made and "example.org" not in made and 'href="#s"' in made
