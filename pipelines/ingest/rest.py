"""Reads a signed REST interface page by page until everything of the window is there, once.

Signature: X-Signature = hex HMAC-SHA256(secret, METHOD \\n PATH \\n SORTED_QUERY \\n TIMESTAMP \\n NONCE), the query as
`name=value` pairs in order of name, not percent-encoded. A nonce is used once, so every try is signed anew.

Rows move between pages while one is paging. A window of one page is one answer; a longer one is read again until
two readings agree and their distinct numbers add up to the source's `total`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from pipelines.contracts import SourceContract
from pipelines.errors import (
    ConfigurationError,
    DeliveryRefused,
    SourceAnswerBroken,
    SourceBusy,
    SourceError,
    SourceIncomplete,
    SourceRejectedUs,
    SourceUnreachable,
)
from pipelines.ingest.json_reader import parse_document, texts_of
from pipelines.ingest.landing import Say
from pipelines.ingest.limits import MAX_ANSWERED_ROWS
from pipelines.ingest.windows import Window
from pipelines.settings import Connection

Row = dict[str, str | None]

MAX_TRIES = 5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 8.0
MAX_BUSY_SECONDS = 60.0
MAX_READINGS = 6
MAX_ANSWER_BYTES = 64 * 1024**2
MAX_ANSWER_SECONDS = 120.0
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
BEGINNING = "1900-01-01 00:00:00"


@dataclass(frozen=True)
class Answer:
    """A whole window: its rows (newest state of each number), the source's total, the pages as they came."""

    rows: list[Row]
    total: int
    pages_file: Path


@dataclass
class _Reading:
    """One pass over the pages."""

    by_number: dict[str, Row] = field(default_factory=dict)
    unnumbered: list[Row] = field(default_factory=list)
    totals: set[int] = field(default_factory=set)
    pages: int = 0
    received: int = 0

    @property
    def count(self) -> int:
        return len(self.by_number) + len(self.unnumbered)

    @property
    def total(self) -> int:
        return max(self.totals)

    @property
    def is_whole(self) -> bool:
        return len(self.totals) == 1 and self.count == self.total

    def agrees_with(self, other: _Reading) -> bool:
        return (
            self.totals == other.totals
            and self.by_number == other.by_number
            and sorted(map(_canonical, self.unnumbered)) == sorted(map(_canonical, other.unnumbered))
        )

    def rows(self) -> list[Row]:
        return sorted((*self.by_number.values(), *self.unnumbered), key=_canonical)


