"""The book in slow plain Python, from the rules alone: what the SQL must equal on any history.

A version is a dict of stage.rows' columns; `lead_of` tells the leads apart by a key on the version, so the reference
needs no resolution. Times always carry a time of day here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Version = Mapping[str, Any]
Cell = tuple[str, str]
Entry = tuple[str, str, str, date, str, str]  # basis, subject, flow, occurred_on, division, channel
SIGN = {
    "received": 1,
    "reopened": 1,
    "transferred_in": 1,
    "closed": -1,
    "transferred_out": -1,
    "withdrawn": -1,
}
LEAVES = ("closed", "returned", "withdrawn")


@dataclass
class Event:
    at: datetime
    kind: str
    division: str = ""


@dataclass
class Ticket:
    ticket_id: str
    received_at: datetime
    first_division: str
    channel: str
    events: list[Event]


def fold(versions: list[Version]) -> Ticket:
    """Versions in fold order to a ticket with its events in order."""
    last = versions[-1]
    received = last["received_at"]
    stated: list[tuple[datetime, str, int]] = []
    for number, version in enumerate(versions):
        condition = version["status"] if version["status"] in LEAVES else "open"
        if condition == "closed" and version.get("closed_at"):
            since = version["closed_at"]
        elif number == 0 and condition == "open":
            since = version["received_at"]
        else:
            since = version["changed_at"]
        while stated and stated[-1][0] > since:
            stated.pop()
        if stated and stated[-1][1] == condition:
            if condition == "closed":
                stated[-1] = (since, condition, number)
        else:
            stated.append((since, condition, number))
    # A pop may leave two equal conditions side by side.
    runs: list[tuple[datetime, str, int]] = []
    for since, condition, number in stated:
        if runs and runs[-1][1] == condition:
            if condition == "closed":
                runs[-1] = (since, condition, number)
        else:
            runs.append((since, condition, number))
    events = []
    previous = versions[0]["division_code"]
    for number, version in enumerate(versions):
        if version["division_code"] != previous:
            at = max(version["changed_at"], received)
            events.append((at, number, 0, Event(at, "transferred", version["division_code"])))
            previous = version["division_code"]
    for place, (since, condition, number) in enumerate(runs):
        if place == 0 and condition == "open":
            continue
        # Nothing counts before the receipt: what is dated earlier counts at the receipt.
        at = max(since, received)
        events.append((at, number, 1, Event(at, "reopened" if condition == "open" else condition)))
    events.sort(key=lambda item: item[:3])
    ordered = [Event(received, "received", versions[0]["division_code"])]
    ordered += [event for *_, event in events]
    return Ticket(last["ticket_id"], received, versions[0]["division_code"], last["channel"], ordered)


@dataclass
class Move:
    at: datetime
    subject: str
    flow: str
    cell: Cell


def ticket_moves(ticket: Ticket, upto: date) -> list[Move]:
    moves, is_open, division, condition = [], False, ticket.first_division, ""
    for event in ticket.events:
        if event.at.date() > upto:
            continue
        if event.kind == "transferred":
            if is_open and event.division != division:
                moves.append(Move(event.at, ticket.ticket_id, "transferred_out", (division, ticket.channel)))
                moves.append(
                    Move(event.at, ticket.ticket_id, "transferred_in", (event.division, ticket.channel))
                )
            division = event.division
            continue
        if event.kind in ("received", "reopened"):
            if event.kind == "received":
                division = event.division
            if not is_open:
                flow = {"": "received", "returned": "transferred_in"}.get(condition, "reopened")
                moves.append(Move(event.at, ticket.ticket_id, flow, (division, ticket.channel)))
            is_open = True
        else:
            if is_open:
                flow = "transferred_out" if event.kind == "returned" else event.kind
                moves.append(Move(event.at, ticket.ticket_id, flow, (division, ticket.channel)))
            is_open = False
        condition = event.kind
    return moves


def state_moves(ticket: Ticket, upto: date) -> list[tuple[int, Move]]:
    """Only the changes of being open, each with its place among the ticket's events."""
    moves, is_open, condition = [], False, ""
    for place, event in enumerate(ticket.events):
        if event.at.date() > upto or event.kind == "transferred":
            continue
        opens = event.kind in ("received", "reopened")
        if opens != is_open:
            if opens:
                flow = {"": "received", "returned": "transferred_in"}.get(condition, "reopened")
            else:
                flow = "transferred_out" if event.kind == "returned" else event.kind
            moves.append((place, Move(event.at, ticket.ticket_id, flow, ("", ""))))
        is_open, condition = opens, event.kind
    return moves


