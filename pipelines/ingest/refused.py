"""Which refused deliveries still want a person: one is settled by what landed later, or by a person who says why.

A refusal is settled by a delivery of the same name that landed afterwards, by the same bytes landing for any source
(it was handed over for the wrong one), by a later delivery that brings its whole day again (a snapshot, a pulled
window), or by a person's dismissal. The same bytes refused again open it again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines import registry
from pipelines.contracts import SourceContract
from pipelines.errors import UnknownSubject
from pipelines.ingest.days import date_in_name
from pipelines.ingest.deliveries import Delivery, Refusal, landed, refusals
from pipelines.ingest.windows import BEIJING_OFFSET
from pipelines.store import Workspace

DISMISSALS = "refusal_dismissals"


@dataclass(frozen=True)
class Standing:
    """A refusal with the Beijing time at which it was last refused and what settled it ("" while nothing did)."""

    refusal: Refusal
    at: datetime | None
    settled_by: str

    @property
    def is_open(self) -> bool:
        return not self.settled_by


def standing_refusals(
    workspace: Workspace, contract: SourceContract, everything: Sequence[Delivery] | None = None
) -> list[Standing]:
    """A source's refusals, each with what settled it. `everything`: all that landed, of every source."""
    kept = refusals(workspace, contract.source)
    if not kept:
        return []
    deliveries = landed(workspace) if everything is None else everything
    by_content = {item.sha256: item for item in deliveries}
    own = [item for item in deliveries if item.source == contract.source]
    dismissed = _dismissed(workspace)
    found = []
    for refusal in kept:
        sha256, at = _record(refusal)
        settled_by = _by_landing(contract, refusal, at, own)
        if not settled_by and sha256 in by_content:
            settled_by = f"its content landed for {by_content[sha256].source}"
        for when, text in dismissed.get(refusal.refusal_id, ()):
            if not settled_by and (at is None or when >= at):
                settled_by = text
        found.append(Standing(refusal, at, settled_by))
    return found


def dismiss_refusal(workspace: Workspace, refusal_id: str, *, by: str, why: str, at: datetime) -> int:
    """Record that a refused delivery needs nothing more. Returns the dismissal's number. Raises UnknownSubject."""
    kept = {item.refusal_id: item for item in refusals(workspace)}
    if refusal_id not in kept:
        raise UnknownSubject(
            f"there is no refused delivery {refusal_id!r}", remedy="clearance refusals list names them"
        )
    at_of = _record(kept[refusal_id])[1]
    for when, text in _dismissed(workspace).get(refusal_id, ()):
        if at_of is None or when >= at_of:
            raise UnknownSubject(f"{refusal_id} is {text} already")
    return registry.append_decision(
        workspace, DISMISSALS, {"refusal_id": refusal_id, "dismissed_by": by, "dismissed_at": at, "why": why}
    )


def undo_refusal_dismissal(workspace: Workspace, number: int, *, by: str, why: str, at: datetime) -> int:
    """Take a dismissal back by a new row. Returns the new one's number. Raises UnknownSubject."""
    made = {entry["dismissal_no"]: entry for entry in registry.decisions(workspace, DISMISSALS)}
    undone = {entry["undoes"] for entry in made.values()}
    if number not in made or made[number]["undoes"] is not None or number in undone:
        raise UnknownSubject(f"there is no dismissal {number} that stands")
    return registry.append_decision(
        workspace,
        DISMISSALS,
        {"refusal_id": made[number]["refusal_id"], "dismissed_by": by, "dismissed_at": at, "why": why, "undoes": number},
    )  # fmt: skip


def _dismissed(workspace: Workspace) -> dict[str, list[tuple[datetime, str]]]:
    """By refusal: when each dismissal that was not taken back was made (Beijing time), and what it is called."""
    made = registry.decisions(workspace, DISMISSALS)
    undone = {entry["undoes"] for entry in made}
    found: dict[str, list[tuple[datetime, str]]] = {}
    for entry in made:
        when = entry["dismissed_at"]
        if entry["undoes"] is None and entry["dismissal_no"] not in undone and isinstance(when, datetime):
            text = f"dismissed by {entry['dismissed_by']} (dismissal {entry['dismissal_no']}): {entry['why']}"
            found.setdefault(str(entry["refusal_id"]), []).append((when, text))
    return found


def _by_landing(
    contract: SourceContract, refusal: Refusal, at: datetime | None, own: Sequence[Delivery]
) -> str:
    """What landed after the refusal and stands for it, in words, or ""."""
    day = date_in_name(refusal.name)
    for item in own:
        if at is not None and _beijing(item.landed_at) < at:
            continue
        if item.name == refusal.name:
            return "a delivery of its name landed"
        if day is not None and day == item.covers and _brings_whole_day(contract, item):
            return f"{item.name} brought its day"
    return ""


def _brings_whole_day(contract: SourceContract, item: Delivery) -> bool:
    return contract.delivery.is_snapshot or item.window_before is not None


def _record(refusal: Refusal) -> tuple[str, datetime | None]:
    """The hash of the refused bytes, and when they were refused last (Beijing time)."""
    record = json.loads((refusal.folder / "refusal.json").read_text(encoding="utf-8"))
    refused_at = record.get("refused_at")
    return str(record.get("sha256", "")), _beijing(refused_at) if isinstance(refused_at, str) else None


def _beijing(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None) + BEIJING_OFFSET
