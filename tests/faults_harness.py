"""What the tests of the misbehaving city share: one source served with faults, a pull of it, what landed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from examples.upstream.model import City
from examples.upstream.servers import Faults, Upstream, national_faults
from pipelines import ingest
from pipelines.contracts import load_sources
from pipelines.ingest import database, rest, sftp
from pipelines.settings import connection_from_environment
from pipelines.store import Workspace

DAY = timedelta(days=1)
# A fault of a day strikes the first two of these and leaves the third alone.
DAYS = (date(2023, 8, 27), date(2023, 8, 28), date(2023, 8, 29))


def end_of(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time()) + DAY


def wait_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries say nothing about what is tried."""
    for module in (rest, database, sftp):
        monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(rest.RestSource.__init__, "__kwdefaults__", {"sleep": lambda _: None})
    monkeypatch.setattr(national_faults, "SLOW_SECONDS", 0.05)


@contextmanager
def serving(city: City, folder: Path, source: str, day: date, **rates: float) -> Iterator[Upstream]:
    """One source of the city, up to the end of a day."""
    with Upstream(city, folder / "city", Faults(1, rates), only=(source,)) as upstream:
        upstream.advance(end_of(day))
        yield upstream


def connection(upstream: Upstream, source: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(upstream.connections()[f"AIRFLOW_CONN_CLEARANCE_{source.upper()}"])
    return loaded


def pull(upstream: Upstream, folder: Path, source: str, day: date) -> Workspace:
    workspace = Workspace.open(folder / "workspace")
    contract = load_sources()[source]
    known = connection_from_environment(contract.connection, upstream.connections())
    assert known is not None
    ingest.pull(workspace, contract, known, day)
    return workspace


def login(upstream: Upstream) -> dict[str, Any]:
    known = connection(upstream, "regional")
    return {
        "host": known["host"],
        "port": known["port"],
        "dbname": known["schema"],
        "user": known["login"],
        "password": known["password"],
    }


def landed(workspace: Workspace, source: str, column: str) -> list[str]:
    files = [delivery.rows_file for delivery in ingest.landed(workspace, source)]
    with workspace.scratch() as scratch:
        found = scratch.execute(f"select coalesce(\"{column}\", '') from {workspace.scan(files)}").fetchall()
    return sorted(value for (value,) in found)
