"""The demonstration's days: simulated time moves on, the five ingest runs are started, the daily run follows."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from examples.airflow_stack import SUCCESS, AirflowStack, StackFailed
from pipelines.contracts import load_sources

if TYPE_CHECKING:
    from examples.upstream.servers import Upstream

DAYS = tuple(date(2023, 8, day) for day in (29, 30, 31))
INGEST_SECONDS, DAILY_SECONDS = 150, 240
MARK = "simulated-city.txt"
MARK_TEXT = "This workspace was filled by the demonstration: everyone and everything in it is invented.\n"
Say = Callable[[str], None]


class DemoRefused(Exception):
    """The demonstration would mix invented data with something else, or runs already."""


def pending_days(workspace: Path) -> list[date]:
    """The days of the demonstration that are not published yet, in order."""
    return [day for day in DAYS if not any((workspace / "published" / day.isoformat()).glob("r[0-9]*"))]


def claim_workspace(workspace: Path) -> None:
    """Mark a new workspace as the simulated city's. Raises DemoRefused for one that holds other data."""
    mark = workspace / MARK
    if mark.is_file():
        return
    if any((workspace / "landing").glob("*/*")):
        raise DemoRefused(
            f"{workspace} holds data that is not the simulated city's; invented data is not mixed with it.\n"
            "  to do: name another folder: .venv/bin/python -m examples.demo --workspace DIR"
        )
    workspace.mkdir(parents=True, exist_ok=True)
    mark.write_text(MARK_TEXT, encoding="utf-8")


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the demonstration's lock. Raises DemoRefused while another one runs from the same folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoRefused(f"another demonstration is running in {folder}: end it first") from None
        yield


def start_both(upstream: Upstream, stack: AirflowStack, first: date, say: Say) -> None:
    """Let simulated time run to the end of the first day while Airflow starts."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        advanced = beside.submit(upstream.advance, end_of(first))
        stack.start(upstream.connections())
        advanced.result()
    say(f"Airflow is up at {stack.url}, the five source systems show {first} and all before it")


def run_day(upstream: Upstream, stack: AirflowStack, day: date, say: Say) -> None:
    """Ingest and publish one day through Airflow. Raises StackFailed, with the log's end, when a run fails."""
    key = day.isoformat()
    if end_of(day) > upstream.until:
        upstream.advance(end_of(day))
    known = {run["dag_run_id"] for run in stack.runs("clearance_daily", key)}
    started = {source: stack.trigger(f"ingest_{source}", key) for source in load_sources()}
    for source, run in started.items():
        if stack.wait_for_run(f"ingest_{source}", run, INGEST_SECONDS) != SUCCESS:
            raise StackFailed(f"{key}: {source} was not ingested\n{stack.story(f'ingest_{source}', run)}")
    landed = {source: stack.result(f"ingest_{source}", run, "pull") for source, run in started.items()}
    say(f"{key}: landed " + ", ".join(f"{source} {landed[source]['rows']:,}" for source in landed) + " rows")
    run = stack.wait_for_new_run("clearance_daily", key, known)
    if stack.wait_for_run("clearance_daily", run, DAILY_SECONDS) != SUCCESS:
        raise StackFailed(f"{key}: not published\n{stack.story('clearance_daily', run)}")
    say(f"{key}: published")


def end_of(day: date) -> datetime:
    """24:00 Beijing time of a day."""
    return datetime.combine(day + timedelta(days=1), time())
