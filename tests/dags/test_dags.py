"""What Airflow reads in dags/: which DAGs, on what they wait, what they may hold, and what they import to be read."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.contracts import load_sources
from pipelines.settings import PROJECT_ROOT

SOURCES = sorted(load_sources())
HEAVY = ("pandas", "numpy", "duckdb", "pyarrow", "great_expectations", "splink", "asyncssh", "psycopg")


def as_scheduler_reads(dag: Any) -> Any:
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))


def test_one_dag_a_source_one_for_the_day_one_for_the_cut_off(dags: dict[str, Any]) -> None:
    assert sorted(dags) == sorted(
        [*(f"ingest_{source}" for source in SOURCES), "clearance_daily", "publish_cutoff"]
    )


def test_a_new_source_needs_no_python() -> None:
    from dags.ingest import build

    contract = load_sources()["cyberspace"].model_copy(update={"source": "letters", "title": "群众来信"})
    dag = build(contract)
    assert dag.dag_id == "ingest_letters"
    assert "群众来信" in dag.dag_display_name
    assert [asset.name for asset in dag.get_task("pull").outlets] == ["landing_letters"]


def test_reading_the_dags_imports_nothing_heavy() -> None:
    program = (
        "import runpy, sys\n"
        "for name in ('ingest', 'daily', 'cutoff'): runpy.run_path(f'dags/{name}.py')\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_tasks_follow_one_another(dags: dict[str, Any]) -> None:
    edges = {
        (task.task_id, below) for task in dags["clearance_daily"].tasks for below in task.downstream_task_ids
    }
    assert edges == {("wait_for_earlier_days", "publish"), ("publish", "announce")}
    for source in SOURCES:
        assert dags[f"ingest_{source}"].task_ids == ["pull"]
    assert dags["publish_cutoff"].task_ids == ["cut_off"]


def test_only_the_task_that_writes_the_warehouse_holds_its_pool(dags: dict[str, Any]) -> None:
    holders = {
        (dag.dag_id, task.task_id) for dag in dags.values() for task in dag.tasks if task.pool == "warehouse"
    }
    assert holders == {("clearance_daily", "publish")}


def test_the_day_starts_with_all_sources_or_with_the_cut_off(dags: dict[str, Any]) -> None:
    from airflow.sdk import AssetAll, AssetAny

    condition = dags["clearance_daily"].timetable.asset_condition
    assert isinstance(condition, AssetAny)
    everything, cutoff = condition.objects
    assert isinstance(everything, AssetAll)
    assert [asset.name for asset in everything.objects] == [f"landing_{source}" for source in SOURCES]
    assert cutoff.name == "publication_cutoff"
    for source in SOURCES:
        assert [asset.name for asset in dags[f"ingest_{source}"].get_task("pull").outlets] == [
            f"landing_{source}"
        ]
    assert [asset.name for asset in dags["publish_cutoff"].get_task("cut_off").outlets] == [
        "publication_cutoff"
    ]


@pytest.mark.parametrize(
    ("dag_id", "beijing_hour"), [*((f"ingest_{source}", 0) for source in SOURCES), ("publish_cutoff", 10)]
)
def test_a_run_stands_for_the_day_before_in_beijing(
    dags: dict[str, Any], dag_id: str, beijing_hour: int
) -> None:
    from airflow.sdk.timezone import convert_to_utc

    timetable = as_scheduler_reads(dags[dag_id]).timetable
    tick = convert_to_utc(datetime(2023, 9, 1, beijing_hour, tzinfo=ZoneInfo("Asia/Shanghai")))
    _, key = timetable._get_partition_info(tick)
    assert key == "2023-08-31"


def test_days_and_sources_go_one_after_another(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        assert dag.catchup is False
        if dag_id != "publish_cutoff":
            assert dag.max_active_runs == 1, dag_id


def test_everything_has_a_chinese_name_and_a_page(dags: dict[str, Any]) -> None:
    def is_chinese(text: str) -> bool:
        return any("\u4e00" <= letter <= "\u9fff" for letter in text)

    for dag in dags.values():
        assert is_chinese(dag.dag_display_name), dag.dag_id
        assert dag.doc_md and is_chinese(dag.doc_md), dag.dag_id
        for task in dag.tasks:
            assert is_chinese(task.task_display_name), f"{dag.dag_id}.{task.task_id}"


def test_the_scheduler_can_read_every_dag(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert as_scheduler_reads(dag).dag_id == dag.dag_id


def test_nothing_is_scheduled_after_the_end_date(monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.ingest import build

    contract = load_sources()["national"]
    assert build(contract).end_date is None
    monkeypatch.setenv("CLEARANCE_END_DATE", "2023-09-01")
    end = build(contract).end_date
    assert end is not None
    assert end == datetime(2023, 9, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
