"""Rows of a REST source that come later than the overlap: its totals of the trailing days tell, and they are read again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.contracts import SourceContract, load_sources
from pipelines.ingest import landed, pull, trailing
from pipelines.ingest.reconcile import reconcile
from pipelines.store import Workspace
from tests.ingest_harness import served
from tests.unit.test_ingest_pull_rest import Platform, clue, connection

DAY = date(2023, 8, 31)
BEFORE = DAY - timedelta(days=1)


@pytest.fixture(scope="module")
def on_air() -> Iterator[tuple[Platform, int]]:
    platform = Platform()
    with served(platform.app) as port:
        yield platform, port


@pytest.fixture
def contract() -> SourceContract:
    national = load_sources()["national"]
    return national.model_copy(update={"delivery": national.delivery.but(page_size=3)})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def numbers(workspace: Workspace, day: date) -> set[str]:
    with workspace.scratch() as scratch:
        return {
            row[0]
            for item in landed(workspace, "national")
            if item.delivered_for == day
            for row in scratch.execute(f"select clueCode from {workspace.scan([item.rows_file])}").fetchall()
        }


@pytest.mark.parametrize(
    ("late", "is_in_overlap"),
    [
        pytest.param("2023-08-30 22:30:00", True, id="in the overlap of 2 h"),
        pytest.param("2023-08-29 21:00:00", False, id="26 h late"),
        pytest.param("2023-08-26 10:00:00", False, id="5 days late"),
    ],
)
def test_a_row_that_comes_late_is_landed_once(on_air, contract, workspace, late, is_in_overlap) -> None:
    platform, port = on_air
    # Twenty rows on four days, so that the trailing window is more than a few pages and is halved.
    old = [clue(number, f"2023-08-{10 + number % 4:02d} 09:00:00") for number in range(20)]
    platform.reset([*old, clue(50, "2023-08-30 10:00:00")])
    pull(workspace, contract, connection(port), BEFORE)
    # 50 changes again today: it leaves the trailing days and must not be taken for a late or lost one.
    platform.clues = [*old, clue(50, "2023-08-31 10:00:00"), clue(99, late)]
    platform.queries.clear()
    report = pull(workspace, contract, connection(port), DAY)
    assert {"XS2023000050", "XS2023000099"} <= numbers(workspace, DAY)
    assert len(report.deliveries) == (1 if is_in_overlap else 2)
    assert all(item.control_total_agrees for item in report.deliveries)
    if not is_in_overlap:
        part = report.deliveries[1]
        assert part.origin["trailing"]["late"] == 1
        assert part.rows <= trailing.FEW_PAGES * 3 and part.read_until is not None
    again = pull(workspace, contract, connection(port), DAY)
    assert again.deliveries == ()
    platform.queries.clear()
    following = pull(workspace, contract, connection(port), DAY + timedelta(days=1))
    assert len(following.deliveries) == 1 and len(platform.queries) == 2, (
        "one request for the window, one total"
    )


def test_what_moved_on_meanwhile_is_no_reason_to_read_history_again(on_air, contract, workspace) -> None:
    platform, port = on_air
    platform.reset([clue(number, "2023-08-20 09:00:00") for number in range(3)])
    pull(workspace, contract, connection(port), BEFORE)
    platform.clues[0]["updateTime"] = "2023-09-05 10:00:00"
    platform.queries.clear()
    assert len(pull(workspace, contract, connection(port), DAY).deliveries) == 1
    assert len(platform.queries) == 2


def test_a_late_change_of_a_known_number_is_landed(on_air, contract, workspace) -> None:
    platform, port = on_air
    platform.reset([clue(1, "2023-07-01 09:00:00"), clue(2, "2023-08-20 09:00:00")])
    pull(workspace, contract, connection(port), BEFORE)
    platform.clues = [clue(1, "2023-08-21 09:00:00", status="40"), clue(2, "2023-08-20 09:00:00")]
    report = pull(workspace, contract, connection(port), DAY)
    assert [item.rows for item in report.deliveries] == [0, 2]


def test_a_number_with_blanks_around_it_is_one_number_on_both_sides(on_air, contract, workspace) -> None:
    platform, port = on_air
    padded = clue(1, "2023-08-20 09:00:00")
    padded["clueCode"] = f" {padded['clueCode']}\u3000"
    platform.reset([padded, clue(2, "2023-08-20 10:00:00")])
    pull(workspace, contract, connection(port), BEFORE)
    assert reconcile(workspace, contract, connection(port), date(2023, 8, 20)).agrees
    platform.clues = [*platform.clues, clue(3, "2023-08-21 09:00:00")]
    report = pull(workspace, contract, connection(port), DAY)
    assert report.deliveries[1].origin["trailing"]["late"] == 1
    assert len(pull(workspace, contract, connection(port), DAY + timedelta(days=1)).deliveries) == 1
