"""The simulated upstream city misbehaving with its files: every fault is seen in an outbox or a session and made good,
and a pull lands what is there, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from examples.upstream.model import City, CityParameters, build_city
from examples.upstream.servers import Faults, Upstream
from pipelines import ingest
from pipelines.errors import SourceUnreachable
from pipelines.ingest import sftp
from tests.faults_harness import DAY, DAYS, connection, end_of, pull, serving, wait_for_nothing


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(CityParameters(tickets=60, first_day=date(2023, 6, 1)))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_nothing(monkeypatch)


# --- files ---

# From the day before something is delivered: days on which each source delivers.
FIRST = {"hotline": date(2023, 8, 25), "petition": date(2023, 8, 26), "cyberspace": date(2023, 7, 14)}
ALL_FILES = ("replaced_after_read", "appears_late", "renamed", "half_written", "column_renamed", "symlink")
FILE_FAULTS = [
    *[(source, fault) for source in FIRST for fault in ALL_FILES],
    *[
        ("hotline", f)
        for f in ("marker_missing", "marker_wrong_hash", "marker_wrong_count", "other_encoding")
    ],
]


def outbox(folder: Path) -> dict[str, bytes | None]:
    """What stands there by name: a link stands for None."""
    return {
        path.name: None if path.is_symlink() else path.read_bytes()
        for path in folder.iterdir()
        if path.is_symlink() or path.is_file()
    }


def place(folder: Path, source: str) -> Path:
    return folder / source / ("" if source == "cyberspace" else "outbox")


@pytest.fixture(scope="module")
def proper(city: City, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, bytes | None]]]:
    """The outboxes of a city without faults at the end of each of twelve days."""
    folder = tmp_path_factory.mktemp("proper")
    days: dict[str, list[dict[str, bytes | None]]] = {}
    for source, first in FIRST.items():
        with Upstream(city, folder, only=(source,)) as upstream:
            for number in range(12):
                upstream.advance(end_of(first + number * DAY))
                days.setdefault(source, []).append(outbox(place(folder, source)))
    return days


@pytest.mark.parametrize(("source", "fault"), FILE_FAULTS)
def test_an_outbox_shows_the_fault_and_is_good_in_the_end(
    city: City, tmp_path: Path, proper: dict[str, list[dict[str, bytes | None]]], source: str, fault: str
) -> None:
    first = FIRST[source]
    faults = Faults(1, {fault: 1.0}, calm_from=first + 10 * DAY)
    differing = 0
    with Upstream(city, tmp_path, faults, only=(source,)) as upstream:
        for number in range(12):
            upstream.advance(end_of(first + number * DAY))
            differing += outbox(place(tmp_path, source)) != proper[source][number]
        met = upstream.faults_met()
    assert met.get(fault, 0) >= 1 and set(met) == {fault}
    assert differing >= 1, "a client sees another outbox on some evening"
    assert outbox(place(tmp_path, source)) == proper[source][-1]


@pytest.mark.parametrize("source", FIRST)
def test_time_in_steps_and_in_one_leap_show_the_same_troubled_outbox(
    city: City, tmp_path: Path, source: str
) -> None:
    rates = {
        **dict.fromkeys([fault for name, fault in FILE_FAULTS if name == source], 0.3),
        "appears_twice": 0.3,
    }
    shown = []
    for hours in (6, 24 * 6):
        with Upstream(city, tmp_path, Faults(5, rates), only=(source,)) as upstream:
            for passed in range(0, 24 * 6 + 1, hours):
                upstream.advance(end_of(FIRST[source]) + timedelta(hours=passed))
        shown.append(outbox(place(tmp_path, source)))
    assert shown[0] == shown[1]


@pytest.mark.parametrize("source", FIRST)
def test_a_second_name_holds_the_same_bytes_and_lands_once(
    city: City, tmp_path: Path, proper: dict[str, list[dict[str, bytes | None]]], source: str
) -> None:
    day = FIRST[source] + 5 * DAY
    with serving(city, tmp_path, source, day, appears_twice=1.0) as upstream:
        there, usual = outbox(place(tmp_path / "city", source)), proper[source][5]
        assert {name: there[name] for name in usual} == usual
        extra = {name: there[name] for name in set(there) - set(usual) if not name.endswith(".ok")}
        assert extra and set(extra.values()) <= set(usual.values())
        assert upstream.faults_met()["appears_twice"] >= len(extra)
        workspace = pull(upstream, tmp_path, source, newest(source, usual))
    hashes = [delivery.name for delivery in ingest.landed(workspace, source)]
    assert len(hashes) == len({value for name, value in usual.items() if not name.endswith(".ok")})


def newest(source: str, there: dict[str, bytes | None]) -> date:
    """The latest day in a file's name."""
    return max(datetime.strptime(name.split("_")[1][:8], "%Y%m%d").date() for name in there)


