"""The national clue platform: signed REST with pages, as it behaves, on a loopback port of its own.

`GET /api/v1/clues?updatedSince=…&updatedBefore=…&pageNo=1&pageSize=200` answers with the clues whose
*present* `updateTime` lies in [updatedSince, updatedBefore), ordered by it: a clue updated while somebody
pages moves to the end. Bad parameters are answered with HTTP 200 and a `code` other than 0; a bad
signature, a clock more than 360 s off and a nonce used twice with 401. The clock of the signature is the
real one; the city's time is simulated.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from json.encoder import encode_basestring
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response

from examples.upstream.servers.faults import NO_FAULTS, Fault, Faults
from examples.upstream.servers.national_faults import NationalFaults, answer
from examples.upstream.servers.versions import Row, Versions

PATH = "/api/v1/clues"
CLOCK_TOLERANCE_SECONDS = 360
LARGEST_PAGE = 1000
NUMBER_COLUMNS = frozenset({"arrearsPersons", "arrearsMoney", "solvedPersons", "solvedMoney"})


def signature(secret: str, method: str, path: str, query: str, timestamp: str, nonce: str) -> str:
    """Hex HMAC-SHA256 over METHOD, PATH, the sorted query, timestamp and nonce, one a line."""
    text = "\n".join((method, path, query, timestamp, nonce))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def sorted_query(raw: str) -> str:
    """The query's `name=value` pairs in order of name, not percent-encoded."""
    return "&".join(f"{name}={value}" for name, value in sorted(parse_qsl(raw, keep_blank_values=True)))


def as_json(columns: tuple[str, ...], row: Row) -> str:
    """One clue as a JSON object; counts and money stand as number literals where they are numbers."""
    return (
        "{"
        + ",".join(f'"{name}":{_value(name, value)}' for name, value in zip(columns, row, strict=True))
        + "}"
    )


def page_json(total: int, number: int, size: int, rows: list[str]) -> str:
    """The answer object of one page."""
    return (
        f'{{"code":0,"message":"ok","data":{{"total":{total},"pageNo":{number},"pageSize":{size},'
        f'"rows":[{",".join(rows)}]}}}}'
    )


def _value(name: str, value: str | None) -> str:
    if value is None:
        return "null"
    if name in NUMBER_COLUMNS and _is_number(value):
        return value
    return encode_basestring(value)


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    whole, point, fraction = digits.partition(".")
    is_whole = whole.isascii() and whole.isdigit() and (whole == "0" or not whole.startswith("0"))
    return is_whole and (not point or (fraction.isascii() and fraction.isdigit()))


@dataclass(frozen=True)
class Clues:
    """What the platform holds at one instant, ordered by update time; replaced as a whole, never changed."""

    update_times: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class NationalPlatform:
    """The application and what it shows. `advance` moves the simulated instant; requests in flight keep
    theirs.
    """

    def __init__(self, versions: Versions, app_id: str, secret: str, faults: Faults = NO_FAULTS) -> None:
        self._versions = versions
        self._faults = NationalFaults(faults)
        self._app_id = app_id
        self._secret = secret
        self._held: dict[str, tuple[str, str, str]] = {}
        self._taken = 0
        self._clues = Clues()
        self._nonces: dict[str, float] = {}
        # The texts of windows whose rows moved while somebody paged, by the window's bounds.
        self._moved: dict[tuple[str, str], list[str]] = {}
        self.app = FastAPI(title="national clue platform (simulated)", openapi_url=None)
        self.app.add_api_route(PATH, self._answer, methods=["GET"])

    def advance(self, until: datetime) -> None:
        """Show what the platform holds at `until`."""
        versions = self._versions
        update_time = versions.index("updateTime")
        shown = versions.shown_before(until)
        for position in range(self._taken, shown):
            row, ticket = versions.rows[position], versions.tickets[position]
            self._held[ticket] = (row[update_time] or "", ticket, as_json(versions.columns, row))
        self._taken = max(self._taken, shown)
        ordered = sorted(self._held.values())
        self._clues = Clues([entry[0] for entry in ordered], [entry[2] for entry in ordered])
        self._moved.clear()
        self._faults.advance(until)

    async def _answer(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return answer(f'{{"code":401,"message":"{refusal}","data":null}}', status=401)
        query = request.query_params
        try:
            number, size = _positive(query, "pageNo", 1), _positive(query, "pageSize", 200)
            since, before = _moment(query, "updatedSince", ""), _moment(query, "updatedBefore", "9")
        except ValueError as error:
            return answer(f'{{"code":1001,"message":"bad parameter {error}","data":null}}')
        if size > LARGEST_PAGE:
            return answer(f'{{"code":1002,"message":"pageSize is {LARGEST_PAGE} at most","data":null}}')
        fault = self._faults.of_answer()
        if size > 1 and self._faults.of_day(Fault.PAGE_SMALLER):
            size //= 2
            self._faults.faults.meet(Fault.PAGE_SMALLER)
        texts = self._texts(since, before, number, size)
        total = len(texts) + (1 if fault is Fault.TOTAL_WRONG else 0)
        page = page_json(total, number, size, texts[(number - 1) * size : number * size])
        return self._faults.response(fault, page)

    def _texts(self, since: str, before: str, number: int, size: int) -> list[str]:
        """The clues of a window in the order in which pages of it are cut."""
        clues, window = self._clues, (since, before)
        first, last = bisect_left(clues.update_times, since), bisect_left(clues.update_times, before)
        texts = self._moved.get(window) or clues.texts[first : max(first, last)]
        if len(texts) > size and self._faults.moves_rows(window, number):
            # One row of the pages that were read already: what stood behind it moves one place forward.
            texts = self._moved[window] = [*texts[1:], texts[0]]
        return texts

    def _refusal(self, request: Request) -> str | None:
        headers = request.headers
        timestamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
        now = time.time() + self._faults.skew_seconds()
        if headers.get("X-App-Id") != self._app_id:
            return "unknown app id"
        if self._faults.of_day(Fault.UNAUTHORIZED):
            self._faults.faults.meet(Fault.UNAUTHORIZED)
            return "account locked"
        if not timestamp.isdigit() or abs(now - int(timestamp)) > CLOCK_TOLERANCE_SECONDS:
            if self._faults.skew_seconds():
                self._faults.faults.meet(Fault.CLOCK_SKEW)
            return "timestamp out of range"
        query = sorted_query(request.url.query)
        expected = signature(self._secret, "GET", request.url.path, query, timestamp, nonce)
        if not hmac.compare_digest(headers.get("X-Signature", "").encode(), expected.encode()):
            return "wrong signature"
        self._nonces = {
            known: at for known, at in self._nonces.items() if now - at <= 2 * CLOCK_TOLERANCE_SECONDS
        }
        if not nonce or nonce in self._nonces:
            return "nonce missing or used before"
        self._nonces[nonce] = now
        return None


def _positive(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise ValueError(name)
    return int(text)


def _moment(query: Mapping[str, str], name: str, default: str) -> str:
    """A bound as text that sorts with `updateTime`; an absent one bounds nothing."""
    text = query.get(name)
    if text is None:
        return default
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise ValueError(name) from None
