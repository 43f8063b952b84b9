"""Each source, from what is landed, refused and tried: no connection is used here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pipelines import registry
from pipelines.contracts import SourceContract
from pipelines.doctor.findings import Finding, Heading
from pipelines.ingest import CORRECTION, attempts, standing_refusals
from pipelines.ingest.deliveries import Delivery
from pipelines.ingest.faults import fault_of
from pipelines.settings import Connection
from pipelines.store import Workspace

# So many business dates back, days without a source and odd totals are still worth a person's time.
RECENT_DAYS = 14


def source_findings(
    workspace: Workspace, contract: SourceContract, landed: Sequence[Delivery], connection: Connection | None
) -> Iterator[Finding]:
    """Everything the workspace knows of one source. `landed`: the deliveries of all sources."""
    name = contract.source
    own = [item for item in landed if item.source == name]
    newest = max((item.delivered_for for item in own), default=None)
    text = f"{len(own)} deliveries, newest for {newest}" if own else "nothing landed yet"
    variable = f"AIRFLOW_CONN_{contract.connection.upper()}"
    yield Finding(
        name,
        "ok" if own or connection is not None else "wrong",
        text + ("" if connection is not None else ", no connection set"),
        "" if own or connection is not None else f"set {variable}, or import its files",
        Heading.NO_CONNECTION,
        commands=() if own or connection is not None else (f"clearance import {name} FILE",),
    )
    yield from _attempts(workspace, name)
    yield from _refusals(workspace, contract, landed)
    recent = [item for item in own if newest is not None and (newest - item.delivered_for).days < RECENT_DAYS]
    yield from _totals(name, recent)
    yield from _trailing(name, recent)


def day_findings(
    workspace: Workspace, contracts: Mapping[str, SourceContract], landed: Sequence[Delivery]
) -> Iterator[Finding]:
    """Recent days for which some sources delivered and others did not, without a person's waiver.

    A day before the first publication is never published: nothing is missing for it.
    """
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
    begin = registry.first_business_date(workspace) or newest
    days = sorted(
        {
            item.delivered_for
            for item in own
            if item.delivered_for >= begin and (newest - item.delivered_for).days < RECENT_DAYS
        }
    )
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
            chosen = (
                f"--date {missing[0]}" if len(missing) == 1 else f"--from {missing[0]} --to {missing[-1]}"
            )
            yield Finding(
                name,
                "wrong",
                f"no delivery and no waiver for {shown}",
                "pull it, or import its files; if there is none, a person waives it",
                Heading.LATE,
                commands=(
                    f"clearance pull {name} {chosen}",
                    f"clearance import {name} FILE --as-of {missing[0]}",
                    f"clearance waive {name} {chosen} --by NAME --why REASON",
                ),
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
        (f"clearance pull {name} --date {last.business_date}",),
    )


def _refusals(
    workspace: Workspace, contract: SourceContract, landed: Sequence[Delivery]
) -> Iterator[Finding]:
    name = contract.source
    for item in standing_refusals(workspace, contract, landed):
        refusal = item.refusal
        if not item.is_open:
            continue
        yield Finding(
            name,
            "wrong",
            f"{refusal.name} was refused: {refusal.reason.removeprefix(f'{name}: ')}",
            f"{refusal.remedy}; if it was a mistake and nothing is to come of it, dismiss it",
            fault_of("DeliveryRefused", refusal.reason).heading,
            item.at,
            (
                f"clearance import {name} FILE",
                f"clearance refusals dismiss {refusal.refusal_id} --by NAME --why REASON",
            ),
        )


def _totals(name: str, recent: Sequence[Delivery]) -> Iterator[Finding]:
    for item in recent:
        if item.control_total_agrees is False:
            yield Finding(
                name,
                "look",
                f"{item.name}: the source states {item.control_total} rows, {item.control_rows} are there",
                "the statement names what differs; send it to the source",
                Heading.TOTALS,
                commands=(f"clearance reconcile {name} --date {item.delivered_for} --to FILE.xlsx",),
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
            "the statement names them; ask the source whether it deleted them",
            Heading.GONE,
            commands=(f"clearance reconcile {name} --date {gone.delivered_for} --to FILE.xlsx",),
        )
