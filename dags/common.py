"""What the DAGs share: assets, the pool, the business date of a run, retries by kind of error, the workspace.

Imported while Airflow reads the DAGs, so only light modules stand at the top; pandas, DuckDB, pyarrow and Great
Expectations come in with a task's body.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Set
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.sdk import Asset, CronPartitionTimetable, RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowFailException, AirflowRuntimeError

from pipelines.errors import ClearanceError, ConfigurationError, SourceBusy, SourceNotReady
from pipelines.settings import DEFAULT_CITY_DIR, TIME_ZONE, City, Connection, load_city

if TYPE_CHECKING:
    from pipelines.contracts import SourceContract
    from pipelines.store import Workspace

POOL = "warehouse"
KEY_FORMAT = "%Y-%m-%d"
TAGS = ["clearance", "根治欠薪"]
CUTOFF = Asset(name="publication_cutoff", uri="clearance://cutoff")

# A source is asked again until about the cut-off of its day; what is broken, less and less often.
SOURCE_RETRIES = 40
NOT_READY_DELAY = timedelta(minutes=15)
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
# Days before that are still being read: asked again every half minute for twenty minutes.
WAITING_RETRIES = 40
WAITING_DELAY = timedelta(seconds=30)
PUBLISH_RETRIES = 3
AIRFLOW_RETRIES = 3


class PredecessorPending(ClearanceError):
    """An earlier business date has begun to arrive and is not complete: days are published in order."""

    is_retryable = True


class RetryByKindOfError(RetryPolicy):
    """Retries what may pass (`is_retryable` in pipelines.errors), fails everything else at once.

    SourceBusy waits as long as the source asks for; SourceNotReady a quarter of an hour; the others twice as long
    each time. Airflow's own answers (its API server was away for a moment) get a few tries. The task's `retries` is
    the upper bound.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        kind = type(exception).__name__
        delay = min(FIRST_DELAY * 2 ** min(try_number - 1, 10), LONGEST_DELAY)
        if isinstance(exception, AirflowRuntimeError) and try_number <= AIRFLOW_RETRIES:
            return RetryDecision.retry(delay, "Airflow itself did not answer")
        if not isinstance(exception, ClearanceError) or not exception.is_retryable:
            return RetryDecision.fail(f"{kind} does not pass by itself")
        if isinstance(exception, SourceBusy):
            return RetryDecision.retry(
                timedelta(seconds=max(1.0, exception.retry_after)), "the source says when to come back"
            )
        if isinstance(exception, SourceNotReady):
            return RetryDecision.retry(NOT_READY_DELAY, "the source is not ready")
        if isinstance(exception, PredecessorPending):
            return RetryDecision.retry(WAITING_DELAY, "an earlier day is not complete")
        return RetryDecision.retry(delay, f"{kind} may pass")


def source_asset(source: str) -> Asset:
    """The landing of a source; its events carry the business date as partition key."""
    return Asset(name=f"landing_{source}", uri=f"clearance://landing/{source}")


def every_day_at(cron: str) -> CronPartitionTimetable:
    """A timetable in Beijing time whose runs stand for the day before, as partition key."""
    return CronPartitionTimetable(cron, timezone=TIME_ZONE, run_offset=-1, key_format=KEY_FORMAT)


def last_scheduled_day() -> datetime | None:
    """End of what is scheduled (CLEARANCE_END_DATE, for historic or simulated data), or None: for ever."""
    text = os.environ.get("CLEARANCE_END_DATE", "")
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(TIME_ZONE)) if text else None


def business_date_of(context: Mapping[str, Any]) -> date:
    """The business date of a run: its partition key. Fails the task at once where the run has none."""
    key = context.get("partition_key")
    try:
        return date.fromisoformat(key or "")
    except ValueError:
        raise AirflowFailException(
            f"the run's partition key is {key!r}, not a business date: start it with a partition key like 2023-08-31"
        ) from None


def workspace() -> Workspace:
    """The workspace of this deployment (CLEARANCE_WORKSPACE, default ./workspace)."""
    from pipelines.store import Workspace

    return Workspace.open(Path(os.environ.get("CLEARANCE_WORKSPACE") or "workspace"))


def city() -> City:
    """The city of this deployment (CLEARANCE_CITY, default cities/yinchuan)."""
    return load_city(Path(os.environ.get("CLEARANCE_CITY") or DEFAULT_CITY_DIR))


def resolve_connection(contract: SourceContract) -> Connection:
    """The source's Airflow connection, in the shape that `pipelines` takes."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found = BaseHook.get_connection(contract.connection)
    except AirflowNotFoundException:
        raise ConfigurationError(
            f"{contract.source}: Airflow has no connection {contract.connection}",
            remedy=f"add it in Airflow, or set AIRFLOW_CONN_{contract.connection.upper()} (docs/airflow.md)",
        ) from None
    return Connection(
        conn_type=found.conn_type or "",
        host=found.host or "",
        port=found.port,
        schema=found.schema or "",
        login=found.login or "",
        password=found.password or "",
        extra=found.extra_dejson,
    )


def published_days(published: Path) -> set[date]:
    """The business dates that have a publication."""
    return {date.fromisoformat(folder.parent.name) for folder in published.glob("20??-??-??/r[0-9]*")}


def due_days(
    business_date: date,
    *,
    published: Set[date],
    begun: Iterable[date],
    sources: Iterable[str],
    has_delivered: Callable[[str, date], bool],
    is_cut_off: Callable[[date], bool],
) -> list[date]:
    """The days to publish for a run of `business_date`, in order: earlier complete ones first, then the day itself.

    Earlier is a day of `begun` (something was pulled for it) after the newest published one. It is complete when
    every source has delivered for it, or its cut-off has passed. Raises PredecessorPending while one is not. Empty
    when the day is published, or lies before the newest published day.
    """
    newest = max(published, default=None)
    if newest is not None and business_date <= newest:
        return []
    earlier = sorted({day for day in begun if day < business_date and (newest is None or day > newest)})
    for day in earlier:
        missing = [source for source in sorted(sources) if not has_delivered(source, day)]
        if missing and not is_cut_off(day):
            raise PredecessorPending(
                f"{business_date} waits: {day} is not published yet, and these have not delivered for it: "
                f"{', '.join(missing)}",
                remedy=f"let the missing sources come, or start publish_cutoff with the partition key {day}",
            )
    return [*earlier, business_date]


def note_day(state_of_asset: Any, business_date: date) -> None:
    """Note with an asset that a day is done for it: what `is_noted` reads, from whatever run."""
    state_of_asset.set(_note_key(business_date), True)


def is_noted(state_of_asset: Any, business_date: date) -> bool:
    """Whether a day was noted with an asset."""
    return bool(state_of_asset.get(_note_key(business_date), False))


def _note_key(business_date: date) -> str:
    return f"day-{business_date.isoformat()}"
