"""One real run: the simulated city through a real Airflow, over REST, to a published day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import psutil
import pytest

from examples.airflow_stack import FAILED, SUCCESS, AirflowStack
from pipelines.contracts import load_sources

DAY = "2023-08-29"
TICKETS = 300


@dataclass
class Run:
    """A started Airflow, and what came of the day."""

    stack: AirflowStack
    workspace: Path
    ingested: dict[str, str]
    daily: str


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    from examples.upstream.model import CityParameters, build_city
    from examples.upstream.servers import Upstream

    folder = tmp_path_factory.mktemp("stack")
    workspace = folder / "workspace"
    settings = {"CLEARANCE_WORKSPACE": str(workspace), "CLEARANCE_END_DATE": "2023-09-01"}
    with AirflowStack(folder / "airflow", settings) as stack:
        stack.prepare()
        with Upstream(build_city(CityParameters(tickets=TICKETS)), folder / "upstream") as upstream:
            upstream.advance(datetime(2023, 8, 30))
            stack.start(upstream.connections())
            ingested = {source: stack.trigger(f"ingest_{source}", DAY) for source in load_sources()}
            for source, run_id in ingested.items():
                state = stack.wait_for_run(f"ingest_{source}", run_id, 120)
                assert state == SUCCESS, stack.story(f"ingest_{source}", run_id)
            daily = stack.wait_for_new_run("clearance_daily", DAY, set())
            assert stack.wait_for_run("clearance_daily", daily, 180) == SUCCESS, stack.story(
                "clearance_daily", daily
            )
            yield Run(stack, workspace, ingested, daily)


def test_five_sources_land_and_the_day_is_published(run: Run) -> None:
    landed = {folder.name for folder in (run.workspace / "landing").iterdir()}
    assert landed == set(load_sources())
    folder = run.workspace / "published" / DAY / "r01"
    assert (folder / "index.html").is_file()
    assert (run.workspace / "published" / "latest").resolve() == folder.resolve()


def test_each_source_tells_the_day_what_it_brought(run: Run) -> None:
    for source in load_sources():
        (event,) = run.stack.events(f"landing_{source}")
        assert event["partition_key"] == DAY
        assert event["extra"]["deliveries"] >= 1
        if source in ("national", "regional"):
            assert event["extra"]["control_total"] == str(event["extra"]["rows"])


def test_one_daily_run_with_the_key_and_its_tasks_in_order(run: Run) -> None:
    runs = run.stack.runs("clearance_daily")
    assert [(item["dag_run_id"], item["partition_key"]) for item in runs] == [(run.daily, DAY)]
    ended = {task["task_id"]: task["end_date"] for task in run.stack.tasks("clearance_daily", run.daily)}
    assert ended["wait_for_earlier_days"] < ended["publish"] < ended["announce"]


def test_nothing_ran_for_the_real_yesterday(run: Run) -> None:
    for source in load_sources():
        assert [item["partition_key"] for item in run.stack.runs(f"ingest_{source}")] == [DAY]


def test_a_second_pull_lands_nothing_and_starts_nothing(run: Run) -> None:
    again = run.stack.trigger("ingest_regional", DAY)
    assert run.stack.wait_for_run("ingest_regional", again, 60) == SUCCESS
    assert run.stack.result("ingest_regional", again, "pull")["new_deliveries"] == 0
    assert len(run.stack.runs("clearance_daily")) == 1


def test_a_second_daily_run_changes_nothing(run: Run) -> None:
    folder = run.workspace / "published" / DAY
    before = sorted((file, file.stat().st_mtime_ns) for file in folder.rglob("*"))
    again = run.stack.trigger("clearance_daily", DAY)
    assert run.stack.wait_for_run("clearance_daily", again, 120) == SUCCESS
    assert sorted((file, file.stat().st_mtime_ns) for file in folder.rglob("*")) == before


def test_the_cut_off_passes_over_a_published_day(run: Run) -> None:
    run_id = run.stack.trigger("publish_cutoff", DAY)
    assert run.stack.wait_for_run("publish_cutoff", run_id, 60) == SUCCESS
    assert [task["state"] for task in run.stack.tasks("publish_cutoff", run_id)] == ["skipped"]
    assert run.stack.events("publication_cutoff") == []


def test_a_run_without_a_key_fails_at_its_first_try(run: Run) -> None:
    run_id = run.stack.trigger("ingest_national", None)
    assert run.stack.wait_for_run("ingest_national", run_id, 60) == FAILED
    (task,) = run.stack.tasks("ingest_national", run_id)
    assert task["try_number"] == 1
    assert "not a business date" in run.stack.story("ingest_national", run_id)


def test_only_loopback_and_only_with_a_password(run: Run) -> None:
    refused = httpx.get(f"{run.stack.url}/api/v2/dags", trust_env=False)
    assert refused.status_code == 401
    assert run.stack.password_file.stat().st_mode & 0o077 == 0
    mine = [psutil.Process(process.pid) for process in run.stack.processes.values()]
    addresses = {
        connection.laddr.ip
        for process in mine
        for member in (process, *process.children(recursive=True))
        for connection in member.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_no_password_stands_in_a_log(run: Run) -> None:
    secrets = {
        json.loads(text)["password"]
        for name, text in run.stack.environment.items()
        if name.startswith("AIRFLOW_CONN_") and "password" in text
    }
    for log in run.stack.logs.rglob("*.log"):
        text = log.read_text(encoding="utf-8", errors="replace")
        assert not [secret for secret in secrets if secret in text], log


def test_stopping_leaves_no_process(run: Run) -> None:
    family = [
        member
        for process in run.stack.processes.values()
        for member in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True))
    ]
    assert len(family) > 3
    run.stack.stop()
    assert [
        member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE
    ] == []
