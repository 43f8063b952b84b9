"""The simulated upstream city misbehaving: every fault is met by a client and made good in time, and what one
pull can survive it survives with every row.

What must have arrived at last is worked out from the city's own versions, never from what a server says.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import httpx
import pandas as pd
import psycopg
import pytest

from examples.upstream.model import City, CityParameters, build_city
from examples.upstream.servers import Fault, Faults, Upstream, national_faults
from examples.upstream.servers.national import signature
from pipelines import ingest
from pipelines.contracts import load_sources
from pipelines.errors import SourceError, SourceRejectedUs, SourceUnreachable
from pipelines.ingest import database, rest, sftp
from pipelines.settings import connection_from_environment
from pipelines.store import Workspace

# A fault of a day strikes the first two of these and leaves the third alone.
DAYS = (date(2023, 8, 27), date(2023, 8, 28), date(2023, 8, 29))
DAY = timedelta(days=1)
CLUES = {"updatedSince": "2023-01-01 00:00:00", "updatedBefore": "2023-09-01 00:00:00", "pageSize": "50"}


def end_of(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time()) + timedelta(days=1)


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(CityParameters(tickets=300))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
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


def landed(workspace: Workspace, source: str, column: str) -> list[str]:
    files = [delivery.rows_file for delivery in ingest.landed(workspace, source)]
    with workspace.scratch() as scratch:
        found = scratch.execute(f"select coalesce(\"{column}\", '') from {workspace.scan(files)}").fetchall()
    return sorted(value for (value,) in found)


# --- national ---


def ask(upstream: Upstream, page: int = 1, **changes: str) -> httpx.Response:
    """One signed request for the clues of the year."""
    known = connection(upstream, "national")
    query = {**CLUES, "pageNo": str(page), **changes}
    stamp, nonce = str(int(time.time())), secrets.token_hex(8)
    text = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
    signed = signature(known["password"], "GET", "/api/v1/clues", text, stamp, nonce)
    headers = {"X-App-Id": known["login"], "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signed}
    return httpx.get(f"http://127.0.0.1:{known['port']}/api/v1/clues", params=query, headers=headers)


def clues(answer: httpx.Response) -> list[str]:
    return [row["clueCode"] for row in answer.json()["data"]["rows"]]


def seen(upstream: Upstream, times: int = 8) -> list[str]:
    """What a client sees in so many requests: 'ok', a status, a code under 200, or how the connection ended."""
    outcomes = []
    for _ in range(times):
        try:
            answer = ask(upstream)
        except httpx.TransportError as error:
            outcomes.append(type(error).__name__)
            continue
        body = answer.json() if "json" in answer.headers["content-type"] else {}
        code = body.get("code")
        outcomes.append(
            "ok" if code == 0 else f"code {code}" if answer.is_success else str(answer.status_code)
        )
    return outcomes


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("http_401_once", ["401", "ok"] * 4),
        ("nonce_repeated", ["401", "ok"] * 4),
        ("http_429", ["429", "429", "429", "ok"] * 2),
        ("error_under_200", ["code 5001", "code 5001", "code 5001", "ok"] * 2),
        ("cut_connection", ["RemoteProtocolError"] * 3 + ["ok"] + ["RemoteProtocolError"] * 3 + ["ok"]),
        ("half_body", ["RemoteProtocolError"] * 3 + ["ok"] + ["RemoteProtocolError"] * 3 + ["ok"]),
        ("slow", ["ok"] * 8),
        ("clock_skew", ["401"] * 8),
        ("unauthorized", ["401"] * 8),
        ("national_down", ["ConnectError"] * 8),
    ],
)
def test_a_client_of_the_platform_sees_the_fault(
    city: City, tmp_path: Path, fault: str, expected: list[str]
) -> None:
    with serving(city, tmp_path, "national", DAYS[0], **{fault: 1.0}) as upstream:
        assert seen(upstream) == expected
        assert upstream.faults_met()[fault] == (
            1 if fault == "national_down" else len(expected) - expected.count("ok") or 6
        )
        upstream.advance(end_of(DAYS[2]))
        assert "ok" in seen(upstream, 4), "made good on the third day"


def test_errors_of_the_server_and_what_429_asks_for(city: City, tmp_path: Path) -> None:
    with serving(city, tmp_path, "national", DAYS[0], http_5xx=1.0) as upstream:
        assert {int(status) for status in seen(upstream, 3)} <= {500, 502, 503, 504}
    with serving(city, tmp_path, "national", DAYS[0], http_429=1.0) as upstream:
        waits = {ask(upstream).headers.get("Retry-After") for _ in range(20)} - {None}
    assert "1" in waits and any(str(wait).endswith("GMT") for wait in waits), waits


def test_pages_shrink_totals_lie_and_rows_move(city: City, tmp_path: Path) -> None:
    with serving(city, tmp_path, "national", DAYS[0]) as upstream:
        first, second, total = (
            clues(ask(upstream)),
            clues(ask(upstream, 2)),
            ask(upstream).json()["data"]["total"],
        )
        assert not upstream.faults_met()
    with serving(city, tmp_path, "national", DAYS[0], page_smaller=1.0) as upstream:
        page = ask(upstream, 2).json()["data"]
        assert page["pageSize"] == 25 and [row["clueCode"] for row in page["rows"]] == first[25:]
    with serving(city, tmp_path, "national", DAYS[0], total_wrong=1.0) as upstream:
        assert [ask(upstream).json()["data"]["total"] - total for _ in range(4)] == [1, 1, 0, 0]
    with serving(city, tmp_path, "national", DAYS[0], rows_shift=1.0) as upstream:
        assert clues(ask(upstream)) == first
        moved = clues(ask(upstream, 2))
        assert moved[:-1] == second[1:] and moved[-1] not in second, (
            "a row is missed at the border of two pages"
        )
        everything = [
            code for number in range(1, 4) for code in clues(ask(upstream, number, pageSize="1000"))
        ]
        assert len(everything) == len(set(everything)) == total


def test_one_pull_survives_what_a_platform_does_in_passing(city: City, tmp_path: Path) -> None:
    in_passing = (
        "http_429",
        "http_5xx",
        "error_under_200",
        "cut_connection",
        "half_body",
        "slow",
        "total_wrong",
    )
    rates = {**dict.fromkeys(in_passing, 0.15), "rows_shift": 1.0, "page_smaller": 1.0}
    contract = load_sources()["national"]
    contract = contract.model_copy(update={"delivery": contract.delivery.but(page_size=40)})
    with serving(city, tmp_path, "national", DAYS[0], **rates) as upstream:
        known = connection_from_environment(contract.connection, upstream.connections())
        assert known is not None
        workspace = Workspace.open(tmp_path / "workspace")
        ingest.pull(workspace, contract, known, DAYS[0])
        met = upstream.faults_met()
    frame = city.changes["national"]
    expected = frame[frame["_changed_at"] < str(end_of(DAYS[0]))].groupby("_ticket_no").tail(1)
    assert landed(workspace, "national", "clueCode") == sorted(expected["clueCode"].fillna(""))
    assert met["rows_shift"] == 2 and met["page_smaller"] > 8 and set(in_passing) <= set(met), met


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("unauthorized", SourceRejectedUs),
        ("clock_skew", SourceRejectedUs),
        ("national_down", SourceUnreachable),
    ],
)
def test_a_lost_day_of_the_platform_is_named_and_the_next_brings_it(
    city: City, tmp_path: Path, fault: str, error: type[SourceError]
) -> None:
    with serving(city, tmp_path, "national", DAYS[1], **{fault: 1.0}) as upstream:
        with pytest.raises(error):
            pull(upstream, tmp_path, "national", DAYS[1])
        upstream.advance(end_of(DAYS[2]))
        assert landed(pull(upstream, tmp_path, "national", DAYS[2]), "national", "clueCode")


# --- files ---

# From the day before something is delivered: days on which each source delivers.
FIRST = {"hotline": date(2023, 8, 25), "petition": date(2023, 8, 26), "cyberspace": date(2023, 1, 28)}
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


# --- regional ---


def login(upstream: Upstream) -> dict[str, Any]:
    known = connection(upstream, "regional")
    return {
        "host": known["host"],
        "port": known["port"],
        "dbname": known["schema"],
        "user": known["login"],
        "password": known["password"],
    }


def cases(upstream: Upstream) -> dict[str, datetime]:
    """Number and change time of every case that the reader sees."""
    with psycopg.connect(**login(upstream)) as reader:
        found = reader.execute("select ajbh, gxsj from exchange.ldjc_aj where ajbh <> ''")
        return dict(found.fetchall())


def expected_cases(city: City, day: date) -> dict[str, datetime]:
    frame = city.changes["regional"]
    shown = frame[pd.to_datetime(frame["_changed_at"]) < end_of(day)].sort_values(["_changed_at", "_version"])
    newest = shown[shown["ajbh"].fillna("") != ""].groupby("ajbh").tail(1)
    return {row.ajbh: datetime.fromisoformat(row.gxsj) for row in newest.itertuples()}


def test_late_commits_are_not_there_and_then_are(city: City, tmp_path: Path) -> None:
    """Whatever is missing on an evening changed before it, and is there five days later at the latest."""
    first, missing = date(2023, 8, 15), []
    faults = Faults(2, {"late_commit": 0.5, "very_late_commit": 0.5}, calm_from=first + 11 * DAY)
    with Upstream(city, tmp_path / "city", faults, only=("regional",)) as upstream:
        for number in range(12):
            upstream.advance(end_of(first + number * DAY))
            there, usual = cases(upstream), expected_cases(city, first + number * DAY)
            missing.append({item for item in usual.items() if there.get(item[0]) != item[1]})
        met = upstream.faults_met()
    assert met["late_commit"] >= 1 and met["very_late_commit"] >= 1 and any(missing) and not missing[-1]
    for number, late in enumerate(missing[:-5]):
        assert not late & missing[number + 5], "made good within the time"
    assert any(late & missing[number + 1] for number, late in enumerate(missing[:-1])), "some take days"


def columns(upstream: Upstream) -> dict[str, str]:
    """The names and types of the table's columns."""
    shape = (
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = 'exchange.ldjc_aj'::regclass and attnum > 0"
    )
    with psycopg.connect(**login(upstream)) as reader:
        return dict(reader.execute(shape).fetchall())


