"""A crash between any two steps of a publication: the next run finishes it, or does it anew; never half, never twice."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines import day, ingest, registry
from pipelines import publish as publishing
from pipelines.contracts import load_sources
from pipelines.errors import GateFailed, PublicationError
from pipelines.settings import load_city
from pipelines.store import Workspace, open_published

DAY = date(2023, 8, 31)


class Crash(BaseException):
    """The process dies here."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    row = {
        "clueCode": "XS0001", "registerTime": "2023-08-30 09:00:00", "updateTime": "2023-08-30 09:00:00",
        "regionCode": "640104", "status": "10", "reporterName": "虚构人", "employerName": "宁夏虚构建筑有限公司",
    }  # fmt: skip
    workspace = Workspace.open(tmp_path / "workspace")
    file = tmp_path / "clues_20230831.json"
    file.write_text(json.dumps([row], ensure_ascii=False), encoding="utf-8")
    ingest.import_files(workspace, load_sources()["national"], [file], DAY)
    return workspace


def is_whole(workspace: Workspace) -> bool:
    latest = workspace.published / "latest"
    with open_published(latest / "clearance.duckdb") as connection:
        tickets = connection.execute("select count(*) from clearance.tickets").fetchall()
    folders = [path.name for path in (workspace.published / str(DAY)).iterdir()]
    publications = [path.name for path in (workspace.registry / "publications").iterdir()]
    assert tickets == [(1,)] and folders == ["r01"] and publications == [f"{DAY}_r01"]
    return latest.resolve() == workspace.published / str(DAY) / "r01"


@pytest.mark.parametrize("step", ["before the registry", "after the registry", "before latest"])
def test_a_crash_is_finished_or_undone(
    workspace: Workspace, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, swap = registry.append_publication, publishing.swap_latest

    def dying_append(*arguments: Any) -> None:
        if step == "after the registry":
            append(*arguments)
        raise Crash

    def dying_swap(*arguments: Any) -> None:
        raise Crash

    if step == "before latest":
        monkeypatch.setattr(publishing, "swap_latest", dying_swap)
    else:
        monkeypatch.setattr(registry, "append_publication", dying_append)
    with pytest.raises(Crash):
        day.publish(workspace, load_city(), DAY)
    monkeypatch.setattr(registry, "append_publication", append)
    monkeypatch.setattr(publishing, "swap_latest", swap)
    report = day.publish(workspace, load_city(), DAY)
    assert report.is_new is (step == "before the registry")
    assert is_whole(workspace)
    assert all(day.refresh(workspace, load_city()).values())


def test_a_full_disk_publishes_nothing_and_says_so(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from pipelines.publish import folder

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder, "write_workbook", full)
    with pytest.raises(PublicationError, match="disk is full"):
        day.publish(workspace, load_city(), DAY)
    assert not (workspace.published / str(DAY)).exists() and not (workspace.published / "latest").exists()
    monkeypatch.undo()
    day.publish(workspace, load_city(), DAY)
    assert is_whole(workspace)


def test_a_failed_check_publishes_nothing_and_books_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import tables

    run = tables.run_sql

    def losing(connection: Any, name: str, parameters: Any = None) -> Any:
        result = run(connection, name, parameters)
        if name == "marts/tickets":
            connection.execute("delete from clearance.tickets")
        return result

    monkeypatch.setattr(tables, "run_sql", losing)
    with pytest.raises(GateFailed) as failed:
        day.publish(workspace, load_city(), DAY)
    assert failed.value.checks and "nothing was published" in str(failed.value)
    assert not (workspace.published / "latest").exists()
    assert not (workspace.registry / "publications").exists()
    monkeypatch.undo()
    assert day.publish(workspace, load_city(), DAY).is_new


def test_a_judgement_that_waits_for_the_next_publication_does_not_disturb_a_rebuild(
    workspace: Workspace, tmp_path: Path
) -> None:
    row = {
        "clueCode": "XS0002", "registerTime": "2023-08-30 10:00:00", "updateTime": "2023-08-30 10:00:00",
        "regionCode": "640105", "status": "10", "reporterName": "虚构者", "employerName": "宁夏虚构商贸有限公司",
    }  # fmt: skip
    file = tmp_path / "clues_2.json"
    file.write_text(json.dumps([row], ensure_ascii=False), encoding="utf-8")
    ingest.import_files(workspace, load_sources()["national"], [file], DAY)
    day.publish(workspace, load_city(), DAY)
    pair = {
        "ticket_a": "national:XS0001",
        "ticket_b": "national:XS0002",
        "verdict": "same",
        "judged_by": "王主任",
    }
    assert registry.append_decision(workspace, "judgements", pair) == 1
    assert all(day.refresh(workspace, load_city()).values())
    report = day.publish(workspace, load_city(), date(2023, 9, 1))
    assert report.rows == {"tickets": 2, "leads": 1}
    assert all(day.refresh(workspace, load_city()).values())