class RestSource:
    """One signed REST source for one pull. Close it after use (context manager)."""

    def __init__(
        self,
        contract: SourceContract,
        connection: Connection,
        *,
        say: Say,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not connection.host or not connection.login:
            raise ConfigurationError(
                "the connection lacks a host, or the app id as its login", where=contract.connection
            )
        self.contract, self.connection, self.say, self.sleep = contract, connection, say, sleep
        self.path = str(connection.extra.get("base_path", "")).rstrip("/") + str(contract.delivery["path"])
        scheme = connection.schema_name or "https"
        port = "" if connection.port is None else f":{connection.port}"
        verify: Any = connection.extra.get("ca_file", True)
        self.client = httpx.Client(
            base_url=f"{scheme}://{connection.host}{port}", timeout=TIMEOUT, verify=verify, trust_env=False
        )

    def __enter__(self) -> RestSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def read(self, window: Window, bench: Path) -> Answer:
        """Every row of the window once. Raises SourceError by its kinds (errors.py)."""
        previous: _Reading | None = None
        whole: tuple[_Reading, Path] | None = None
        for attempt in range(1, MAX_READINGS + 1):
            pages_file = bench / f"pages-{attempt}.jsonl"
            with pages_file.open("wb") as out:
                reading = self._read_once(window, out)
            if reading.is_whole:
                whole = (reading, pages_file)
                if reading.pages == 1 or (previous is not None and reading.agrees_with(previous)):
                    break
                self.say(
                    f"{self.contract.source}: {reading.count} rows, read again to be sure that none moved"
                )
            else:
                self.say(f"{self.contract.source}: rows moved while paging, reading the window again")
            previous = reading
        if whole is None:
            assert previous is not None
            raise SourceIncomplete(
                self.contract.source,
                f"the source says {previous.total} rows, {previous.count} distinct ones came in {MAX_READINGS} readings",
                where=f"window {window.name}",
                remedy="try again later; if it stays so, ask the platform, or hand its pages over with import",
            )
        reading, pages_file = whole
        return Answer(reading.rows(), reading.total, pages_file)

    def _read_once(self, window: Window, out: BinaryIO) -> _Reading:
        size = int(self.contract.delivery.get("page_size", 200))
        key = self.contract.columns_of("ticket_no")[0]
        order = str(self.contract.delivery.get("order_column", ""))
        reading = _Reading()
        number = 1
        while True:
            query = {
                "updatedSince": BEGINNING if window.since is None else window.since.isoformat(sep=" "),
                "updatedBefore": window.before.isoformat(sep=" "),
                "pageNo": str(number),
                "pageSize": str(size),
            }
            body, rows, total, size = self._page(query, size)
            out.write(body.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n")
            reading.pages += 1
            reading.received += len(rows)
            reading.totals.add(total)
            for row in rows:
                _keep_newest(reading, row, key, order)
            if total > MAX_ANSWERED_ROWS:
                raise DeliveryRefused(
                    self.contract.source,
                    f"the window has {total} rows, more than MAX_ANSWERED_ROWS = {MAX_ANSWERED_ROWS}",
                    where=f"window {window.name}",
                    remedy="have the history handed over as files (import), then pull day by day",
                )
            if not rows or number * size >= total:
                return reading
            number += 1

    def _page(self, query: Mapping[str, str], size: int) -> tuple[bytes, list[Row], int, int]:
        """One page, tried again with growing pauses where that may help: body, rows, total, rows a page.

        A platform that allows fewer rows a page than asked for says so in `pageSize`.
        """
        pause, waited = FIRST_PAUSE_SECONDS, 0.0
        tries = 0
        while True:
            tries += 1
            try:
                return self._try_page(query, size)
            except SourceBusy as error:
                waited += error.retry_after
                if waited > MAX_BUSY_SECONDS:
                    raise
                self.say(f"{self.contract.source}: busy, waiting {error.retry_after:.0f} s")
                self.sleep(error.retry_after)
                tries -= 1 if error.retry_after >= 1 else 0
            except (SourceUnreachable, SourceAnswerBroken) as error:
                if tries >= MAX_TRIES:
                    raise
                self.say(
                    f"{self.contract.source}: {error.what.split(': ', 1)[-1]}; trying again in {pause:.1f} s"
                )
                self.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _try_page(self, query: Mapping[str, str], size: int) -> tuple[bytes, list[Row], int, int]:
        source, where = self.contract.source, f"GET {self.path} page {query['pageNo']}"
        try:
            with self.client.stream(
                "GET", self.path, params=dict(query), headers=self._signed(query)
            ) as response:
                body = self._body(response, where)
                status, headers = response.status_code, response.headers
        except httpx.TransportError as error:
            raise SourceUnreachable(
                source,
                f"no whole answer ({type(error).__name__})",
                where=where,
                remedy="look at the network and at the platform, then pull again",
            ) from None
        if status == 429:
            raise SourceBusy(
                source,
                "too many requests",
                retry_after=_retry_after(headers),
                where=where,
                remedy="pull again later",
            )
        if status >= 500:
            raise SourceUnreachable(
                source, f"the platform answers HTTP {status}", where=where, remedy="pull again later"
            )
        if status != 200:
            raise _rejected(source, f"the platform refuses the request (HTTP {status})", where)
        return (body, *self._rows(body, where, size))

    def _rows(self, body: bytes, where: str, size: int) -> tuple[list[Row], int, int]:
        source = self.contract.source
        try:
            document = parse_document(source, body, where)
        except DeliveryRefused:
            raise SourceAnswerBroken(
                source, "the answer is not whole JSON", where=where, remedy="pull again"
            ) from None
        code = document.get("code") if isinstance(document, dict) else None
        if isinstance(document, dict) and code is not None and str(code) != "0":
            text = str(code) if str(code).lstrip("-").isdigit() else "that is no number"
            if text.startswith(("401", "403")):
                raise _rejected(
                    source, f"the platform refuses the request (code {text} under HTTP 200)", where
                )
            raise SourceAnswerBroken(
                source,
                f"the answer is an error under HTTP 200 (code {text})",
                where=where,
                remedy="pull again later",
            )
        inner = document.get("data") if isinstance(document, dict) else None
        rows = inner.get("rows") if isinstance(inner, dict) else None
        try:
            total = int(str(inner["total"])) if isinstance(inner, dict) else -1
        except (KeyError, ValueError):
            total = -1
        if not isinstance(rows, list) or total < 0 or code is None:
            raise SourceAnswerBroken(
                source,
                "the answer is not a page with code, total and rows",
                where=where,
                remedy="compare the interface with schemas/sources and its path",
            )
        allowed = str(inner.get("pageSize", size)) if isinstance(inner, dict) else ""
        if allowed.isdigit() and 0 < int(allowed) < size:
            size = int(allowed)
        return [texts_of(row) for row in rows], total, size

    def _body(self, response: httpx.Response, where: str) -> bytes:
        parts, size, deadline = [], 0, time.monotonic() + MAX_ANSWER_SECONDS
        for part in response.iter_bytes():
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                raise DeliveryRefused(
                    self.contract.source,
                    f"an answer is longer than MAX_ANSWER_BYTES = {MAX_ANSWER_BYTES}",
                    where=where,
                    remedy="set a smaller page_size in the source's contract",
                )
            if time.monotonic() > deadline:
                raise SourceUnreachable(
                    self.contract.source,
                    f"an answer took longer than {MAX_ANSWER_SECONDS:.0f} s",
                    where=where,
                    remedy="pull again later",
                )
            parts.append(part)
        return b"".join(parts)

    def _signed(self, query: Mapping[str, str]) -> dict[str, str]:
        stamp, nonce = str(int(time.time())), secrets.token_hex(16)
        ordered = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
        return {
            "X-App-Id": self.connection.login,
            "X-Timestamp": stamp,
            "X-Nonce": nonce,
            "X-Signature": signature(self.connection.password, "GET", self.path, ordered, stamp, nonce),
        }


def signature(secret: str, method: str, path: str, query: str, timestamp: str, nonce: str) -> str:
    """Hex HMAC-SHA256 over method, path, sorted query, timestamp and nonce, one a line."""
    text = "\n".join((method, path, query, timestamp, nonce))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def canonical_content(rows: list[Row]) -> str:
    """A hash of rows that does not depend on their order or on the order of their keys."""
    digest = hashlib.sha256()
    for text in sorted(map(_canonical, rows)):
        digest.update(text.encode("utf-8", "replace") + b"\n")
    return digest.hexdigest()


def _keep_newest(reading: _Reading, row: Row, key: str, order: str) -> None:
    number = (row.get(key) or "").strip()
    if not number:
        reading.unnumbered.append(row)
        return
    held = reading.by_number.get(number)
    if held is None or (row.get(order) or "") >= (held.get(order) or ""):
        reading.by_number[number] = row


def _canonical(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True)


def _rejected(source: str, what: str, where: str) -> SourceError:
    return SourceRejectedUs(
        source,
        what,
        where=where,
        remedy="check app id, secret and path in the connection, and that this machine's clock is right",
    )


def _retry_after(headers: httpx.Headers) -> float:
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 2.0