def test_a_table_changes_for_a_day_and_a_session_ends_while_it_reads(city: City, tmp_path: Path) -> None:
    table_faults = ("permission_denied", "column_dropped", "column_retyped")
    with serving(
        city, tmp_path, "regional", DAYS[1], **dict.fromkeys((*table_faults, "restart_in_read"), 1.0)
    ) as upstream:
        shown = columns(upstream)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            cases(upstream)
        with pytest.raises(SourceRejectedUs):
            pull(upstream, tmp_path, "regional", DAYS[1])
        upstream.advance(end_of(DAYS[1]) + timedelta(hours=12))
        usual = columns(upstream)
        assert (
            len({name for name in shown if name.endswith("_bak")}) == 1 and len(set(usual) - set(shown)) == 1
        )
        assert len([name for name in usual if shown.get(name) == "text" != usual[name]]) == 1
        with pytest.raises(psycopg.OperationalError):
            cases(upstream)
        assert cases(upstream)
        upstream.advance(end_of(DAYS[2]))
        workspace = pull(upstream, tmp_path, "regional", DAYS[2])
        assert upstream.faults_met() == {**dict.fromkeys(table_faults, 1), "restart_in_read": 2}
        assert cases(upstream) == expected_cases(city, DAYS[2])
    assert set(expected_cases(city, DAYS[2])) == set(landed(workspace, "regional", "ajbh")) - {""}


# --- the switches ---


def test_rates_are_shares_of_known_faults() -> None:
    with pytest.raises(ValueError, match="no_such"):
        Faults(1, {"no_such": 0.5})
    with pytest.raises(ValueError, match="between 0 and 1"):
        Faults(1, {Fault.SLOW: 1.5})


def test_a_run_meets_the_same_faults_again_and_none_once_it_is_calm(city: City, tmp_path: Path) -> None:
    rates = {"http_5xx": 0.3, "error_under_200": 0.3}
    runs = []
    for _ in range(2):
        with serving(city, tmp_path, "national", DAYS[0], **rates) as upstream:
            runs.append(seen(upstream, 20))
    assert runs[0] == runs[1] and "ok" in runs[0] and "code 5001" in runs[0]
    calm = Faults(1, {"http_5xx": 1.0, "unauthorized": 1.0}, calm_from=DAYS[0])
    with Upstream(city, tmp_path / "city", calm, only=("national",)) as upstream:
        upstream.advance(end_of(DAYS[0]))
        assert seen(upstream) == ["ok"] * 8 and not upstream.faults_met()
