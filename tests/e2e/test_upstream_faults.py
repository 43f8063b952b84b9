"""The simulated upstream city misbehaving: every fault of its interfaces is met by a client and made good in time,
and what one pull can survive it survives with every row.

What must have arrived at last is worked out from the city's own versions, never from what a server says.
"""

from __future__ import annotations

import secrets
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import pandas as pd
import psycopg
import pytest

from examples.upstream.model import City, CityParameters, build_city
from examples.upstream.servers import Fault, Faults, Upstream
from examples.upstream.servers.national import signature
from pipelines import ingest
from pipelines.contracts import load_sources
from pipelines.errors import SourceError, SourceRejectedUs, SourceUnreachable
from pipelines.settings import connection_from_environment
from pipelines.store import Workspace
from tests.faults_harness import DAY, DAYS, connection, end_of, landed, login, pull, serving, wait_for_nothing

CLUES = {"updatedSince": "2023-01-01 00:00:00", "updatedBefore": "2023-09-01 00:00:00", "pageSize": "50"}


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(CityParameters(tickets=300))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_nothing(monkeypatch)


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


# --- regional ---


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


def test_a_database_is_down_for_a_day_and_then_there_with_everything(city: City, tmp_path: Path) -> None:
    with serving(city, tmp_path, "regional", DAYS[0] - DAY, regional_down=1.0) as upstream:
        reader = psycopg.connect(**login(upstream))
        for number, day in enumerate(DAYS[:2], start=1):
            upstream.advance(end_of(day))
            with pytest.raises(psycopg.OperationalError):
                reader.execute("select 1")
            with pytest.raises(psycopg.OperationalError, match="Connection refused"):
                cases(upstream)
            with pytest.raises(SourceUnreachable):
                pull(upstream, tmp_path, "regional", day)
            assert upstream.faults_met() == {"regional_down": number}
        upstream.advance(end_of(DAYS[2]))
        workspace = pull(upstream, tmp_path, "regional", DAYS[2])
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
