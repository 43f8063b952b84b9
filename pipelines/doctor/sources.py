"""Each source, from what is landed, refused and tried: no connection is used here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from pipelines import registry
from pipelines.contracts import SourceContract
from pipelines.doctor.findings import Finding, Heading
from pipelines.ingest import CORRECTION, attempts, refusals
from pipelines.ingest.deliveries import Delivery, Refusal
from pipelines.ingest.faults import fault_of
from pipelines.ingest.windows import BEIJING_OFFSET
from pipelines.settings import Connection
from pipelines.store import Workspace

# So many business dates back, days without a source and odd totals are still worth a person's time.
RECENT_DAYS = 14


def source_findings(
    workspace: Workspace, contract: SourceContract, own: Sequence[Delivery], connection: Connection | None
) -> Iterator[Finding]:
    """Everything the workspace knows of one source."""
    name = contract.source
    newest = max((item.delivered_for for item in own), default=None)
    text = f"{len(own)} deliveries, newest for {newest}" if own else "nothing landed yet"
    variable = f"AIRFLOW_CONN_{contract.connection.upper()}"
    yield Finding(
        name,
        "ok" if own or connection is not None else "wrong",
        text + ("" if connection is not None else ", no connection set"),
        "" if own or connection is not None else f"set {variable}, or clearance import {name} FILE…",
        Heading.NO_CONNECTION,
    )
    yield from _attempts(workspace, name)
    yield from _refusals(workspace, name, own)
    recent = [item for item in own if newest is not None and (newest - item.delivered_for).days < RECENT_DAYS]
    yield from _totals(name, recent)
    yield from _trailing(name, recent)


def day_findings(
    workspace: Workspace, contracts: Mapping[str, SourceContract], landed: Sequence[Delivery]
) -> Iterator[Finding]:
    """Recent days for which some sources delivered and others did not, without a person's waiver."""
    own = [item for item in landed if item.kind != CORRECTION]
    delivered = {(item.source, item.covers) for item in own}
    # The first delivery of a source brings its history, whatever the dates of its files.
    first: dict[str, date] = {}
    for item in own:
        first[item.source] = min(item.delivered_for, first.get(item.source, item.delivered_for))
    waived = {(str(row["source"]), row["business_date"]) for row in registry.decisions(workspace, "waivers")}
    newest = max((item.delivered_for for item in own), default=None)
    if newest is None:
        return
    days = sorted({item.delivered_for for item in own if (newest - item.delivered_for).days < RECENT_DAYS})
    for name in contracts:
        missing = [
            day
            for day in days
            if name in first
            and day > first[name]
            and (name, day) not in delivered
            and (name, day) not in waived
        ]
        if missing:
            shown = ", ".join(map(str, missing[:5])) + (
                f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            )
            yield Finding(
                name,
                "wrong",
                f"no delivery and no waiver for {shown}",
                f"clearance pull {name} --date {missing[0]}; if there is none: clearance waive {name} "
                f"--date {missing[0]} --by NAME --why REASON",
                Heading.LATE,
            )


def _attempts(workspace: Workspace, name: str) -> Iterator[Finding]:
    tried = attempts.of_source(workspace, name)
    last = max(tried, key=lambda attempt: (attempt.at, attempt.business_date), default=None)
    if last is None or last.reason is None:
        return
    what = last.what.removeprefix(f"{name}: ")
    yield Finding(
        name,
        "look" if last.state == "not_ready" else "wrong",
        f"{what}; {last.where + '; ' if last.where else ''}last tried for {last.business_date} at {last.at}, "
        f"tries: {last.tries}",
        last.remedy or "read the runbook",
        last.reason.heading,
        attempts.failing_since(tried),
    )


def _refusals(workspace: Workspace, name: str, own: Sequence[Delivery]) -> Iterator[Finding]:
    landed_at: dict[str, datetime] = {}
    for item in own:
        moment = datetime.fromisoformat(item.landed_at)
        landed_at[item.name] = max(moment, landed_at.get(item.name, moment))
    for refusal in refusals(workspace, name):
        at = _refused_at(refusal)
        if refusal.name in landed_at and (at is None or landed_at[refusal.name] >= at):
            continue
        yield Finding(
            name,
            "wrong",
            f"{refusal.name} was refused: {refusal.reason.removeprefix(f'{name}: ')}",
            refusal.remedy,
            fault_of("DeliveryRefused", refusal.reason).heading,
            None if at is None else at.astimezone(UTC).replace(tzinfo=None) + BEIJING_OFFSET,
        )


def _refused_at(refusal: Refusal) -> datetime | None:
    record = json.loads((refusal.folder / "refusal.json").read_text(encoding="utf-8"))
    return datetime.fromisoformat(record["refused_at"]) if "refused_at" in record else None


def _totals(name: str, recent: Sequence[Delivery]) -> Iterator[Finding]:
    for item in recent:
        if item.control_total_agrees is False:
            yield Finding(
                name,
                "look",
                f"{item.name}: the source states {item.control_total} rows, {item.control_rows} are there",
                f"clearance reconcile {name} --date {item.delivered_for}",
                Heading.TOTALS,
            )


def _trailing(name: str, recent: Sequence[Delivery]) -> Iterator[Finding]:
    late = [item for item in recent if item.origin.get("trailing", {}).get("late")]
    if late:
        total = sum(int(item.origin["trailing"]["late"]) for item in late)
        yield Finding(
            name,
            "look",
            f"{total} rows came later than the overlap in {len(late)} pulls; they were fetched",
            "ask the source why; raise overlap_minutes if it is usual",
            Heading.CAME_LATE,
        )
    gone = next((item for item in reversed(recent) if item.origin.get("trailing", {}).get("gone")), None)
    if gone is not None:
        yield Finding(
            name,
            "look",
            f"{gone.origin['trailing']['gone']} numbers that we hold are not in the table any more",
            f"clearance reconcile {name} --date {gone.delivered_for} names them",
            Heading.GONE,
        )
