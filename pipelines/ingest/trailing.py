"""The trailing days of a REST source, compared by its totals: where the source counts other rows than we hold, read again.

A total costs one request. Where it differs from the numbers we hold with their newest change in that time, the time
is halved until what differs is a few pages, or a day; that is read whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.ingest.keys import HeldKeys, Key, write_keys
from pipelines.ingest.landing import Say
from pipelines.ingest.rest import Answer, RestSource
from pipelines.ingest.rest_answers import Row
from pipelines.ingest.windows import Window

FEW_PAGES = 5
SMALLEST = timedelta(days=1)
# Later than this after a window's end, many of its rows have changed again: then only more rows than ours are a sign.
FRESH = timedelta(days=2)


@dataclass(frozen=True)
class Late:
    """A part of the trailing days that holds rows no delivery holds: its window, what the source answered, how many."""

    window: Window
    answer: Answer
    rows: int


def late_parts(
    source: RestSource,
    held: HeldKeys,
    window: Window,
    changed_since: Collection[str],
    now: datetime,
    bench: Path,
    say: Say,
) -> Iterator[Late]:
    """The parts of the days before a window with rows that came late. `changed_since` are the numbers of the window
    itself: they left the days before it.
    """
    if window.trailing_since is None or window.since is None or source.delivery.envelope.total is None:
        return
    is_fresh = now - window.before <= FRESH
    waiting = [Window(window.trailing_since, window.since, window.since)]
    while waiting:
        part = waiting.pop()
        if part.since is None:
            continue
        theirs, ours = source.total(part), held.count(part.since, part.before, changed_since)
        if ours is None:
            return
        if not theirs or theirs == ours or (theirs < ours and not is_fresh):
            continue
        half = (part.before - part.since) / 2
        if theirs > FEW_PAGES * source.delivery.page_size and 2 * half > SMALLEST:
            middle = (part.since + half).replace(microsecond=0)
            waiting += [replace(part, since=middle), Window(part.since, middle, middle)]
            continue
        say(f"{source.contract.source}: {theirs} rows of {part.name}, we hold {ours}; read again")
        found = bench / f"late-{len(list(bench.glob('late-*')))}"
        found.mkdir()
        answer = source.read(part, found)
        rows = _count_late(source, held, part.since, part.before, answer.rows, found)
        if rows:
            yield Late(part, answer, rows)


def _count_late(
    source: RestSource, held: HeldKeys, since: datetime, before: datetime, rows: list[Row], bench: Path
) -> int:
    number, changed = source.contract.columns_of("ticket_no")[0], source.delivery.order_column
    file = bench / "keys.csv"
    write_keys([Key((row.get(number) or "").strip(), row.get(changed) or "") for row in rows], file)
    return len(held.compare(file, since, before).theirs_alone)
