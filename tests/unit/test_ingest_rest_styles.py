"""A REST interface in other styles than the national platform's: paging, envelope, credentials, times, no total."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from pipelines.contracts import RestDelivery, SourceContract, load_sources
from pipelines.errors import (
    ConfigurationError,
    SourceAnswerBroken,
    SourceIncomplete,
    SourceRejectedUs,
)
from pipelines.ingest import landed, pull, rest
from pipelines.ingest.rest_paging import written_time
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests.ingest_harness import served

DAY = date(2023, 8, 31)
SECRET = "invented-secret"
Answer = Callable[[dict[str, str], list[dict[str, Any]]], Any]


def clue(number: int, moment: str = "2023-08-31 09:00:00") -> dict[str, Any]:
    """One clue of an invented person."""
    return {
        "clueCode": f"XS2023{number:06d}", "registerTime": "2023-08-30 09:00:00", "updateTime": moment,
        "regionCode": "640104", "status": "20", "reporterName": "虚构甲",
    }  # fmt: skip


CLUES = [clue(number) for number in range(7)]


class Platform:
    """Answers with whatever `answer` makes of the query and the clues; remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda query, clues: {}
        self.clues = CLUES
        self.queries: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.app = FastAPI()
        self.app.add_api_route("/rows", self.reply, methods=["GET"])
        self.port = 0

    async def reply(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.queries.append(query)
        self.headers.append(dict(request.headers))
        made = self.answer(query, self.clues)
        return made if isinstance(made, Response) else Response(json.dumps(made, ensure_ascii=False))


@pytest.fixture(scope="module")
def serving() -> Iterator[Platform]:
    platform = Platform()
    with served(platform.app) as port:
        platform.port = port
        yield platform


@pytest.fixture
def platform(serving: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    serving.clues, serving.queries, serving.headers = CLUES, [], []
    monkeypatch.setattr(rest, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(rest, "LONGEST_PAUSE_SECONDS", 0.02)
    return serving


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def contract(**delivery: Any) -> SourceContract:
    said = {
        "kind": "rest",
        "path": "/rows",
        "order_column": "updateTime",
        "page_size": 3,
        "auth": "bearer",
        **delivery,
    }
    return load_sources()["national"].model_copy(update={"delivery": RestDelivery(**said)})


def numbers(
    platform: Platform,
    workspace: Workspace,
    contract: SourceContract,
    login: str = "",
    password: str = SECRET,
) -> list[str]:
    """Pull the day and return the numbers that landed."""
    connection = Connection(
        conn_type="http", host="127.0.0.1", port=platform.port, schema="http", login=login, password=password
    )
    pull(workspace, contract, connection, DAY)
    delivery = landed(workspace, "national")[-1]
    with workspace.scratch() as scratch:
        found = scratch.execute(
            f"select clueCode from {workspace.scan([delivery.rows_file])} order by 1"
        ).fetchall()
    return [row[0] for row in found]


ALL = [item["clueCode"] for item in CLUES]


def test_offset_and_limit_with_an_api_key(platform: Platform, workspace: Workspace) -> None:
    platform.answer = lambda query, clues: {
        "list": clues[int(query["start"]) : int(query["start"]) + int(query["max"])],
        "count": len(clues),
    }
    style = contract(
        auth={"kind": "api_key_header", "header": "X-Token"},
        paging="offset",
        query={"since": "from", "before": "to", "size": "max", "offset": "start"},
        time_format="epoch_seconds",
        envelope={"rows": "list", "total": "count", "page_size": None, "code": None},
    )
    assert numbers(platform, workspace, style) == ALL
    assert [query["start"] for query in platform.queries[:3]] == ["0", "3", "6"]
    assert platform.headers[0]["x-token"] == SECRET
    assert platform.queries[0]["from"] == "0"
    assert platform.queries[0]["to"] == "1693497600", "2023-09-01 00:00 in Beijing"
    assert landed(workspace, "national")[-1].control_total == 7


def test_an_offset_goes_on_where_a_platform_allows_fewer_rows(
    platform: Platform, workspace: Workspace
) -> None:
    platform.answer = lambda query, clues: {
        "data": {"rows": clues[int(query["offset"]) :][:2], "total": len(clues)},
        "code": 0,
    }
    assert numbers(platform, workspace, contract(paging="offset")) == ALL


def test_pages_from_zero_without_a_total_end_with_an_empty_page(
    platform: Platform, workspace: Workspace
) -> None:
    def answer(query: dict[str, str], clues: list[dict[str, Any]]) -> Any:
        start = int(query["pageNo"]) * 2  # it allows two rows a page, and does not say so
        return clues[start : start + 2]

    platform.answer = answer
    style = contract(
        auth="basic", first_page=0, envelope={"rows": ".", "total": None, "page_size": None, "code": None}
    )
    assert numbers(platform, workspace, style, login="office") == ALL
    assert (
        platform.headers[0]["authorization"]
        == f"Basic {base64.b64encode(f'office:{SECRET}'.encode()).decode()}"
    )
    delivery = landed(workspace, "national")[-1]
    assert delivery.control_total is None, "nobody stated one"
    assert len(platform.queries) == 10, "five pages with the empty one, read twice"


def test_a_platform_that_ignores_the_page_is_found_out(platform: Platform, workspace: Workspace) -> None:
    platform.answer = lambda query, clues: {"rows": clues[:3]}
    style = contract(envelope={"rows": "rows", "total": None, "page_size": None, "code": None})
    with pytest.raises(SourceAnswerBroken, match="the same page again"):
        numbers(platform, workspace, style)
    assert landed(workspace, "national") == []


def cursor_style(**envelope: Any) -> SourceContract:
    return contract(
        paging="cursor",
        envelope={"rows": "rows", "total": None, "page_size": None, "cursor": "next", "code": "state",
                  "success": ["ok", "partial"], **envelope},
    )  # fmt: skip


def cursor_page(query: dict[str, str], clues: list[dict[str, Any]]) -> dict[str, Any]:
    start = int(query.get("cursor", "0"))
    end = start + int(query["pageSize"])
    return {"state": "ok", "rows": clues[start:end], "next": str(end) if end < len(clues) else ""}


def test_a_cursor_is_followed_and_read_twice(platform: Platform, workspace: Workspace) -> None:
    platform.answer = cursor_page
    assert numbers(platform, workspace, cursor_style()) == ALL
    assert [query.get("cursor") for query in platform.queries] == [None, "3", "6"] * 2
    assert platform.headers[0]["authorization"] == f"Bearer {SECRET}"


def test_rows_that_move_under_a_cursor_are_read_until_two_readings_agree(
    platform: Platform, workspace: Workspace
) -> None:
    def answer(query: dict[str, str], clues: list[dict[str, Any]]) -> Any:
        shown = clues[1:] if len(platform.queries) <= 2 else clues
        return cursor_page(query, shown)

    platform.answer = answer
    assert numbers(platform, workspace, cursor_style()) == ALL
    assert len(platform.queries) == 8, "one reading of two pages, then two of three that agree"


def test_without_two_readings_that_agree_nothing_lands(platform: Platform, workspace: Workspace) -> None:
    def answer(query: dict[str, str], clues: list[dict[str, Any]]) -> Any:
        return cursor_page(query, [*clues, clue(100 + len(platform.queries))])

    platform.answer = answer
    with pytest.raises(SourceIncomplete, match="no two of 6 readings agree"):
        numbers(platform, workspace, cursor_style())
    assert landed(workspace, "national") == []


def test_a_cursor_with_a_total_must_add_up_to_it(platform: Platform, workspace: Workspace) -> None:
    platform.answer = lambda query, clues: {**cursor_page(query, clues[:6]), "total": 7}
    with pytest.raises(SourceIncomplete, match="says 7 rows, 6 distinct"):
        numbers(platform, workspace, cursor_style(total="total"))
    platform.answer = lambda query, clues: {**cursor_page(query, clues), "total": 7}
    assert numbers(platform, workspace, cursor_style(total="total")) == ALL


def test_a_cursor_that_leads_back_is_found_out(platform: Platform, workspace: Workspace) -> None:
    platform.answer = lambda query, clues: {"state": "ok", "rows": clues[:3], "next": "again"}
    with pytest.raises(SourceAnswerBroken, match="leads back"):
        numbers(platform, workspace, cursor_style())


def test_a_success_code_of_its_own_and_an_error_under_http_200(
    platform: Platform, workspace: Workspace
) -> None:
    platform.answer = lambda query, clues: {**cursor_page(query, clues), "state": "partial"}
    assert numbers(platform, workspace, cursor_style()) == ALL
    platform.answer = lambda query, clues: {"state": "down"}
    with pytest.raises(SourceAnswerBroken, match="error under HTTP 200"):
        numbers(platform, workspace, cursor_style())
    platform.answer = lambda query, clues: {"state": 40103}
    with pytest.raises(SourceRejectedUs, match="code 40103"):
        numbers(platform, workspace, cursor_style())


def test_an_envelope_that_is_not_there_is_named(platform: Platform, workspace: Workspace) -> None:
    platform.answer = lambda query, clues: {"state": "ok", "items": clues}
    with pytest.raises(SourceAnswerBroken, match="nothing fitting at rows"):
        numbers(platform, workspace, cursor_style())


@pytest.mark.parametrize(
    ("auth", "what"), [("bearer", "key or token"), ("basic", "a login"), ("hmac_sha256", "app id")]
)
def test_a_connection_without_what_it_takes_is_named(workspace: Workspace, auth: str, what: str) -> None:
    connection = Connection(conn_type="http", host="127.0.0.1", port=9)
    with pytest.raises(ConfigurationError, match=what) as caught:
        pull(workspace, contract(auth=auth), connection, DAY)
    assert caught.value.where == "clearance_national"


def test_no_secret_stands_in_a_message(platform: Platform, workspace: Workspace) -> None:
    platform.answer = lambda query, clues: Response("{}", status_code=403)
    with pytest.raises(SourceRejectedUs) as caught:
        numbers(platform, workspace, cursor_style())
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%Y-%m-%d %H:%M:%S", "2023-08-31 23:59:58"),
        ("%Y%m%d%H%M%S", "20230831235958"),
        ("iso8601", "2023-08-31T23:59:58+08:00"),
        ("epoch_seconds", "1693497598"),
        ("epoch_milliseconds", "1693497598000"),
    ],
)
def test_bounds_are_written_as_the_platform_wants_them(form: str, written: str) -> None:
    assert written_time(datetime(2023, 8, 31, 23, 59, 58), form) == written
