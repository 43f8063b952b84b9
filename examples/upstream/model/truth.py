"""The truth of a city as frames, gathered while its tickets are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from examples.upstream.model.matters import Lead, Step, Ticket
from examples.upstream.model.parameters import Truth
from examples.upstream.model.telling import Telling
from examples.upstream.model.times import as_datetimes

TICKET_COLUMNS = (
    "ticket_id", "source", "channel", "ticket_no", "lead", "incident", "stratum", "traits", "is_readable",
    "quarantine_reason", "is_in_scope", "claimant", "role", "received_at", "due_at", "closed_at", "state",
    "division", "amount_fen", "amount_persons",
)  # fmt: skip
LEAD_COLUMNS = (
    "lead", "incident", "kind", "stratum", "claimant", "claimed_fen", "claimed_persons", "recovered_fen",
    "recovered_persons", "repeat_of", "outcome", "tickets", "employer", "project", "is_countable",
)  # fmt: skip
FLOWS = {
    "received": "received", "closed": "closed", "reopened": "reopened", "returned": "returned",
    "deleted": "withdrawn", "sent_back": "transferred_in", "transferred": "transferred_in",
}  # fmt: skip
MOMENTS = ("received_at", "due_at", "closed_at", "occurred_at", "known_at")


class TruthBook:
    """Column lists of the truth."""

    def __init__(self) -> None:
        self._tickets: list[tuple[object, ...]] = []
        self._parties: list[tuple[object, ...]] = []
        self._events: list[tuple[object, ...]] = []
        self._quarantine: list[tuple[object, ...]] = []

    def ticket(self, ticket: Ticket, telling: Telling | None, is_in_scope: bool = True) -> None:
        """A ticket, its party (none where nobody is named) and its events."""
        lead = ticket.lead
        ticket_id = f"{ticket.source}:{ticket.no}"
        is_good = is_in_scope and not ticket.quarantine
        self._tickets.append(
            (
                ticket_id, ticket.source, ticket.channel, ticket.no, lead.number, lead.incident.number,
                ticket.stratum or ("single" if len(lead.tickets) == 1 else "first_of_several"),
                ",".join(ticket.traits), not ticket.quarantine, ticket.quarantine or None, is_in_scope,
                lead.claimant.key if lead.kind != "anonymous" else None, ticket.role, ticket.received, ticket.due,
                ticket.closed, ticket.state, ticket.steps[-1].division, ticket.amount_fen, ticket.amount_persons,
            )
        )  # fmt: skip
        if telling is not None and telling.person is not None:
            person = telling.person
            self._parties.append(
                (
                    ticket_id, ticket.role, person.key, person.name, telling.id_number or None,
                    telling.is_id_valid, telling.phone or None,
                )
            )  # fmt: skip
        if is_good:
            self._note_events(ticket_id, ticket.steps)
        if ticket.quarantine:
            self.spoilt(ticket, 1, ticket.quarantine)

    def spoilt(self, ticket: Ticket, version: int, reason: str) -> None:
        """A version that cannot be read."""
        self._quarantine.append((ticket.source, f"{ticket.source}:{ticket.no}", version, reason))

    def _note_events(self, ticket_id: str, steps: Sequence[Step]) -> None:
        first_known = next(step.visible for step in steps if step.visible)
        division = steps[0].division
        for step in steps:
            flow = FLOWS.get(step.kind)
            if flow is None:
                continue
            known = step.visible or first_known
            if step.kind == "transferred":
                self._events.append((ticket_id, "transferred_out", step.occurred, known, division))
            self._events.append((ticket_id, flow, step.occurred, known, step.division))
            division = step.division

    def truth(self, leads: Sequence[Lead]) -> Truth:
        """Everything noted, as frames. Leads are numbered; `repeat_of` is <NA> where there is none."""
        good: dict[int, int] = {}
        for row in self._tickets:
            if row[8] and row[10]:
                number = int(str(row[4]))
                good[number] = good.get(number, 0) + 1
        lead_rows = [
            (
                lead.number, lead.incident.number, lead.kind, lead.stratum or "ordinary", lead.claimant.key,
                lead.claimed_fen, lead.persons, lead.recovered_fen, lead.recovered_persons, lead.repeat_of,
                lead.outcome, good.get(lead.number, 0), lead.incident.employer.name, lead.incident.project.name,
                lead.number in good,
            )
            for lead in leads
            if lead.tickets
        ]  # fmt: skip
        made = _frame(lead_rows, LEAD_COLUMNS)
        made["repeat_of"] = made["repeat_of"].astype("Int64").mask(made["repeat_of"] < 0)
        return Truth(
            tickets=_frame(self._tickets, TICKET_COLUMNS),
            leads=made,
            parties=_frame(
                self._parties, ("ticket_id", "role", "person", "name", "id_number", "is_id_valid", "phone")
            ),
            events=_frame(self._events, ("ticket_id", "flow", "occurred_at", "known_at", "division")),
            quarantine=_frame(self._quarantine, ("source", "ticket_id", "version", "reason")),
        )


def _frame(rows: Sequence[tuple[object, ...]], columns: Sequence[str]) -> pd.DataFrame:
    values = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
    made: dict[str, object] = {}
    for name, column in zip(columns, values, strict=True):
        if name in MOMENTS:
            made[name] = as_datetimes(int(str(second)) for second in column)
        elif column and isinstance(column[0], bool | int) and None not in column:
            made[name] = np.array(column)
        else:
            objects = np.empty(len(column), dtype=object)
            objects[:] = column
            made[name] = pd.Series(objects, dtype=object)
    return pd.DataFrame(made)
