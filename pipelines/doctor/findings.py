"""What the doctor says: findings, each with what to do and the section of docs/runbook.md; no check can crash it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pipelines.errors import ClearanceError
from pipelines.ingest.faults import fault_of_error

Level = Literal["ok", "look", "wrong"]


class Heading(StrEnum):
    """Sections of docs/runbook.md that findings lead to, beside those of faults (pipelines/ingest/faults.py)."""

    CONFIGURATION = "Configuration wrong"
    NO_CONNECTION = "No connection set"
    KEY = "Key file"
    LAYOUT = "Workspace of another layout"
    LANDING = "Landing damaged"
    DISK = "Disk full"
    LOCKED = "Warehouse locked"
    CALENDAR = "Calendar missing"
    LATE = "Source late"
    REFUSED = "Delivery refused"
    TOTALS = "Control total does not add up"
    CAME_LATE = "Rows came late"
    GONE = "Rows gone at the source"
    QUARANTINE = "Quarantine grows"
    DRIFT = "Form of a source drifts"
    GATE = "Gate failed"
    CRASHED = "Check crashed"
    PUBLICATION = "Publication stopped"
    CLOCK = "Clock skew"
    MARKER = "Marker missing"
    ODD = "Odd entries in an outbox"
    UNEXPECTED = "Unexpected error"


# The errors of errors.py that no fault covers.
HEADING_OF_ERROR = {
    "CalendarMissing": Heading.CALENDAR,
    "WorkspaceVersionError": Heading.LAYOUT,
    "WarehouseLocked": Heading.LOCKED,
    "GateFailed": Heading.GATE,
    "CheckCrashed": Heading.CRASHED,
    "PublicationError": Heading.PUBLICATION,
    "UnknownSubject": Heading.CONFIGURATION,
}


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `look` wants a person's eye and stops nothing, `wrong` must be mended.

    `commands` are printed below the remedy, each whole on a line of its own; words in capitals are to be filled in.
    """

    subject: str
    level: Level
    text: str
    remedy: str = ""
    heading: str = ""
    since: datetime | None = None
    commands: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.level != "wrong"

    def lines(self, program: str = "clearance") -> list[str]:
        """The finding as printed. `program`: how the command line was called, with its options for workspace and city."""
        since = f" (since {self.since:%Y-%m-%d %H:%M})" if self.since is not None else ""
        lines = [
            f"{ {'ok': 'ok   ', 'look': 'look ', 'wrong': 'WRONG'}[self.level] } {self.subject}: {self.text}{since}"
        ]
        if self.remedy:
            lines.append(f"      to do: {self.remedy}")
        lines += [f"      run:   {program}{command.removeprefix('clearance')}" for command in self.commands]
        if self.heading and self.level != "ok":
            lines.append(f'      read:  docs/runbook.md, "{self.heading}"')
        return lines


def of_error(subject: str, error: Exception) -> Finding:
    """A finding of an error, whatever it is. The text of one that is not ours may quote a value and is left out."""
    fault = fault_of_error(error)
    if not isinstance(error, ClearanceError):
        return Finding(
            subject,
            "wrong",
            f"could not be looked at ({type(error).__name__})",
            "run the command again; if it stays so, report it with the log",
            Heading.UNEXPECTED,
        )
    heading = fault.heading if fault.name != "unexpected" else HEADING_OF_ERROR.get(type(error).__name__, "")
    what = error.what.removeprefix(f"{subject}: ")
    text = f"{what} ({error.where})" if error.where else what
    return Finding(subject, "wrong", text, error.remedy or "read the runbook", heading or Heading.UNEXPECTED)


def guarded(subject: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """The findings of one look; an error in it is a finding."""
    try:
        return list(look())
    except Exception as error:
        return [of_error(subject, error)]
