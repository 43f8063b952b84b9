"""What came of each pull is kept, by fault, without a value of a row."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.contracts import load_sources
from pipelines.errors import (
    ConfigurationError,
    SourceAnswerBroken,
    SourceBusy,
    SourceIncomplete,
    SourceNotReady,
    SourceRejectedUs,
)
from pipelines.ingest import attempts, file_pulls, pull
from pipelines.ingest.faults import FAULTS, fault_of_error
from pipelines.settings import Connection
from pipelines.store import Workspace

DAY = date(2023, 8, 31)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_pulls, "SETTLE_SECONDS", 0.0)


def fail(workspace: Workspace, error: Exception, day: date = DAY) -> attempts.Attempt:
    with pytest.raises(type(error)), attempts.noted(workspace, "national", day):
        raise error
    noted = attempts.last(workspace, "national", day)
    assert noted is not None
    return noted


def test_a_pull_notes_why_nothing_landed_and_then_that_it_landed(workspace, tmp_path) -> None:
    folder = tmp_path / "outbox"
    contract = load_sources()["cyberspace"]
    connection = Connection(conn_type="fs", extra={"path": str(folder)})
    for at, expected in enumerate(("folder_missing", "folder_missing", "not_there", "half_written"), start=1):
        if at == 3:
            folder.mkdir()
        if at == 4:
            (folder / "网信移交_20230831.jsonl").write_text('{"线索编号": "WX1", "状', encoding="utf-8")
        with pytest.raises(Exception, match=r"."):
            pull(workspace, contract, connection, DAY)
        noted = attempts.last(workspace, "cyberspace", DAY)
        assert noted is not None
        assert (noted.fault, noted.tries, noted.is_good) == (expected, at, False)
        assert noted.reason is not None and noted.reason.zh
    row = {
        "线索编号": "WX1",
        "属地": "金凤区",
        "交办时间": "2023-08-31",
        "状态": "办理中",
        "更新时间": "2023-08-31 09:00",
    }
    text = json.dumps(row, ensure_ascii=False) + "\n"
    (folder / "网信移交_20230831.jsonl").write_text(text, encoding="utf-8")
    pull(workspace, contract, connection, DAY)
    noted = attempts.last(workspace, "cyberspace", DAY)
    assert noted is not None
    assert (noted.state, noted.fault, noted.tries, noted.reason) == ("landed", "", 5, None)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (SourceBusy("national", "too many requests", retry_after=3.0), "busy"),
        (SourceAnswerBroken("national", "the answer is an error under HTTP 200 (code 500)"), "error_answer"),
        (SourceAnswerBroken("national", "the answer is not whole JSON"), "half_answer"),
        (SourceIncomplete("national", "the source says 3 rows, 2 are there"), "incomplete"),
        (SourceRejectedUs("national", "the server shows another host key than the known one"), "host_key"),
        (SourceRejectedUs("national", "the platform refuses the request (HTTP 401)"), "rejected"),
        (SourceRejectedUs("national", "the folder or file is not there"), "rights"),
        (ConfigurationError("the connection lacks a host"), "connection_wrong"),
        (ValueError("13800138000 is no number"), "unexpected"),
    ],
)
def test_every_error_has_its_fault(workspace, error, fault) -> None:
    noted = fail(workspace, error)
    assert noted.fault == fault == fault_of_error(error).name
    assert "13800138000" not in json.dumps(noted.__dict__, default=str), "a value is never kept"


def test_since_when_goes_over_days_until_one_that_landed(workspace, monkeypatch) -> None:
    def at(text: str) -> None:
        monkeypatch.setattr(attempts, "beijing_now", lambda: datetime.fromisoformat(text))

    late = SourceNotReady("national", "no file dated 2023-08-31 is there yet")
    at("2023-08-29 07:00:00")
    with attempts.noted(workspace, "national", date(2023, 8, 29)):
        pass
    at("2023-08-31 07:00:00")
    fail(workspace, late, date(2023, 8, 30))
    at("2023-08-31 09:00:00")
    noted = fail(workspace, late, date(2023, 8, 30))
    assert (noted.tries, str(noted.since)) == (2, "2023-08-31 07:00:00")
    at("2023-09-01 07:00:00")
    fail(workspace, late)
    assert str(attempts.failing_since(attempts.of_source(workspace, "national"))) == "2023-08-31 07:00:00"


def test_a_note_that_cannot_be_read_or_written_stops_nothing(workspace) -> None:
    with attempts.noted(workspace, "national", DAY):
        pass
    file = workspace.root / "attempts" / "national" / f"{DAY}.json"
    file.write_text("{", encoding="utf-8")
    assert attempts.last(workspace, "national", DAY) is None
    assert attempts.of_source(workspace, "national") == []
    file.unlink()
    file.mkdir()
    with attempts.noted(workspace, "national", DAY):
        pass


def test_the_names_of_faults_are_few_and_each_has_its_words() -> None:
    names = [item.name for item in FAULTS]
    assert len(set(names)) == len(names)
    assert all(item.zh and item.heading for item in FAULTS)
