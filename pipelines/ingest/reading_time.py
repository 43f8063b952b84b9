"""How long one delivery may be read: the readers look at the clock after each block, DuckDB is stopped from outside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Thread

import duckdb

from pipelines.errors import DeliveryRefused
from pipelines.ingest import limits

_DEADLINE: ContextVar[float | None] = ContextVar("reading_deadline", default=None)
AGAIN_SECONDS = 0.2


@contextmanager
def reading_time_is_limited(connection: duckdb.DuckDBPyConnection, source: str, where: str) -> Iterator[None]:
    """Refuse the delivery when what stands inside takes longer than MAX_READING_SECONDS.

    Inside another such block the outer one counts alone.
    """
    if _DEADLINE.get() is not None:
        yield
        return
    deadline = time.monotonic() + limits.MAX_READING_SECONDS
    is_done = Event()

    def stop_queries() -> None:
        # A query that begins after the deadline is stopped too, so one interruption is not enough.
        while not is_done.wait(max(deadline - time.monotonic(), AGAIN_SECONDS)):
            connection.interrupt()

    watch = Thread(target=stop_queries, name="reading-time", daemon=True)
    token = _DEADLINE.set(deadline)
    watch.start()
    try:
        yield
    except (duckdb.Error, DeliveryRefused):
        refuse_too_slow(source, where)
        raise
    finally:
        is_done.set()
        watch.join()
        _DEADLINE.reset(token)


def refuse_too_slow(source: str, where: str) -> None:
    """Raise DeliveryRefused where the delivery that is being read has taken longer than MAX_READING_SECONDS."""
    deadline = _DEADLINE.get()
    if deadline is not None and time.monotonic() > deadline:
        raise DeliveryRefused(
            source,
            f"reading it takes longer than MAX_READING_SECONDS = {limits.MAX_READING_SECONDS}",
            where=where,
            remedy="deliver it in several parts",
        ) from None
