"""对账单 of files and pages, as a command: printed, as a workbook, by its exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.contracts import load_sources
from pipelines.errors import DeliveryRefused
from pipelines.ingest import attempts, dismiss_refusal, file_pulls, import_files, landed, pull, refusals
from pipelines.ingest.reconcile import Difference, Line, Statement, reconcile
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests.ingest_harness import served, write_work_orders
from tests.unit.test_ingest_pull_rest import Platform, clue, connection

DAY = date(2023, 8, 31)


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_pulls, "SETTLE_SECONDS", 0.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def on_air() -> Iterator[tuple[Platform, int]]:
    platform = Platform()
    with served(platform.app) as port:
        yield platform, port


def clearance(workspace: Workspace, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--workspace", str(workspace.root), "reconcile", *arguments])
    return result.exit_code, result.output


def test_files_of_a_day(workspace, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "outbox"
    folder.mkdir()
    connection = {"conn_type": "fs", "extra": {"path": str(folder)}}
    monkeypatch.setenv("AIRFLOW_CONN_CLEARANCE_HOTLINE", json.dumps(connection))
    write_work_orders(folder, "GD_20230831_01.csv", ["GD1", "GD2"], changed="")
    write_work_orders(folder, "GD_20230831_02.csv", ["GD3"], changed="")
    pull(workspace, load_sources()["hotline"], Connection(**connection), DAY)
    exit_code, said = clearance(workspace, "hotline", "--date", "2023-08-31")
    assert exit_code == 0 and said.count("│ 一致 │") == 2 and "一致：hotline" in said, said

    write_work_orders(folder, "GD_20230831_01.csv", ["GD1", "GD4"], changed="")
    write_work_orders(folder, "GD_20230831_03.csv", ["=GD5"], changed="")
    (folder / "GD_20230831_04.csv").write_text("half", encoding="utf-8")
    (folder / "GD_20230831_02.csv").unlink()
    file = tmp_path / "statement.xlsx"
    exit_code, said = clearance(workspace, "hotline", "--date", "2023-08-31", "--to", str(file))
    assert exit_code == 4
    for words in ("GD4", "GD2", "尚未接收", "内容与已接收的不同", "没有校验标记", "文件已不在来源目录"):
        assert words in said.replace("\n", ""), words
    book = CalamineWorkbook.from_path(str(file))
    assert book.sheet_names == ["对账单", "差异明细"]
    detail = book.get_sheet_by_name("差异明细").to_python()
    assert {row[1] for row in detail[3:] if row[1]} >= {"GD2", "GD4", "=GD5"}
    assert len(landed(workspace)) == 2, "a statement lands nothing"
    assert attempts.of_source(workspace, "hotline")[-1].tries == 1


def test_without_a_connection_the_manifests_speak_and_say_so(workspace, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CLEARANCE_NATIONAL", raising=False)
    exit_code, said = clearance(workspace, "national", "--date", "2023-08-31")
    assert exit_code == 10, "nothing landed is no agreement, and no difference"
    assert "未核对：national" in said and "一致" not in said
    for total, exit_code, outcome in ((1, 0, "一致"), (3, 4, "不一致")):
        file = tmp_path / f"page{total}.json"
        file.write_text(
            json.dumps({"code": 0, "data": {"total": total, "rows": [clue(1)]}}), encoding="utf-8"
        )
        import_files(workspace, load_sources()["national"], [file], DAY)
        found, said = clearance(workspace, "national", "--date", "2023-08-31")
        assert found == exit_code and outcome in said and "未连接来源" in said.replace("\n", "")


def test_a_day_of_the_platform(workspace, on_air) -> None:
    platform, port = on_air
    contract = load_sources()["national"]
    platform.reset([clue(number, "2023-08-31 09:00:00") for number in range(3)])
    pull(workspace, contract, connection(port), DAY)
    assert reconcile(workspace, contract, connection(port), DAY).agrees
    platform.clues[0]["updateTime"] = "2023-09-02 10:00:00"
    del platform.clues[1]
    platform.clues.append(clue(9, "2023-08-31 11:00:00"))
    statement = reconcile(workspace, contract, connection(port), DAY)
    assert [(item.number, item.side) for item in statement.differences] == [
        ("XS2023000009", "theirs_alone"), ("XS2023000001", "ours_alone"),
    ]  # fmt: skip
    assert "另有 1 件此后又有变更" in statement.lines[0].note


def statement(*agrees: bool | None, **options: Any) -> Statement:
    lines = tuple(Line(f"file {number}", None, 1, told) for number, told in enumerate(agrees))
    return Statement("national", DAY, False, lines, **options)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (statement(), "not_compared"),
        (statement(None, None), "not_compared"),
        (statement(None, True), "agrees"),
        (statement(None, False), "differs"),
        (statement(True, False), "differs"),
        (statement(True, is_asked_in_vain=True), "not_compared"),
        (statement(None, differences=(Difference("XS1", "ours_alone", ""),)), "differs"),
    ],
)
def test_where_nothing_is_compared_nothing_agrees(found: Statement, outcome: str) -> None:
    assert (found.outcome, found.agrees) == (outcome, outcome == "agrees")


def test_a_difference_weighs_more_than_what_was_not_compared(workspace, tmp_path, monkeypatch) -> None:
    for name in ("NATIONAL", "HOTLINE"):
        monkeypatch.delenv(f"AIRFLOW_CONN_CLEARANCE_{name}", raising=False)
    file = tmp_path / "page.json"
    file.write_text(json.dumps({"code": 0, "data": {"total": 3, "rows": [clue(1)]}}), encoding="utf-8")
    import_files(workspace, load_sources()["national"], [file], DAY)
    exit_code, said = clearance(workspace, "national", "hotline", "--date", "2023-08-31")
    assert exit_code == 4 and "不一致：national；未核对：hotline" in said


def test_a_source_that_does_not_answer_is_not_compared(workspace, monkeypatch) -> None:
    away = {"conn_type": "fs", "extra": {"path": str(workspace.root / "nowhere")}}
    monkeypatch.setenv("AIRFLOW_CONN_CLEARANCE_CYBERSPACE", json.dumps(away))
    exit_code, said = clearance(workspace, "cyberspace", "--date", "2023-08-31")
    assert exit_code == 10 and "共享目录读不到" in said.replace("\n", "") and "一致" not in said


def test_a_refused_file_differs_until_it_is_settled(workspace, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "outbox"
    folder.mkdir()
    monkeypatch.setenv(
        "AIRFLOW_CONN_CLEARANCE_HOTLINE", json.dumps({"conn_type": "fs", "extra": {"path": str(folder)}})
    )
    file = tmp_path / "GD_20230831_01.csv"
    file.write_bytes(b"nothing\r\n1\r\n")
    with pytest.raises(DeliveryRefused):
        import_files(workspace, load_sources()["hotline"], [file], DAY)
    assert clearance(workspace, "hotline", "--date", "2023-08-31")[0] == 4
    number = refusals(workspace)[0].refusal_id
    dismiss_refusal(workspace, number, by="李工", why="错选文件", at=datetime(2100, 1, 1))
    assert clearance(workspace, "hotline", "--date", "2023-08-31")[0] == 10


def test_no_file_is_overwritten_unless_it_is_said(workspace, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CLEARANCE_HOTLINE", raising=False)
    file = tmp_path / "statement.xlsx"
    file.write_bytes(b"somebody's own")
    arguments = ("hotline", "--date", "2023-08-31", "--to", str(file))
    exit_code, said = clearance(workspace, *arguments)
    assert exit_code == 2 and "--force" in said and file.read_bytes() == b"somebody's own"
    assert clearance(workspace, *arguments, "--force")[0] == 10
    assert CalamineWorkbook.from_path(str(file)).sheet_names == ["对账单", "差异明细"]


def test_mistakes_are_said(workspace) -> None:
    assert clearance(workspace, "nonsense", "--date", "2023-08-31")[0] == 2
    assert clearance(workspace, "hotline", "--date", "2023-08-31", "--to", "statement.txt")[0] == 2
    nowhere = str(workspace.root / "none" / "statement.xlsx")
    exit_code, said = clearance(workspace, "hotline", "--date", "2023-08-31", "--to", nowhere)
    assert exit_code == 2 and "cannot be written" in said
