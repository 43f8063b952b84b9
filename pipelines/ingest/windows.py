"""The window of a pull: from where the last one was read, minus an overlap, to the end of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pipelines.contracts import SourceContract
from pipelines.errors import ContractError
from pipelines.ingest.deliveries import Delivery, landed
from pipelines.store import Workspace

BEIJING_OFFSET = timedelta(hours=8)


@dataclass(frozen=True)
class Window:
    """Changes in [since, before), Beijing time; `since` None is the beginning. `read_until` is how far of it had
    passed at the time of reading: a window read before its end is read again from there the next time.
    [trailing_since, since) is compared by its keys, so that a row that came later than the overlap is seen; None
    where there is nothing before the window.
    """

    since: datetime | None
    before: datetime
    read_until: datetime
    trailing_since: datetime | None = None

    @property
    def name(self) -> str:
        """The window in words, for messages and manifests."""
        since = "the beginning" if self.since is None else self.since.isoformat(sep=" ")
        return f"{since} to {self.before.isoformat(sep=' ')}"


def window_for(
    workspace: Workspace, contract: SourceContract, delivered_for: date, now: datetime
) -> tuple[Window, Sequence[Delivery]]:
    """The window to read for a day, and the deliveries of earlier readings for the same day.

    It starts at the end of the last window read for an earlier day, less `overlap_minutes` of the contract: a late
    commit upstream may show an earlier change time. The `reconcile_days` before it are compared by their keys.
    `now` is Beijing time.
    """
    overlap, trailing = _number(contract, "overlap_minutes", 0), _number(contract, "reconcile_days", 0)
    pulled = [item for item in landed(workspace, contract.source) if item.read_until is not None]
    earlier = [item.read_until for item in pulled if item.delivered_for < delivered_for and item.read_until]
    since = max(earlier) - timedelta(minutes=overlap) if earlier else None
    if since is None and contract.since is not None:
        since = datetime.combine(contract.since, time())
    before = datetime.combine(delivered_for + timedelta(days=1), time())
    same_day = [item for item in pulled if item.delivered_for == delivered_for]
    return Window(since, before, min(before, now), _trailing_since(contract, since, trailing)), same_day


def _trailing_since(contract: SourceContract, since: datetime | None, days: int) -> datetime | None:
    if since is None or not days:
        return None
    start = since - timedelta(days=days)
    if contract.since is not None:
        start = max(start, datetime.combine(contract.since, time()))
    return start if start < since else None


def _number(contract: SourceContract, name: str, default: int) -> int:
    value = contract.delivery.get(name, default)
    if not isinstance(value, int) or value < 0:
        raise ContractError(f"{name} is not a number", where=f"schemas/sources/{contract.source}.yml")
    return value


def beijing_now() -> datetime:
    """Beijing time now, without a zone, whole seconds."""
    return (datetime.now(UTC) + BEIJING_OFFSET).replace(tzinfo=None, microsecond=0)
