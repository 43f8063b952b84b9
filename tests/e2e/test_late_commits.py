"""Twelve days against an exchange database that commits up to five days late: every change the city made is landed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from examples.upstream.model import City, CityParameters, build_city
from examples.upstream.servers import Faults, Upstream
from pipelines import ingest
from pipelines.contracts import load_sources
from pipelines.errors import SourceUnreachable
from pipelines.ingest import database
from pipelines.ingest.reconcile import reconcile
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests.faults_harness import DAY, connection, end_of

FIRST = date(2023, 8, 15)
DAYS = 12


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(CityParameters(tickets=300))


def newest_held(workspace: Workspace) -> dict[str, datetime]:
    with workspace.scratch() as scratch:
        files = [item.rows_file for item in ingest.landed(workspace, "regional")]
        rows = scratch.execute(
            f"select ajbh, max(try_cast(gxsj as timestamp)) from {workspace.scan(files)} where ajbh <> '' group by 1"
        ).fetchall()
    return dict(rows)


def newest_made(city: City, day: date) -> dict[str, datetime]:
    """Worked out from the city's own versions, never from what the server says."""
    frame = city.changes["regional"]
    shown = frame[pd.to_datetime(frame["_changed_at"]) < end_of(day)].sort_values(["_changed_at", "_version"])
    newest = shown[shown["ajbh"].fillna("") != ""].groupby("ajbh").tail(1)
    return {row.ajbh: datetime.fromisoformat(row.gxsj) for row in newest.itertuples()}


def test_a_database_that_commits_days_late_loses_nothing(city: City, tmp_path: Path) -> None:
    workspace, contract = Workspace.open(tmp_path / "workspace"), load_sources()["regional"]
    faults = Faults(2, {"late_commit": 0.5, "very_late_commit": 0.5}, calm_from=FIRST + (DAYS - 1) * DAY)
    with Upstream(city, tmp_path / "city", faults, only=("regional",)) as upstream:
        known = Connection(**connection(upstream, "regional"))
        late = 0
        for number in range(DAYS):
            day = FIRST + number * DAY
            upstream.advance(end_of(day))
            for item in ingest.pull(workspace, contract, known, day).deliveries:
                assert item.control_total_agrees
                late += item.origin.get("trailing", {}).get("late", 0)
        assert upstream.faults_met()["very_late_commit"] >= 1
        assert late >= 1, "some came later than the overlap"
        assert newest_held(workspace) == newest_made(city, FIRST + (DAYS - 1) * DAY)
        statements = [reconcile(workspace, contract, known, FIRST + number * DAY) for number in range(DAYS)]
    assert all(statement.agrees for statement in statements)


def test_a_database_that_is_down_for_days_loses_nothing(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two days of three nobody is let in; rows commit late meanwhile. The next pull's window and the trailing days
    before it bring all of it, and say so.
    """
    monkeypatch.setattr(database, "FIRST_PAUSE_SECONDS", 0.01)
    workspace, contract = Workspace.open(tmp_path / "workspace"), load_sources()["regional"]
    rates = {"regional_down": 1.0, "late_commit": 0.5, "very_late_commit": 0.5}
    faults = Faults(2, rates, calm_from=FIRST + (DAYS - 1) * DAY)
    down, late = [], 0
    with Upstream(city, tmp_path / "city", faults, only=("regional",)) as upstream:
        known = Connection(**connection(upstream, "regional"))
        for number in range(DAYS):
            day = FIRST + number * DAY
            upstream.advance(end_of(day))
            try:
                (item,) = ingest.pull(workspace, contract, known, day).deliveries
            except SourceUnreachable:
                down.append(day)
                continue
            assert item.control_total_agrees
            if item.window_since is not None:
                assert item.window_since.date() < down[-1] - DAY, "it begins before nobody could read"
            late += item.origin.get("trailing", {}).get("late", 0)
        assert len(down) == upstream.faults_met()["regional_down"] >= DAYS // 2
        assert late >= 1, "some came later than the window after the silence reaches"
        assert newest_held(workspace) == newest_made(city, FIRST + (DAYS - 1) * DAY)
        statements = [reconcile(workspace, contract, known, FIRST + number * DAY) for number in range(DAYS)]
    assert all(statement.agrees for statement in statements), "and every day adds up, those of silence too"
