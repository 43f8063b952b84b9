"""What came of each pull: attempts/SOURCE/DATE.json in the workspace. Information, not truth: nothing is derived from
it, and it may be deleted. It says why a source is missing, to the page, to the day's warnings and to `doctor`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pipelines.errors import ClearanceError, DeliveryRefused, SourceNotReady
from pipelines.ingest.faults import FAULTS, UNEXPECTED, Fault, fault_of_error
from pipelines.ingest.windows import beijing_now
from pipelines.store import Workspace, write_atomically

FOLDER = "attempts"
State = Literal["landed", "not_ready", "failed", "refused"]


@dataclass(frozen=True)
class Attempt:
    """The last pull of a source for a day. `since` is when the state it ended in began, `at` when it ended (Beijing
    time); `tries` counts the pulls for the day. Of an error: its class, its fault (faults.py), what, where, remedy.
    """

    source: str
    business_date: date
    state: State
    at: datetime
    since: datetime
    tries: int
    kind: str = ""
    fault: str = ""
    what: str = ""
    where: str = ""
    remedy: str = ""

    @property
    def is_good(self) -> bool:
        return self.state == "landed"

    @property
    def reason(self) -> Fault | None:
        """The fault, with its words for the page and its section of the runbook; None where it landed."""
        if self.is_good:
            return None
        return next((item for item in FAULTS if item.name == self.fault), UNEXPECTED)


@contextmanager
def noted(workspace: Workspace, source: str, business_date: date) -> Iterator[None]:
    """Note what comes of a pull. What is raised goes on; a note that cannot be written stops nothing."""
    try:
        yield
    except Exception as error:
        _note(workspace, source, business_date, error)
        raise
    _note(workspace, source, business_date, None)


def note_failure(workspace: Workspace, source: str, business_date: date, error: ClearanceError) -> None:
    """Note a pull that could not begin, as where its connection is written wrongly."""
    _note(workspace, source, business_date, error)


def last(workspace: Workspace, source: str, business_date: date) -> Attempt | None:
    """The last pull of a source for a day; None where there was none, or its note cannot be read."""
    return _read(_file(workspace, source, business_date))


def of_source(workspace: Workspace, source: str) -> list[Attempt]:
    """The last pull of every day, in order of day."""
    files = sorted((workspace.root / FOLDER / source).glob("????-??-??.json"))
    return [attempt for file in files if (attempt := _read(file)) is not None]


def failing_since(attempts: list[Attempt]) -> datetime | None:
    """Since when a source fails without a day in between that landed; `attempts` are in order of day."""
    since = None
    for attempt in reversed(attempts):
        if attempt.is_good:
            break
        since = attempt.since if since is None else min(since, attempt.since)
    return since


def _note(workspace: Workspace, source: str, business_date: date, error: Exception | None) -> None:
    now, before = beijing_now(), last(workspace, source, business_date)
    state = _state(error)
    fault = "" if error is None else fault_of_error(error).name
    is_same = before is not None and (before.state, before.fault) == (state, fault)
    if error is None:
        what, where, remedy = "", "", ""
    elif isinstance(error, ClearanceError):
        what, where, remedy = error.what, error.where, error.remedy
    else:
        # The text of an error that is not ours may quote a value: its class alone is kept.
        what, where, remedy = f"unexpected {type(error).__name__}", "", "look at the log, and report it"
    attempt = Attempt(
        source=source,
        business_date=business_date,
        state=state,
        at=now,
        since=before.since if is_same and before is not None else now,
        tries=1 + (before.tries if before is not None else 0),
        kind="" if error is None else type(error).__name__,
        fault=fault,
        what=what,
        where=where,
        remedy=remedy,
    )
    content = json.dumps(asdict(attempt), ensure_ascii=False, indent=1, default=_text) + "\n"
    with suppress(OSError, ClearanceError):
        write_atomically(_file(workspace, source, business_date), content.encode())


def _state(error: Exception | None) -> State:
    if error is None:
        return "landed"
    if isinstance(error, SourceNotReady):
        return "not_ready"
    return "refused" if isinstance(error, DeliveryRefused) else "failed"


def _read(file: Path) -> Attempt | None:
    try:
        entry = json.loads(file.read_text(encoding="utf-8"))
        entry["business_date"] = date.fromisoformat(entry["business_date"])
        entry["at"], entry["since"] = (
            datetime.fromisoformat(entry["at"]),
            datetime.fromisoformat(entry["since"]),
        )
        return Attempt(**entry)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(workspace: Workspace, source: str, business_date: date) -> Path:
    return workspace.root / FOLDER / source / f"{business_date.isoformat()}.json"


def _text(value: object) -> str:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
