"""The simulated upstream city over its real protocols, and our readers against it.

One city of 300 invented tickets serves the whole module. What a source must show is worked out here from the
city's own versions, never from what a server says.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import httpx
import pandas as pd
import psycopg
import pytest
from python_calamine import CalamineWorkbook

from examples.upstream.model import City, CityParameters, build_city
from examples.upstream.servers import Upstream, hand_over
from examples.upstream.servers.national import signature
from pipelines import ingest
from pipelines.contracts import load_sources
from pipelines.settings import PROJECT_ROOT, connection_from_environment
from pipelines.store import Workspace

DAYS = (date(2023, 8, 29), date(2023, 8, 30), date(2023, 8, 31))
TICKETS = 300


def end_of(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time()) + timedelta(days=1)


def versions(city: City, source: str) -> pd.DataFrame:
    frame = city.changes[source]
    shown_at = pd.to_datetime(frame["_changed_at"])
    return frame.assign(shown_at=shown_at).sort_values(["shown_at", "_ticket_no", "_version"], kind="stable")


def in_force(city: City, source: str, moment: datetime) -> pd.DataFrame:
    """The last version of each ticket that the source shows before a moment."""
    frame = versions(city, source)
    return frame[frame["shown_at"] < moment].groupby("_ticket_no", sort=False).tail(1)


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(CityParameters(tickets=TICKETS))


@pytest.fixture(scope="module")
def upstream(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    with Upstream(city, tmp_path_factory.mktemp("upstream")) as running:
        running.advance(end_of(DAYS[0]))
        yield running


def connection(upstream: Upstream, source: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(upstream.connections()[f"AIRFLOW_CONN_CLEARANCE_{source.upper()}"])
    return loaded


def ask(upstream: Upstream, query: dict[str, str], **changes: str) -> httpx.Response:
    """One signed request to the national platform; `changes` replace headers to make it a bad one."""
    known = connection(upstream, "national")
    stamp, nonce = changes.get("timestamp", str(int(time.time()))), changes.get("nonce", secrets.token_hex(8))
    text = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
    signed = signature(changes.get("secret", known["password"]), "GET", "/api/v1/clues", text, stamp, nonce)
    headers = {"X-App-Id": known["login"], "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signed}
    return httpx.get(f"http://127.0.0.1:{known['port']}/api/v1/clues", params=query, headers=headers)


def test_national_pages_hold_every_clue_in_force_once(city: City, upstream: Upstream) -> None:
    query = {"updatedSince": "2023-01-01 00:00:00", "updatedBefore": "2023-08-30 00:00:00", "pageSize": "20"}
    rows: list[dict[str, Any]] = []
    for number in range(1, 1000):
        answer = ask(upstream, {**query, "pageNo": str(number)}).json()
        assert answer["code"] == 0
        if not answer["data"]["rows"]:
            break
        rows += answer["data"]["rows"]
    expected = in_force(city, "national", end_of(DAYS[0]))
    expected = expected[expected["updateTime"].between("2023-01-01 00:00:00", "2023-08-29 23:59:59")]
    assert answer["data"]["total"] == len(rows) == len(expected)
    assert sorted(str(row["clueCode"]) for row in rows) == sorted(
        expected["clueCode"].astype(object).map(str)
    )
    assert [row["updateTime"] for row in rows] == sorted(row["updateTime"] for row in rows)


def test_national_refuses_what_the_contract_refuses(upstream: Upstream) -> None:
    assert ask(upstream, {}).status_code == 200
    assert ask(upstream, {}, secret="another").status_code == 401
    assert ask(upstream, {}, timestamp=str(int(time.time()) - 400)).status_code == 401
    assert ask(upstream, {}, nonce="only-once").status_code == 200
    assert ask(upstream, {}, nonce="only-once").status_code == 401
    bad = ask(upstream, {"pageNo": "first"})
    assert bad.status_code == 200 and bad.json()["code"] != 0


def test_regional_table_holds_the_cases_in_force(city: City, upstream: Upstream) -> None:
    known = connection(upstream, "regional")
    login = {"host": known["host"], "port": known["port"], "dbname": known["schema"], "user": known["login"]}
    with psycopg.connect(**login, password=known["password"]) as reader:
        found = reader.execute(
            "select ajbh, ajzt from exchange.ldjc_aj where ajbh <> '' order by ajbh"
        ).fetchall()
    expected = in_force(city, "regional", end_of(DAYS[0]))
    expected = expected[expected["ajbh"].fillna("") != ""].drop_duplicates("ajbh", keep="last")
    assert found == sorted(expected[["ajbh", "ajzt"]].itertuples(index=False, name=None))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**login, password="wrong")


def test_sftp_accounts_see_their_own_outbox_only(upstream: Upstream) -> None:
    async def listing(source: str, password: str | None = None) -> set[str]:
        known = connection(upstream, source)
        key = asyncssh.import_public_key(known["extra"]["known_host_key"])
        async with (
            asyncssh.connect(
                known["host"],
                known["port"],
                username=known["login"],
                password=password or known["password"],
                known_hosts=([key], [], []),
                client_keys=None,
                config=None,
            ) as session,
            session.start_sftp_client() as files,
        ):
            return {str(name) for name in await files.listdir(known["extra"]["path"])} - {".", ".."}

    petition, hotline = asyncio.run(listing("petition")), asyncio.run(listing("hotline"))
    assert "XFJ_20230829_2350.xlsx" in petition and all(
        re.fullmatch(r"XFJ_\d{8}_\d{4}\.xlsx?", n) for n in petition
    )
    assert all(re.fullmatch(r"GD_\d{8}_\d\d\.(csv|ok)", name) for name in hotline)
    assert {name[:-4] for name in hotline if name.endswith(".csv")} == {
        n[:-3] for n in hotline if n.endswith(".ok")
    }
    with pytest.raises(asyncssh.PermissionDenied):
        asyncio.run(listing("hotline", password="wrong"))


@pytest.fixture(scope="module")
def handed_over(city: City, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    return hand_over(city, tmp_path_factory.mktemp("handed"), end_of(DAYS[-1]))


def test_hotline_files_hold_every_version_once(city: City, handed_over: dict[str, list[Path]]) -> None:
    rows = 0
    for path in handed_over["hotline"]:
        if path.suffix != ".csv":
            continue
        content = path.read_bytes()
        encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030"
        in_file = list(csv.reader(io.StringIO(content.decode(encoding, errors="replace"), newline="")))[1:]
        count, digest = path.with_suffix(".ok").read_text().split()
        assert (int(count), digest) == (len(in_file), hashlib.sha256(content).hexdigest()), path.name
        rows += len(in_file)
    frame = versions(city, "hotline")
    assert rows == (frame["shown_at"] < end_of(DAYS[-1])).sum()


def test_a_petition_export_says_what_the_city_says(city: City, handed_over: dict[str, list[Path]]) -> None:
    """Names of columns, their order and the spelling of dates vary by file; what is said does not."""
    contract = load_sources()["petition"]
    for path in handed_over["petition"]:
        exported_at = datetime.strptime(path.stem, "XFJ_%Y%m%d_%H%M")
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
        names = [contract.declared_name(str(cell)) for cell in sheet[2]]
        assert sorted(map(str, names)) == sorted(contract.columns), f"{path.name}: {sheet[2]}"
        expected = in_force(city, "petition", exported_at)
        assert f"共 {len(expected)} 件" in str(sheet[1][0])
        assert "合计" in sheet[-1] and len(sheet) == 4 + len(expected)
        for column in ("登记日期", "限办时间", "办结日期"):
            place = names.index(column)
            assert [day_of(row[place]) for row in sheet[3:-1]] == [day_of(x) for x in expected[column]], (
                path.name
            )


def day_of(cell: object) -> str:
    """The day that a cell names, in whatever spelling; '' where it names none."""
    if isinstance(cell, int | float) and cell == cell:
        return f"{datetime(1899, 12, 30) + timedelta(days=cell):%Y-%m-%d}"
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    found = re.match(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})", cell) if isinstance(cell, str) else None
    return "-".join(part.zfill(2) for part in found.groups()) if found else ""


def test_hand_over_is_the_same_bytes_each_time(
    city: City, handed_over: dict[str, list[Path]], tmp_path: Path
) -> None:
    again = hand_over(city, tmp_path, end_of(DAYS[-1]))
    for source, paths in handed_over.items():
        assert [(p.name, p.read_bytes()) for p in paths] == [
            (p.name, p.read_bytes()) for p in again[source]
        ], source


def test_time_in_steps_gives_the_files_of_time_in_one_leap(
    city: City, handed_over: dict[str, list[Path]], tmp_path: Path
) -> None:
    with Upstream(city, tmp_path / "city") as stepping:
        for hours in (0, 24, 31, 40, 48):
            stepping.advance(end_of(DAYS[0]) + timedelta(hours=hours))
        with pytest.raises(ValueError, match="forward"):
            stepping.advance(end_of(DAYS[0]))
    for source in ("petition", "hotline", "cyberspace"):
        stepped = sorted(path for path in (tmp_path / "city" / source).rglob("*.*") if path.is_file())
        assert [p.name for p in stepped] == sorted(p.name for p in handed_over[source])
        assert all(p.read_bytes() == (handed_over[source][0].parent / p.name).read_bytes() for p in stepped)


def test_served_in_the_foreground_and_stopped_without_a_trace(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.upstream", "--folder", str(tmp_path), "--until", "2023-08-29"]
    process = subprocess.Popen(
        [*command, "--tickets", "60"], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(4)]
        assert "invented" in said[0], "".join(said)
        lines = (tmp_path / "connections.env").read_text(encoding="utf-8").splitlines()
        assert "invented" in lines[0] and len(lines) == 6
        assert (tmp_path / "connections.env").stat().st_mode & 0o077 == 0
        known = dict(shlex.split(line)[1].split("=", 1) for line in lines[1:])
        pg_folder = Path(json.loads(known["AIRFLOW_CONN_CLEARANCE_REGIONAL"])["host"])
        postmaster = int((pg_folder / "postmaster.pid").read_text().split()[0])
        url = json.loads((tmp_path / "control.json").read_text())["url"]
        assert httpx.post(f"{url}/advance", json={"until": "2023-08-30"}).json() == {
            "until": "2023-08-31 00:00:00"
        }
        assert httpx.post(f"{url}/advance", json={"until": "2023-08-29"}).status_code == 400
        assert (tmp_path / "petition" / "outbox" / "XFJ_20230830_2350.xlsx").exists()
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=30)
    assert code == 0
    assert not pg_folder.exists() and not (tmp_path / "connections.env").exists()
    assert has_ended(postmaster), "the database of the stopped city is still running"


def has_ended(pid: int) -> bool:
    """Whether a process is gone within a few seconds; one that nobody has reaped yet is gone too."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


