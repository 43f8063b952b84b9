"""Pulling a signed REST source from a real HTTP server that misbehaves as such platforms do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import (
    SourceAnswerBroken,
    SourceBusy,
    SourceIncomplete,
    SourceRejectedUs,
    SourceUnreachable,
)
from pipelines.ingest import landed, pull, rest, rest_auth
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests import ingest_harness

DAY = date(2023, 8, 31)
SECRET = "invented-secret"
Fault = Callable[[int, int, list[dict[str, Any]]], Response | None]


def clue(number: int, update_time: str = "2023-08-31 09:00:00", **values: Any) -> dict[str, Any]:
    """One clue of an invented person."""
    return {
        "clueCode": f"XS2023{number:06d}",
        "registerTime": "2023-08-30 09:00:00",
        "updateTime": update_time,
        "regionCode": "640104",
        "status": "20",
        "reporterName": "虚构甲",
        "arrearsMoney": 38000.50,
        **values,
    }


class Platform:
    """Answers pages of `clues` by update time; `fault(request number, page number, clues)` may answer instead."""

    def __init__(self) -> None:
        self.clues: list[dict[str, Any]] = []
        self.fault: Fault = lambda request, page, clues: None
        self.requests, self.largest_page = 0, 1000
        self.nonces: set[str] = set()
        self.queries: list[dict[str, str]] = []
        self.app = FastAPI()
        self.app.add_api_route("/api/v1/clues", self.answer, methods=["GET"])

    def reset(self, clues: list[dict[str, Any]]) -> None:
        self.clues, self.requests, self.queries, self.largest_page = clues, 0, [], 1000
        self.fault = lambda request, page, clues: None

    async def answer(self, request: Request) -> Response:
        self.requests += 1
        query = dict(request.query_params)
        self.queries.append(query)
        headers = request.headers
        ordered = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
        expected = rest_auth.signature(
            SECRET, "GET", "/api/v1/clues", ordered, headers["X-Timestamp"], headers["X-Nonce"]
        )
        if (
            headers["X-Signature"] != expected
            or headers["X-Nonce"] in self.nonces
            or abs(time.time() - int(headers["X-Timestamp"])) > 360
        ):
            return Response('{"code":401,"message":"refused","data":null}', status_code=401)
        self.nonces.add(headers["X-Nonce"])
        page, size = int(query["pageNo"]), min(int(query["pageSize"]), self.largest_page)
        faulty = self.fault(self.requests, page, self.clues)
        if faulty is not None:
            return faulty
        inside = [
            item
            for item in self.clues
            if query["updatedSince"] <= item["updateTime"] < query["updatedBefore"]
        ]
        inside.sort(key=lambda item: (item["updateTime"], item["clueCode"]))
        rows = inside[(page - 1) * size : page * size]
        body = {"total": len(inside), "pageNo": page, "pageSize": size, "rows": rows}
        return Response(json.dumps({"code": 0, "message": "ok", "data": body}, ensure_ascii=False))


@pytest.fixture(scope="module")
def platform() -> Iterator[tuple[Platform, int]]:
    served = Platform()
    with ingest_harness.served(served.app) as port:
        yield served, port


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(rest, "LONGEST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(rest, "MAX_BUSY_SECONDS", 2.5)


@pytest.fixture
def contract() -> SourceContract:
    national = load_sources()["national"]
    return national.model_copy(update={"delivery": national.delivery.but(page_size=3)})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def connection(port: int, secret: str = SECRET) -> Connection:
    return Connection(
        conn_type="http", host="127.0.0.1", port=port, schema="http", login="app", password=secret
    )


def numbers(workspace: Workspace, position: int = -1) -> list[str]:
    delivery = landed(workspace, "national")[position]
    with workspace.scratch() as scratch:
        found = scratch.execute(
            f"select clueCode from {workspace.scan([delivery.rows_file])} order by 1"
        ).fetchall()
    return [row[0] for row in found]


def test_every_row_of_the_window_arrives_once_with_its_control_total(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([clue(at) for at in range(8)])
    report = pull(workspace, contract, connection(port), DAY)
    (delivery,) = report.deliveries
    assert (report.rows, report.theirs, delivery.control_total_agrees) == (8, 8, True)
    assert delivery.delivered_for == DAY
    assert delivery.window_since is None
    assert delivery.window_before == datetime(2023, 9, 1)
    assert numbers(workspace) == sorted(item["clueCode"] for item in served.clues)
    with workspace.scratch() as scratch:
        money = scratch.execute(
            f"select distinct arrearsMoney from {workspace.scan([delivery.rows_file])}"
        ).fetchall()
    assert money == [("38000.5",)], "the number's literal, as sent"


def test_the_same_day_again_is_already_landed(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([clue(at) for at in range(4)])
    first = pull(workspace, contract, connection(port), DAY)
    again = pull(workspace, contract, connection(port), DAY)
    assert (again.deliveries, again.already_landed) == ((), first.deliveries)
    served.clues[0]["updateTime"] = "2023-09-01 08:00:00"
    moved_on = pull(workspace, contract, connection(port), DAY)
    assert moved_on.deliveries == (), "fewer rows of the same window are nothing new"
    assert len(landed(workspace)) == 1


def test_a_late_row_of_the_same_day_is_landed_as_a_second_delivery(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([clue(1)])
    pull(workspace, contract, connection(port), DAY)
    served.clues.append(clue(2))
    assert pull(workspace, contract, connection(port), DAY).rows == 2
    assert len(landed(workspace)) == 2


def test_the_next_window_starts_before_the_end_of_the_last(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([clue(1)])
    pull(workspace, contract, connection(port), date(2023, 8, 30))
    pull(workspace, contract, connection(port), DAY)
    window, trailing = served.queries[-2:]
    assert window["updatedSince"] == "2023-08-30 22:00:00"
    assert (trailing["updatedSince"], trailing["updatedBefore"]) == (
        "2023-07-31 22:00:00",
        "2023-08-30 22:00:00",
    )
    assert window["updatedBefore"] == "2023-09-01 00:00:00"


def test_a_window_without_rows_is_a_delivery_too(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([])
    (delivery,) = pull(workspace, contract, connection(port), DAY).deliveries
    assert (delivery.rows, delivery.control_total, delivery.control_total_agrees) == (0, 0, True)


def test_rows_that_move_while_paging_are_all_there(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([clue(at, f"2023-08-31 09:00:{at:02d}") for at in range(9)])

    def move(request: int, page: int, clues: list[dict[str, Any]]) -> None:
        if request == 2:
            clues[0]["updateTime"] = "2023-08-31 23:00:00"

    served.fault = move
    report = pull(workspace, contract, connection(port), DAY)
    assert report.rows == 9
    assert len(set(numbers(workspace))) == 9


def test_a_row_that_leaves_the_window_takes_no_other_with_it(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([clue(at, f"2023-08-31 09:00:{at:02d}") for at in range(9)])

    def leave(request: int, page: int, clues: list[dict[str, Any]]) -> None:
        if request == 2:
            clues[0]["updateTime"] = "2023-09-02 00:00:00"

    served.fault = leave
    pull(workspace, contract, connection(port), DAY)
    assert numbers(workspace) == sorted(item["clueCode"] for item in served.clues[1:])


def test_faults_that_pass_are_tried_again_with_a_fresh_nonce(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([clue(at) for at in range(2)])
    answers = [
        Response(status_code=503),
        Response(status_code=429, headers={"Retry-After": "1"}),
        Response('{"code":0,"message":"ok","data":{"total":2,"rows":[{"clueC'),
        Response('{"code":5001,"message":"busy","data":null}'),
    ]
    served.fault = lambda request, page, clues: answers[request - 1] if request <= len(answers) else None
    assert pull(workspace, contract, connection(port), DAY).rows == 2
    assert served.requests == 5


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: Response(status_code=500), SourceUnreachable),
        (lambda: Response('{"code":0,"data":{"total":2,"ro'), SourceAnswerBroken),
        (lambda: Response('{"code":5001,"message":"x","data":null}'), SourceAnswerBroken),
        (lambda: Response("<html>portal</html>"), SourceAnswerBroken),
        (lambda: Response(status_code=429, headers={"Retry-After": "600"}), SourceBusy),
        (lambda: Response(status_code=403), SourceRejectedUs),
        (lambda: Response('{"code":401,"message":"x","data":null}'), SourceRejectedUs),
        (lambda: Response(status_code=404), SourceRejectedUs),
    ],
)
def test_faults_that_stay_are_named_and_land_nothing(platform, contract, workspace, answer, error) -> None:
    served, port = platform
    served.reset([clue(1)])
    served.fault = lambda request, page, clues: answer()
    with pytest.raises(error) as raised:
        pull(workspace, contract, connection(port), DAY)
    assert raised.value.where and raised.value.remedy
    assert served.requests == 1 or error in (SourceUnreachable, SourceAnswerBroken)
    assert landed(workspace) == []


def test_a_platform_may_allow_fewer_rows_a_page(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([clue(at) for at in range(5)])
    served.largest_page = 2
    assert pull(workspace, contract, connection(port), DAY).rows == 5


def test_a_wrong_secret_is_never_tried_twice(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([clue(1)])
    with pytest.raises(SourceRejectedUs):
        pull(workspace, contract, connection(port, "another"), DAY)
    assert served.requests == 1


@pytest.mark.parametrize("refusals", [1, 2])
def test_a_refusal_after_an_answer_is_asked_once_more(platform, contract, workspace, refusals: int) -> None:
    served, port = platform
    served.reset([clue(at) for at in range(5)])
    served.largest_page = 2
    refused = Response('{"code":401,"message":"nonce","data":null}', status_code=401)
    served.fault = lambda request, page, clues: refused if 2 <= request < 2 + refusals else None
    if refusals == 1:
        assert pull(workspace, contract, connection(port), DAY).rows == 5
    else:
        with pytest.raises(SourceRejectedUs):
            pull(workspace, contract, connection(port), DAY)
        assert served.requests == 3


def test_a_total_that_never_adds_up_is_incomplete(platform, contract, workspace) -> None:
    served, port = platform
    served.reset([])

    def lie(request: int, page: int, clues: list[dict[str, Any]]) -> Response:
        return Response(json.dumps({"code": 0, "data": {"total": 2, "rows": [clue(1)]}}))

    served.fault = lie
    with pytest.raises(SourceIncomplete, match="says 2 rows, 1 distinct"):
        pull(workspace, contract, connection(port), DAY)
    assert landed(workspace) == []


def test_nobody_listening_is_unreachable(contract, workspace) -> None:
    with pytest.raises(SourceUnreachable):
        pull(workspace, contract, connection(9), DAY)
