"""The command line as a newcomer meets it: every mistake has a message that says what to do, and an exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.settings import PROJECT_ROOT
from pipelines.store import Workspace, fresh_database


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
    assert f"run:   clearance --workspace {tmp_path} import hotline FILE" in output, "it can be pasted"


def test_a_wrong_connection_is_named_without_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CLEARANCE_HOTLINE", "sftp://user:geheim@host")
    exit_code, output = clearance(tmp_path, "pull", "hotline", "--date", "2023-08-31")
    assert exit_code == 3 and "AIRFLOW_CONN_CLEARANCE_HOTLINE" in output and "geheim" not in output
    noted = (tmp_path / "attempts" / "hotline" / "2023-08-31.json").read_text(encoding="utf-8")
    assert "connection_wrong" in noted and "geheim" not in noted


def publish_tickets(workspace: Path, *numbers: str) -> None:
    """A publication that holds these tickets of the hotline, and no pair that was kept apart."""
    folder = workspace / "published" / "latest"
    folder.mkdir(parents=True)
    with fresh_database(folder / "clearance.duckdb") as connection:
        connection.execute("create table tickets (ticket_id varchar, ticket_no varchar, lead_id varchar)")
        connection.executemany(
            "insert into tickets values ($1, $2, $3)", [(f"hotline:{n}", n, f"L{n}") for n in numbers]
        )
        connection.execute(
            "create table matches (ticket_a varchar, ticket_b varchar, rule varchar, score double, reasons varchar, is_joined boolean)"
        )


BY = ("--by", "王主任", "--why", "电话核实")


def test_a_verdict_is_on_tickets_that_are_known(tmp_path: Path) -> None:
    Workspace.open(tmp_path)
    decide = ("review", "decide", "hotline:A")
    code, output = clearance(tmp_path, *decide, "hotline:B", "same", *BY)
    assert code == 2 and "published" in output
    publish_tickets(tmp_path, "A", "B")
    code, output = clearance(tmp_path, *decide, "hotline:X", "same", *BY)
    assert code == 2 and "no published ticket is called hotline:X" in output
    code, output = clearance(tmp_path, *decide, "B", "same", *BY)
    assert code == 2 and "do you mean hotline:B?" in output
    code, output = clearance(tmp_path, *decide, "LB", "same", *BY)
    assert code == 2 and "that is a lead; name tickets, such as its own: hotline:B" in output
    assert not list((tmp_path / "registry").rglob("*.parquet"))
    assert clearance(tmp_path, *decide, "hotline:B", "same", *BY)[0] == 0


def test_a_verdict_that_contradicts_an_active_one_is_refused_with_the_reason(tmp_path: Path) -> None:
    Workspace.open(tmp_path)
    publish_tickets(tmp_path, "A", "B", "C", "D")

    def decide(pair: str, verdict: str) -> tuple[int, str]:
        first, second = (f"hotline:{letter}" for letter in pair)
        return clearance(tmp_path, "review", "decide", first, second, verdict, *BY)

    assert decide("AB", "same")[0] == 0
    code, output = decide("BA", "different")
    assert code == 2 and "judgement 1: hotline:A and hotline:B are same (王主任" in output
    assert "电话核实" in output and "clearance review undo 1 --by NAME --why REASON" in output
    code, output = decide("AB", "same")
    assert code == 2 and "judged already" in output
    assert decide("BC", "same")[0] == 0
    code, output = decide("AC", "different")
    assert code == 2 and "judgement 1" in output and "judgement 2" in output, "the same is passed on"
    assert decide("CD", "different")[0] == 0
    code, output = decide("AD", "same")
    assert code == 2 and "judgement 3: hotline:C and hotline:D are different" in output
    assert clearance(tmp_path, "review", "undo", "1", *BY)[0] == 0
    assert decide("AB", "different")[0] == 0, "what was undone binds nobody"
    assert decide("AD", "same")[0] == 0


def test_a_verdict_is_undone_once_and_the_list_says_by_whom_and_why(tmp_path: Path) -> None:
    Workspace.open(tmp_path)
    publish_tickets(tmp_path, "A", "B", "C")
    clearance(tmp_path, "review", "decide", "hotline:A", "hotline:B", "same", *BY)
    clearance(tmp_path, "review", "decide", "hotline:A", "hotline:C", "same", *BY)
    assert clearance(tmp_path, "review", "undo", "1", "--by", "李工", "--why", "同名不同人")[0] == 0
    code, output = clearance(tmp_path, "review", "undo", "1", *BY)
    assert code == 2 and "undone already, by judgement 3 (李工" in output
    code, output = clearance(tmp_path, "review", "undo", "3", *BY)
    assert code == 2 and "itself the undoing of judgement 1" in output
    assert len(list((tmp_path / "registry").rglob("*.parquet"))) == 3
    code, output = clearance(tmp_path, "review", "list")
    assert code == 0 and "judgement 2: hotline:A and hotline:C are same" in output and "电话核实" in output
    assert "judgement 1:" not in output and "1 verdicts stand, 1 were undone" in output
    output = clearance(tmp_path, "review", "list", "--all")[1]
    assert "undone by judgement 3, 李工" in output and "同名不同人" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["bench day --help", "bench sources --help", "bench resolve --help"]),
        (["day", "--help"], ["clearance bench day", "--tickets"]),
        (["sources", "--help"], ["clearance bench sources", "--tickets", "--days", "--rows"]),
        (["resolve", "--help"], ["clearance bench resolve", "--tickets", "--seed", "--noise", "--beside"]),
    ],
)
def test_the_benchmarks_show_their_options(tmp_path: Path, arguments: list[str], words: list[str]) -> None:
    code, output = clearance(tmp_path, "bench", *arguments)
    assert code == 0
    assert [word for word in words if word not in " ".join(output.split())] == []


def test_a_benchmark_refuses_an_option_that_it_does_not_have(tmp_path: Path) -> None:
    assert clearance(tmp_path, "bench", "--nonsense", "3")[0] == 2
    assert clearance(tmp_path, "bench", "nonsense")[0] == 2


def test_a_range_of_days_is_waived_at_once_and_again_nothing_happens(tmp_path: Path) -> None:
    Workspace.open(tmp_path)
    waive = ("waive", "petition", *BY)
    days = ("--from", "2023-09-29", "--to", "2023-10-01")
    code, output = clearance(tmp_path, *waive, *days)
    assert code == 0 and output.count("waiver ") == 3 and "2023-10-01" in output
    code, output = clearance(tmp_path, *waive, "--date", "2023-09-30")
    assert code == 0 and "waived already (waiver 2, 王主任)" in output
    assert len(list((tmp_path / "registry" / "waivers").glob("*.parquet"))) == 3
    for wrong in (
        (),
        ("--from", "2023-09-29"),
        ("--date", "2023-09-29", *days),
        ("--from", "2023-10-02", "--to", "2203-01-01"),
        ("--from", "2023-10-02", "--to", "2023-10-01"),
    ):
        assert clearance(tmp_path, *waive, *wrong)[0] == 2, wrong
    assert len(list((tmp_path / "registry" / "waivers").glob("*.parquet"))) == 3, "all days or none"


def test_judgements_waivers_and_undoing_are_rows(tmp_path: Path) -> None:
    Workspace.open(tmp_path)
    publish_tickets(tmp_path, "A", "B")
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