# --- our readers against the servers ---

NUMBER_AND_CHANGE = {"national": ("clueCode", "updateTime"), "regional": ("ajbh", "gxsj")}


@pytest.fixture(scope="module")
def pulled(city: City, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace that pulled every source at the end of each of the three days."""
    folder = tmp_path_factory.mktemp("pulled")
    workspace = Workspace.open(folder / "workspace")
    with Upstream(city, folder / "city") as upstream:
        for day in DAYS:
            upstream.advance(end_of(day))
            for contract in load_sources().values():
                known = connection_from_environment(contract.connection, upstream.connections())
                assert known is not None
                report = ingest.pull(workspace, contract, known, day)
                assert not report.refused, f"{contract.source} {day}"
    return workspace


def landed_rows(workspace: Workspace, source: str, *columns: str) -> list[tuple[str, ...]]:
    """The named columns of every landed row of a source, NULL as ''; times cut to whole seconds."""
    files = [delivery.rows_file for delivery in ingest.landed(workspace, source)]
    chosen = ", ".join(f"coalesce(\"{name}\", '')" for name in columns)
    with workspace.scratch() as connection:
        return connection.execute(f"select {chosen} from {workspace.scan(files)}").fetchall()


def seen_by_pulls(city: City, source: str) -> set[tuple[str, str]]:
    number, change = NUMBER_AND_CHANGE[source]
    shown = pd.concat([in_force(city, source, end_of(day)) for day in DAYS])
    return {(no, at[:19]) for no, at in shown[[number, change]].fillna("").itertuples(index=False, name=None)}


@pytest.mark.parametrize("source", sorted(NUMBER_AND_CHANGE))
def test_pulls_land_what_was_in_force_each_evening(city: City, pulled: Workspace, source: str) -> None:
    landed = {(no, at[:19]) for no, at in landed_rows(pulled, source, *NUMBER_AND_CHANGE[source])}
    assert landed == seen_by_pulls(city, source)
    assert {d.delivered_for for d in ingest.landed(pulled, source)} == set(DAYS)


def test_pulls_meet_the_control_totals(pulled: Workspace) -> None:
    for delivery in ingest.landed(pulled):
        assert delivery.control_total_agrees in (True, None), delivery
        if delivery.source in ("national", "petition"):
            assert delivery.control_total == delivery.rows


@pytest.mark.parametrize(("source", "number"), [("hotline", "工单编号"), ("cyberspace", "线索编号")])
def test_pulls_land_every_version_of_a_file_source(
    city: City, pulled: Workspace, source: str, number: str
) -> None:
    frame = versions(city, source)
    expected = frame[frame["shown_at"] < end_of(DAYS[-1])][number].fillna("")
    assert Counter(no for (no,) in landed_rows(pulled, source, number)) == Counter(expected)


def test_pulls_land_every_petition_of_every_export(city: City, pulled: Workspace) -> None:
    expected: Counter[str] = Counter()
    for delivery in ingest.landed(pulled, "petition"):
        expected.update(
            in_force(city, "petition", datetime.strptime(delivery.name[:17], "XFJ_%Y%m%d_%H%M"))[
                "信访件编号"
            ].fillna("")
        )
    assert Counter(no for (no,) in landed_rows(pulled, "petition", "信访件编号")) == expected


def test_hand_over_files_bring_what_the_pulls_brought(
    city: City, pulled: Workspace, handed_over: dict[str, list[Path]], tmp_path: Path
) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    for source, contract in load_sources().items():
        ingest.import_files(workspace, contract, handed_over[source], DAYS[-1])
        if source in NUMBER_AND_CHANGE:
            columns = NUMBER_AND_CHANGE[source]
            landed = {(no, at[:19]) for no, at in landed_rows(workspace, source, *columns)}
            assert landed == seen_by_pulls(city, source)
        else:
            pulled_ids = {delivery.delivery_id for delivery in ingest.landed(pulled, source)}
            assert {delivery.delivery_id for delivery in ingest.landed(workspace, source)} == pulled_ids
