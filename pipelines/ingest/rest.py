"""Reads a REST interface page by page until everything of the window is there, once.

Paging, parameters, envelope and credentials are what the contract's `delivery` says (rest_paging, rest_answers,
rest_auth). Rows move between pages while one is paging. With the source's total, a window of one page is one answer; a
longer one is read again until two readings agree and their distinct numbers add up to the total. Without a total, two
readings must agree.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from pipelines.contracts import RestDelivery, SourceContract
from pipelines.errors import (
    ConfigurationError,
    ContractError,
    DeliveryRefused,
    SourceAnswerBroken,
    SourceBusy,
    SourceIncomplete,
    SourceRejectedUs,
    SourceUnreachable,
)
from pipelines.ingest.landing import Say
from pipelines.ingest.limits import MAX_ANSWERED_ROWS
from pipelines.ingest.rest_answers import AnswerPage, Row, read_answer, rejected
from pipelines.ingest.rest_auth import credentials
from pipelines.ingest.rest_paging import Pages
from pipelines.ingest.windows import Window
from pipelines.settings import Connection

MAX_TRIES = 5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 8.0
MAX_BUSY_SECONDS = 60.0
MAX_READINGS = 6
MAX_ANSWER_BYTES = 64 * 1024**2
MAX_ANSWER_SECONDS = 120.0
TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@dataclass(frozen=True)
class Answer:
    """A whole window: its rows (newest state of each number), the source's total where it states one, the pages as
    they came.
    """

    rows: list[Row]
    total: int | None
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
    def total(self) -> int | None:
        return max(self.totals) if self.totals else None

    @property
    def is_whole(self) -> bool:
        """Whether it adds up to the source's one total, or the source states none (then only a second reading tells)."""
        return not self.totals or (len(self.totals) == 1 and self.count == self.total)

    @property
    def is_one_answer(self) -> bool:
        return self.pages == 1 and self.total is not None

    def agrees_with(self, other: _Reading) -> bool:
        return (
            self.totals == other.totals
            and self.by_number == other.by_number
            and sorted(map(_canonical, self.unnumbered)) == sorted(map(_canonical, other.unnumbered))
        )

    def rows(self) -> list[Row]:
        return sorted((*self.by_number.values(), *self.unnumbered), key=_canonical)


class RestSource:
    """One REST source for one pull. Close it after use (context manager)."""

    def __init__(
        self,
        contract: SourceContract,
        connection: Connection,
        *,
        say: Say,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not isinstance(contract.delivery, RestDelivery):
            raise ContractError(f"{contract.source} does not deliver over REST", where=contract.source)
        if not connection.host:
            raise ConfigurationError("the connection lacks a host", where=contract.connection)
        self.contract, self.connection, self.say, self.sleep = contract, connection, say, sleep
        self.was_admitted = False
        self.delivery = contract.delivery
        self.headers = credentials(self.delivery.auth, connection, contract.connection)
        self.path = str(connection.extra.get("base_path", "")).rstrip("/") + self.delivery.path
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
                if reading.is_one_answer or (previous is not None and reading.agrees_with(previous)):
                    break
                self.say(
                    f"{self.contract.source}: {reading.count} rows, read again to be sure that none moved"
                )
            else:
                self.say(f"{self.contract.source}: rows moved while paging, reading the window again")
            previous = reading
        else:
            if whole is not None and whole[0].total is None:
                raise SourceIncomplete(
                    self.contract.source,
                    f"the source states no total, and no two of {MAX_READINGS} readings agree",
                    where=f"window {window.name}",
                    remedy="pull again when fewer rows change, at night",
                )
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

    def total(self, window: Window) -> int | None:
        """The source's own count of a window, from its first page; None where it states none."""
        return self._page(Pages(self.contract.source, self.delivery, window)).total

    def _read_once(self, window: Window, out: BinaryIO) -> _Reading:
        key = self.contract.columns_of("ticket_no")[0]
        pages = Pages(self.contract.source, self.delivery, window)
        reading = _Reading()
        while not pages.is_done:
            page = self._page(pages)
            out.write(page.body.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n")
            reading.pages += 1
            reading.received += len(page.rows)
            if page.total is not None:
                reading.totals.add(page.total)
            for row in page.rows:
                _keep_newest(reading, row, key, self.delivery.order_column)
            most = max(reading.received, reading.total or 0)
            if most > MAX_ANSWERED_ROWS:
                raise DeliveryRefused(
                    self.contract.source,
                    f"the window has {most} rows, more than MAX_ANSWERED_ROWS = {MAX_ANSWERED_ROWS}",
                    where=f"window {window.name}",
                    remedy="have the history handed over as files (import), then pull day by day",
                )
            pages.take(page)
        return reading

    def _page(self, pages: Pages) -> AnswerPage:
        """The next page, tried again with growing pauses where that may help."""
        pause, waited = FIRST_PAUSE_SECONDS, 0.0
        tries, was_refused = 0, False
        while True:
            tries += 1
            try:
                page = self._try_page(pages)
                self.was_admitted = True
                return page
            except SourceBusy as error:
                waited += error.retry_after
                if waited > MAX_BUSY_SECONDS:
                    raise
                self.say(f"{self.contract.source}: busy, waiting {error.retry_after:.0f} s")
                self.sleep(error.retry_after)
                tries -= 1 if error.retry_after >= 1 else 0
            except SourceRejectedUs:
                # Who was admitted a moment ago has the right secret: asked once more, signed anew (a platform may take
                # a fresh nonce for a used one). A first refusal, and a second, is meant: no account is locked by us.
                if was_refused or not self.was_admitted:
                    raise
                was_refused = True
                self.say(
                    f"{self.contract.source}: a request was refused, asked once more with a new signature"
                )
                self.sleep(pause)
            except (SourceUnreachable, SourceAnswerBroken) as error:
                if tries >= MAX_TRIES:
                    raise
                self.say(
                    f"{self.contract.source}: {error.what.split(': ', 1)[-1]}; trying again in {pause:.1f} s"
                )
                self.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _try_page(self, pages: Pages) -> AnswerPage:
        source, where = self.contract.source, f"GET {self.path} {pages.name}"
        query = pages.query()
        try:
            with self.client.stream(
                "GET", self.path, params=query, headers=self.headers(self.path, query)
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
            raise rejected(source, f"the platform refuses the request (HTTP {status})", where)
        return read_answer(source, self.delivery.envelope, body, where)

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


def _retry_after(headers: httpx.Headers) -> float:
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 2.0
