"""A live look at each connection, with short time limits: it is tried, and no row is read."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import psycopg

from pipelines.contracts import SourceContract
from pipelines.doctor.findings import Finding, Heading, of_error
from pipelines.errors import ClearanceError
from pipelines.ingest.database import columns_of, named_error, open_database
from pipelines.ingest.file_pulls import UNFINISHED, marker_of, name_pattern
from pipelines.ingest.outboxes import Entry, open_outbox
from pipelines.ingest.rest import RestSource
from pipelines.ingest.windows import Window, beijing_now
from pipelines.settings import Connection

PROBE_SECONDS = 5.0
# The national platform refuses what is more than 360 s off; half of it leaves time to act.
MAX_SKEW_SECONDS = 180
# A finished file has its marker within minutes.
MARKER_PATIENCE_SECONDS = 3600


def probe_findings(contract: SourceContract, connection: Connection | None) -> Iterator[Finding]:
    """Try a source's connection. Nothing is said of a source that has none: `source_findings` does."""
    if connection is None:
        return
    try:
        if contract.delivery.kind == "rest":
            yield from _rest(contract, connection)
        elif contract.delivery.kind == "database":
            yield from _database(contract, connection)
        else:
            yield from _outbox(contract, connection)
    except ClearanceError as error:
        yield of_error(contract.source, error)
        return
    yield Finding(contract.source, "ok", "answers now")


def _rest(contract: SourceContract, connection: Connection) -> Iterator[Finding]:
    dates: list[tuple[str, float]] = []

    def keep_date(response: httpx.Response) -> None:
        dates.append((response.headers.get("Date", ""), time.time()))

    moment = beijing_now()
    failure: ClearanceError | None = None
    with RestSource(contract, connection, say=lambda line: None, sleep=lambda seconds: None) as source:
        source.client.timeout = httpx.Timeout(PROBE_SECONDS)
        source.client.event_hooks = {"response": [keep_date]}
        try:
            source.total(Window(moment, moment, moment))
        except ClearanceError as error:
            failure = error
    for text, ours in dates[:1]:
        try:
            yield from _skew(contract.source, parsedate_to_datetime(text).timestamp() - ours)
        except ValueError:
            continue
    if failure is not None:
        raise failure


def _database(contract: SourceContract, connection: Connection) -> Iterator[Finding]:
    try:
        with (
            open_database(contract, connection, seconds=PROBE_SECONDS) as database,
            database.cursor() as cursor,
        ):
            columns_of(contract, cursor)
            row = cursor.execute("select extract(epoch from clock_timestamp())").fetchone()
    except psycopg.Error as error:
        raise named_error(contract, error) from None
    if row is not None:
        yield from _skew(contract.source, float(row[0]) - time.time())


def _outbox(contract: SourceContract, connection: Connection) -> Iterator[Finding]:
    with open_outbox(contract, connection, tries=1, seconds=PROBE_SECONDS) as outbox:
        entries, left_out = outbox.entries(), outbox.left_out
    pattern = name_pattern(contract)
    named = [entry for entry in entries if pattern.fullmatch(entry.name)]
    listed = {entry.name: entry for entry in entries}
    strange = [name for name in left_out if pattern.fullmatch(name)]
    if left_out:
        yield Finding(
            contract.source,
            "look",
            f"{len(left_out)} links, folders or names that are no plain names lie in the outbox and are never read"
            + (f", {len(strange)} of them named like a delivery" if strange else ""),
            "have the files themselves put there, under plain names",
            Heading.ODD,
        )
    others = [
        entry
        for entry in entries
        if entry not in named and not entry.name.lower().endswith((".ok", *UNFINISHED))
    ]
    if others:
        yield Finding(
            contract.source,
            "look",
            f"{len(others)} files are not named like {contract.delivery.get('pattern')} and are not read",
            "look at them: a delivery under another name is missing; have it renamed, or import it",
            Heading.ODD,
            commands=(f"clearance import {contract.source} FILE",),
        )
    if "marker" in contract.delivery:
        yield from _markers(contract.source, named, listed)


def _markers(source: str, named: Sequence[Entry], listed: dict[str, Entry]) -> Iterator[Finding]:
    old = [
        entry
        for entry in named
        if marker_of(listed, entry) is None and time.time() - _seconds(entry) > MARKER_PATIENCE_SECONDS
    ]
    if old:
        since = datetime.fromtimestamp(min(map(_seconds, old)), UTC).replace(tzinfo=None)
        yield Finding(
            source,
            "wrong",
            f"{len(old)} files have no marker after an hour: {', '.join(entry.name for entry in old[:3])}",
            "ask the source to write the .ok files; whole files can be imported by hand",
            Heading.MARKER,
            since,
            (f"clearance import {source} FILE",),
        )


def _seconds(entry: Entry) -> float:
    """The time of an entry in seconds since 1970: folders tell nanoseconds, SFTP tells seconds."""
    return entry.changed / 1e9 if entry.changed > 1e12 else float(entry.changed)


def _skew(source: str, seconds: float) -> Iterator[Finding]:
    if abs(seconds) > MAX_SKEW_SECONDS:
        yield Finding(
            source,
            "wrong",
            f"its clock and ours differ by {abs(seconds):.0f} s",
            "set this machine's clock by a time server; if ours is right, tell the source",
            Heading.CLOCK,
        )
