"""What the tasks decide: business date, retries by kind of error, which days are due, the connection they pass on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from pipelines import errors
from pipelines.contracts import load_sources
from pipelines.errors import ConfigurationError

SOURCES = sorted(load_sources())
D27, D28, D29, D30 = (date(2023, 8, day) for day in (27, 28, 29, 30))
ARGUMENTS: dict[str, dict[str, Any]] = {
    "SourceBusy": {"retry_after": 7},
    "GateFailed": {"checks": ["ledger_identity"]},
}
RETRIED = {
    "SourceUnreachable", "SourceBusy", "SourceAnswerBroken", "SourceIncomplete", "SourceNotReady", "WarehouseLocked",
}  # fmt: skip


def every_error() -> list[type[errors.ClearanceError]]:
    found = []
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.ClearanceError):
            found.append(value)
    return found


def made(kind: type[errors.ClearanceError]) -> errors.ClearanceError:
    texts = ("national", "said no") if issubclass(kind, errors.SourceError) else ("said no",)
    return kind(*texts, **ARGUMENTS.get(kind.__name__, {}))


def decide(exception: BaseException, try_number: int = 1) -> tuple[str, timedelta | None]:
    from dags.common import RetryByKindOfError

    decision = RetryByKindOfError().evaluate(exception, try_number=try_number, max_tries=40)
    return decision.action.value, decision.retry_delay


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_only_what_may_pass_is_retried(kind: type[errors.ClearanceError]) -> None:
    action, _ = decide(made(kind))
    assert action == ("retry" if kind.__name__ in RETRIED else "fail")


@pytest.mark.parametrize("exception", [ValueError("x"), KeyError("x"), OSError("x"), MemoryError()])
def test_what_is_not_ours_fails_at_once(exception: BaseException) -> None:
    assert decide(exception)[0] == "fail"


def test_a_busy_source_says_when_to_come_back() -> None:
    assert decide(errors.SourceBusy("national", "429", retry_after=7))[1] == timedelta(seconds=7)


def test_a_source_that_is_not_ready_is_asked_a_quarter_of_an_hour_later() -> None:
    for try_number in (1, 20):
        assert decide(errors.SourceNotReady("petition", "no file"), try_number)[1] == timedelta(minutes=15)


def test_a_broken_source_is_asked_less_and_less_often() -> None:
    delays = [decide(errors.SourceUnreachable("regional", "refused"), number)[1] for number in range(1, 41)]
    assert delays[0] == timedelta(seconds=30)
    assert delays == sorted(delays)  # type: ignore[type-var]
    assert delays[-1] == timedelta(minutes=15)


def test_an_earlier_day_is_looked_for_again_soon() -> None:
    from dags.common import PredecessorPending

    assert decide(PredecessorPending("2023-08-29 waits")) == ("retry", timedelta(seconds=30))


@pytest.mark.parametrize("key", [None, "", "2023-02-30", "yesterday", "2023-08-31T00:00:00"])
def test_a_run_without_a_business_date_fails_at_once(key: str | None) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from dags.common import business_date_of

    with pytest.raises(AirflowFailException, match="business date"):
        business_date_of({"partition_key": key})


@pytest.mark.parametrize(
    ("dag_id", "task_id"), [("ingest_national", "pull"), ("clearance_daily", "wait_for_earlier_days"),
                            ("publish_cutoff", "cut_off")]
)  # fmt: skip
def test_the_first_task_of_every_dag_needs_the_key(dags: dict[str, Any], dag_id: str, task_id: str) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    body = dags[dag_id].get_task(task_id).python_callable
    context: dict[str, Any] = {"partition_key": None, "asset_state_store": {}}
    if task_id == "pull":
        context["outlet_events"] = {}
    with pytest.raises(AirflowFailException, match="business date"):
        body(**context)


def due(
    business_date: date, published: set[date], delivered: dict[date, list[str]], cut_off: Sequence[date] = ()
) -> list[date]:
    from dags.common import due_days

    return due_days(
        business_date,
        published=published,
        begun=delivered,
        sources=SOURCES,
        has_delivered=lambda source, day: source in delivered.get(day, []),
        is_cut_off=lambda day: day in cut_off,
    )


def test_a_day_alone_is_due() -> None:
    assert due(D29, set(), {D29: SOURCES}) == [D29]
    assert due(D29, {D28}, {D28: SOURCES, D29: SOURCES}) == [D29]


def test_a_complete_earlier_day_is_published_first() -> None:
    assert due(D30, {D27}, {D28: SOURCES, D29: SOURCES, D30: SOURCES}) == [D28, D29, D30]


def test_an_earlier_day_still_being_read_is_waited_for() -> None:
    from dags.common import PredecessorPending

    with pytest.raises(PredecessorPending, match=r"2023-08-28.*regional") as waiting:
        due(D29, {D27}, {D28: [name for name in SOURCES if name != "regional"], D29: SOURCES})
    assert "publish_cutoff" in waiting.value.remedy


def test_a_day_whose_cut_off_has_passed_is_not_waited_for() -> None:
    assert due(D29, {D27}, {D28: ["national"], D29: SOURCES}, {D28}) == [D28, D29]


def test_a_day_that_nobody_began_is_not_waited_for() -> None:
    assert due(D30, {D27}, {D30: SOURCES}) == [D30]


def test_nothing_is_due_for_a_published_day_or_one_before() -> None:
    assert due(D29, {D29}, {D29: SOURCES}) == []
    assert due(D28, {D29}, {D28: SOURCES}) == []


def test_published_days_are_those_with_a_revision(tmp_path: Any) -> None:
    from dags.common import published_days

    (tmp_path / "2023-08-29" / "r01").mkdir(parents=True)
    (tmp_path / "2023-08-30" / ".r01.waiting").mkdir(parents=True)
    (tmp_path / "latest").symlink_to("2023-08-29/r01")
    assert published_days(tmp_path) == {D29}


def test_the_airflow_connection_is_passed_on_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.common import resolve_connection

    contract = load_sources()["petition"]
    content = {
        "conn_type": "sftp", "host": "127.0.0.1", "port": 2222, "login": "petition", "password": "p@ss/word",
        "extra": {"path": "/outbox", "known_host_key": "ssh-ed25519 AAAA"},
    }  # fmt: skip
    monkeypatch.setenv(f"AIRFLOW_CONN_{contract.connection.upper()}", json.dumps(content))
    found = resolve_connection(contract)
    assert (found.conn_type, found.host, found.port, found.login) == ("sftp", "127.0.0.1", 2222, "petition")
    assert found.password == "p@ss/word"
    assert found.extra == content["extra"]


def test_a_missing_connection_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from dags.common import resolve_connection

    def nothing(name: str) -> None:
        raise AirflowNotFoundException(name)

    monkeypatch.setattr(BaseHook, "get_connection", nothing)
    with pytest.raises(ConfigurationError, match="clearance_national") as missing:
        resolve_connection(load_sources()["national"])
    assert "AIRFLOW_CONN_CLEARANCE_NATIONAL" in missing.value.remedy
