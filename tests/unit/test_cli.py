"""The command line as a newcomer meets it: every mistake has a message that says what to do, and an exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.settings import PROJECT_ROOT
from pipelines.store import Workspace


def clearance(workspace: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--workspace", str(workspace), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show"], 3, "there is no workspace here yet"),
        (["publish", "--date", "2023-08-31"], 3, "there is no workspace here yet"),
        (["import", "mayor", "x.csv"], 2, "known sources: cyberspace, hotline"),
        (["import", "hotline", "not_there.csv"], 2, "are not there"),
        (["pull", "mayor", "--date", "2023-08-31"], 2, "no source mayor"),
        (["run", "--date", "31.8.2023"], 2, "write it as 2023-08-31"),
        (["run"], 2, "which day?"),
        (["run", "--from", "2023-08-31", "--to", "2023-08-30"], 2, "lies before"),
        (["run", "--date", "2023-08-31", "--to", "2023-08-31"], 2, "either --date"),
        (["waive", "mayor", "--date", "2023-08-31", "--by", "x", "--why", "y"], 2, "known sources"),
        (["review", "decide", "a", "a", "same", "--by", "x", "--why", "y"], 2, "two different tickets"),
        (["review", "decide", "a", "b", "maybe", "--by", "x", "--why", "y"], 2, "'same' or 'different'"),
    ],
)
def test_mistakes_are_said(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    exit_code, output = clearance(tmp_path / "w", *arguments)
    assert exit_code == code, output
    assert words in " ".join(output.split())


def test_an_empty_workspace_says_what_to_do(tmp_path: Path) -> None:
    Workspace.open(tmp_path)
    for command in (["publish", "--date", "2023-08-31"], ["show"], ["rebuild"], ["quarantine", "list"]):
        exit_code, output = clearance(tmp_path, *command)
        assert exit_code in (2, 9) and "to do:" in output, output


def test_doctor_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CLEARANCE_HOTLINE", raising=False)
    Workspace.open(tmp_path)
    (tmp_path / "key").chmod(0o644)
    exit_code, output = clearance(tmp_path, "doctor")
    assert exit_code == 3
    assert "chmod 600" in output and "AIRFLOW_CONN_CLEARANCE_HOTLINE" in output


def test_a_wrong_connection_is_named_without_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CLEARANCE_HOTLINE", "sftp://user:geheim@host")
    exit_code, output = clearance(tmp_path, "pull", "hotline", "--date", "2023-08-31")
    assert exit_code == 3 and "AIRFLOW_CONN_CLEARANCE_HOTLINE" in output and "geheim" not in output
    noted = (tmp_path / "attempts" / "hotline" / "2023-08-31.json").read_text(encoding="utf-8")
    assert "connection_wrong" in noted and "geheim" not in noted


def test_judgements_waivers_and_undoing_are_rows(tmp_path: Path) -> None:
    Workspace.open(tmp_path)
    by = ("--by", "王主任", "--why", "核实")
    assert clearance(tmp_path, "review", "decide", "hotline:B", "hotline:A", "same", *by)[1].startswith(
        "judgement 1: hotline:A"
    )
    assert clearance(tmp_path, "review", "undo", "1", *by) == (0, "judgement 2 undoes 1\n")
    assert clearance(tmp_path, "review", "undo", "7", *by)[0] == 2
    assert clearance(tmp_path, "waive", "petition", "--date", "2023-08-31", *by)[0] == 0
    assert len(list((tmp_path / "registry").rglob("*.parquet"))) == 3


def test_every_command_is_documented() -> None:
    text = " ".join(
        (PROJECT_ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/commands.md")
    )
    names = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    names |= {group.name for group in app.registered_groups if group.name}
    missing = [name for name in sorted(names) if not re.search(rf"clearance {name}\b", text)]
    assert not missing, f"not in README.md or docs/commands.md: {missing}"


@pytest.mark.parametrize(
    "command",
    [
        ("waive", "hotline", "--date", "2023-08-31", "--by", " ", "--why", "节假日"),
        ("waive", "hotline", "--date", "2023-08-31", "--by", "李工", "--why", ""),
        ("review", "decide", "hotline:GD1", "hotline:GD2", "same", "--by", "", "--why", "电话核实"),
        ("quarantine", "dismiss", "abc", "1", "--by", "李工", "--why", " "),
    ],
)
def test_a_decision_has_a_decider_and_a_reason(tmp_path: Path, command: tuple[str, ...]) -> None:
    Workspace.open(tmp_path)
    exit_code, output = clearance(tmp_path, *command)
    assert exit_code == 2 and "--by" in output
    assert not list((tmp_path / "registry").glob("*/*"))


@pytest.mark.parametrize(
    "command",
    [
        ("waive", "hotline", "--date", "2203-08-31", "--by", "李工", "--why", "节假日"),
        ("quarantine", "import", "x.xlsx", "--as-of", "2203-08-31", "--by", "李工", "--why", "电话核实"),
    ],
)
def test_a_day_that_has_not_come_is_no_day_to_decide_for(tmp_path: Path, command: tuple[str, ...]) -> None:
    Workspace.open(tmp_path)
    exit_code, output = clearance(tmp_path, *command)
    assert exit_code == 2 and "has not come yet" in output