def lead_moves(lead: str, tickets: list[Ticket], upto: date) -> list[Move]:
    """A lead leaves with its last open ticket, is received with its earliest, and counts in that one's cell."""
    anchor = min(tickets, key=lambda ticket: (ticket.received_at, ticket.ticket_id))
    changes = []
    for ticket in tickets:
        for place, move in state_moves(ticket, upto):
            changes.append((move.at, -SIGN[move.flow], ticket.ticket_id, place, move.flow))
    changes.sort()
    stream: list[tuple[datetime, int, int, int, Any]] = []
    count, was_closed = 0, False
    for number, (at, negative, ticket_id, place, flow) in enumerate(changes):
        before = count
        count -= negative
        was_closed = was_closed or flow == "closed"
        where = (0, place, 1) if ticket_id == anchor.ticket_id else (1, number, 1)
        if before == 0 and count == 1:
            stream.append((at, *where, ("open", "")))
        elif before == 1 and count == 0:
            stream.append((at, *where, ("leave", "closed" if was_closed else flow)))
    for place, event in enumerate(anchor.events):
        if event.kind == "transferred" and event.at.date() <= upto:
            stream.append((event.at, 0, place, 0, ("move", event.division)))
    stream.sort(key=lambda item: item[:4])
    moves, is_open, division, left_by = [], False, anchor.first_division, None
    for at, _, _, _, (what, detail) in stream:
        if what == "move":
            if is_open and detail != division:
                moves.append(Move(at, lead, "transferred_out", (division, anchor.channel)))
                moves.append(Move(at, lead, "transferred_in", (detail, anchor.channel)))
            division = detail
        elif what == "open":
            flow = (
                "received"
                if left_by is None
                else "transferred_in"
                if left_by == "transferred_out"
                else "reopened"
            )
            moves.append(Move(at, lead, flow, (division, anchor.channel)))
            is_open = True
        else:
            moves.append(Move(at, lead, detail, (division, anchor.channel)))
            is_open, left_by = False, detail
    return moves


@dataclass
class ReferenceBook:
    """Publishes days from versions and keeps what it booked."""

    lead_of: Callable[[Version], str]
    booked: Counter[tuple[Entry, date]] = field(default_factory=Counter)
    newest: date | None = None

    def target(self, versions: Iterable[Version], upto: date) -> Counter[Entry]:
        by_ticket: dict[str, list[Version]] = defaultdict(list)
        for version in versions:
            by_ticket[version["ticket_id"]].append(version)
        leads: dict[str, list[Ticket]] = defaultdict(list)
        entries: Counter[Entry] = Counter()
        for rows in by_ticket.values():
            ticket = fold(sorted(rows, key=lambda row: row["fold"]))
            if ticket.received_at.date() > upto:
                continue
            leads[self.lead_of(rows[0])].append(ticket)
            for move in ticket_moves(ticket, upto):
                entries[("ticket", move.subject, move.flow, move.at.date(), *move.cell)] += 1
        for lead, tickets in leads.items():
            for move in lead_moves(lead, tickets, upto):
                entries[("lead", lead, move.flow, move.at.date(), *move.cell)] += 1
        return entries

    def publish(self, versions: Iterable[Version], business_date: date) -> None:
        target = self.target(versions, business_date)
        already: Counter[Entry] = Counter()
        for (entry, _), quantity in self.booked.items():
            already[entry] += quantity
        for entry in target.keys() | already.keys():
            difference = target[entry] - already[entry]
            if difference:
                is_late = self.newest is not None and entry[3] <= self.newest
                self.booked[(entry, business_date if is_late else entry[3])] += difference
        self.newest = business_date

    def daily(self, upto: date) -> dict[tuple[date, str, str, str], dict[str, int]]:
        """Non-zero flows of the book by day, basis, division, channel; `corrections` and `change` among them."""
        days: dict[tuple[date, str, str, str], Counter[str]] = defaultdict(Counter)
        for (entry, booked_on), quantity in self.booked.items():
            basis, _, flow, occurred_on, division, channel = entry
            cell = days[(booked_on, basis, division, channel)]
            if booked_on == occurred_on:
                cell[flow] += quantity
            else:
                cell["corrections"] += quantity * SIGN[flow]
            cell["change"] += quantity * SIGN[flow]
        return {key: dict(value) for key, value in days.items() if key[0] <= upto}