# --- SFTP ---


async def within_a_second(client: asyncssh.SSHClientConnection, step: Coroutine[Any, Any, Any]) -> Any:
    """What a step brings. One that is cancelled waits for the server: the connection is broken off first."""
    task = asyncio.ensure_future(step)
    done, _ = await asyncio.wait({task}, timeout=1)
    if not done:
        client.abort()
        await asyncio.wait({task})
        raise TimeoutError
    return task.result()


async def session(upstream: Upstream, name: str | None = None) -> list[str] | bytes:
    """What a client gets from the hotline's outbox in a session of its own: the listing, or a file's bytes."""
    known = connection(upstream, "hotline")
    key = asyncssh.import_public_key(known["extra"]["known_host_key"])
    client = await asyncssh.connect(
        known["host"],
        known["port"],
        username=known["login"],
        password=known["password"],
        known_hosts=([key], [], []),
        client_keys=None,
        config=None,
    )
    try:
        files = await client.start_sftp_client()
        if name is None:
            return [str(entry.filename) for entry in await within_a_second(client, files.readdir("/outbox"))]
        remote = await files.open(f"/outbox/{name}", "rb")
        content = await within_a_second(client, remote.read())
        assert isinstance(content, bytes)
        return content
    finally:
        client.abort()


def test_a_session_hangs_or_breaks_off_and_the_next_does_not(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "STEP_SECONDS", 0.5)
    with serving(city, tmp_path, "hotline", DAYS[1], sftp_hang=1.0) as upstream:
        with pytest.raises(TimeoutError):
            asyncio.run(session(upstream))
        listed = asyncio.run(session(upstream))
        assert upstream.faults_met() == {"sftp_hang": 1}
        with pytest.raises(SourceUnreachable):
            pull(upstream, tmp_path, "hotline", DAYS[1])
    name = next(str(name) for name in listed if str(name).endswith(".csv"))
    content = (tmp_path / "city" / "hotline" / "outbox" / name).read_bytes()
    with serving(city, tmp_path, "hotline", DAYS[1], sftp_cut=1.0) as upstream:
        with pytest.raises((asyncssh.Error, OSError)):
            asyncio.run(session(upstream, name))
        assert asyncio.run(session(upstream, name)) == content
        assert upstream.faults_met() == {"sftp_cut": 1}
        with pytest.raises(SourceUnreachable):
            pull(upstream, tmp_path, "hotline", DAYS[1])
        assert pull(upstream, tmp_path, "hotline", DAYS[1]).root


def test_names_with_a_path_and_links_are_never_landed(city: City, tmp_path: Path) -> None:
    with serving(city, tmp_path, "hotline", DAYS[1], path_in_name=1.0, symlink=1.0) as upstream:
        listed = [str(name) for name in asyncio.run(session(upstream))]
        assert "../GD_20230828_91.csv" in listed and "GD_20230828_90.csv" in listed
        workspace = pull(upstream, tmp_path, "hotline", DAYS[1])
    names = [delivery.name for delivery in ingest.landed(workspace, "hotline")]
    assert names and not any(name.endswith(("_90.csv", "_91.csv")) for name in names)
    assert not ingest.refusals(workspace, "hotline")


def test_a_day_without_sftp_is_named_and_the_next_brings_it(city: City, tmp_path: Path) -> None:
    with serving(city, tmp_path, "hotline", DAYS[1], sftp_down=1.0) as upstream:
        with pytest.raises(OSError, match="Connect"):
            asyncio.run(session(upstream))
        with pytest.raises(SourceUnreachable):
            pull(upstream, tmp_path, "hotline", DAYS[1])
        upstream.advance(end_of(DAYS[2]))
        names = [
            delivery.name
            for delivery in ingest.landed(pull(upstream, tmp_path, "hotline", DAYS[2]), "hotline")
        ]
    assert any(name.startswith("GD_20230828") for name in names)
