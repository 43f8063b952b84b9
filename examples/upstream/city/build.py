"""The city as a whole: planned, lived through, paid, numbered and written down."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, time

import pandas as pd

from examples.upstream.city.calendar import DAY, Calendar
from examples.upstream.city.defects import flag, kinds, spoil
from examples.upstream.city.life import Lives
from examples.upstream.city.model import (
    NOISE,
    SOURCES,
    City,
    CityParameters,
    Claim,
    Ticket,
    Truth,
    Version,
)
from examples.upstream.city.money import settle
from examples.upstream.city.plan import Planner
from examples.upstream.city.prose import Writer
from examples.upstream.city.rows import COLUMNS, Row, Rows
from examples.upstream.city.vocabulary import Vocabulary, vocabulary

OUT_OF_SCOPE = {"hotline": 320, "petition": 40}


DEFAULT = CityParameters()


def build_city(parameters: CityParameters = DEFAULT) -> City:
    """The city of these parameters: the same bytes whenever and wherever it is built."""
    words = vocabulary(parameters.vocabulary)
    luck = random.Random(f"city/{parameters.seed}")
    planner = Planner(luck, parameters, words)
    claims = planner.plan()
    lives = Lives(luck, parameters, planner.registry)
    lives.live(claims)
    settle(luck, claims, parameters.tickets)
    beside = _beside(luck, parameters, planner, lives, words)
    tickets = [ticket for claim in claims for ticket in claim.tickets] + beside
    tickets.sort(key=lambda ticket: ticket.received_at)
    _number(tickets)
    calendar = Calendar.of(parameters.first_day - 10 * DAY, parameters.last_day + 150 * DAY)
    rows = Rows(luck, words.names, calendar, Writer(luck, words))
    changes = _changes(luck, tickets, rows, NOISE[parameters.noise])
    return City(parameters, changes, Truth(_tickets(tickets), _leads(claims), _events(tickets)))


def _beside(
    luck: random.Random, parameters: CityParameters, planner: Planner, lives: Lives, words: Vocabulary
) -> list[Ticket]:
    """Tickets that count in no channel: matters that are not about wages, and rows that cannot be read."""
    tickets = []
    for channel, figure in OUT_OF_SCOPE.items():
        for _ in range(lives.scaled(figure)):
            ticket = planner.extra_ticket(channel)
            matter = luck.choice(words.names[f"{channel}_others"])
            ticket.other_matter = tuple(
                part.replace("{street}", ticket.claim.project.street) for part in matter
            )
            tickets.append(ticket)
    last_days = [parameters.last_day - DAY * number for number in range(3)]
    for place, (channel, reason) in enumerate(kinds(parameters)):
        ticket = planner.extra_ticket(channel)
        if place % 3 == 0:
            ticket.received_at = datetime.combine(last_days[place // 3 % 3], time(10, place))
        ticket.defect = reason
        tickets.append(ticket)
    lives.live_extra(tickets)
    for ticket in tickets:
        if ticket.defect:
            # Shown once, as it came in, and not repaired.
            del ticket.versions[1:]
    return tickets


def _number(tickets: list[Ticket]) -> None:
    """Every ticket's own number, unique in its source."""
    used: Counter[tuple[str, str, str]] = Counter()
    for ticket in tickets:
        day = f"{ticket.received_at:%Y%m%d}"
        division = ticket.claim.project.division if ticket.source == "national" else ""
        used[ticket.source, day, division] += 1
        count = used[ticket.source, day, division]
        ticket.number = {
            "national": f"NX{division}{day}{count:04d}",
            "regional": f"LDJC{day}{count:05d}",
            "petition": f"640100{day}{count:05d}",
            "hotline": f"GD{day}{count:06d}",
            "cyberspace": f"WX{day}{count:04d}",
        }[ticket.source]


def _changes(luck: random.Random, tickets: list[Ticket], rows: Rows, noise: int) -> dict[str, pd.DataFrame]:
    made: dict[str, list[tuple[datetime, str, int, str | None, Row]]] = {source: [] for source in SOURCES}
    for ticket in tickets:
        fault = luck.random()
        for version, (changed_at, row) in enumerate(rows.of(ticket), 1):
            if ticket.defect:
                spoil(row, ticket)
            else:
                flag(fault, row, ticket, noise)
            cut = "cut_record" if ticket.defect == "cut_record" else None
            made[ticket.source].append((changed_at, ticket.number, version, cut, row))
    return {source: _frame(source, made.pop(source)) for source in SOURCES}


def _frame(source: str, made: list[tuple[datetime, str, int, str | None, Row]]) -> pd.DataFrame:
    made.sort(key=lambda entry: entry[:3])
    columns: dict[str, object] = {
        "_ticket_no": pd.Series([entry[1] for entry in made], dtype=object),
        "_version": pd.Series([entry[2] for entry in made], dtype="int64"),
        "_changed_at": pd.Series([entry[0] for entry in made], dtype="datetime64[us]"),
        "_defect": pd.Series([entry[3] for entry in made], dtype=object),
    }
    for place, name in enumerate(COLUMNS[source]):
        columns[name] = pd.Series([entry[4][place] for entry in made], dtype=object)
    return pd.DataFrame(columns)


def ticket_id(ticket: Ticket) -> str:
    """The key under which truth and pipeline speak of a ticket."""
    return f"{ticket.source}:{ticket.number}"


def _lead(ticket: Ticket) -> str | None:
    return None if ticket.defect or ticket.other_matter else f"L{ticket.claim.number:07d}"


def _tickets(tickets: list[Ticket]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ticket_id": ticket_id(ticket),
            "source": ticket.source,
            "channel": ticket.channel,
            "lead": _lead(ticket),
            "incident": f"I{ticket.claim.project.incident:06d}" if _lead(ticket) else None,
            "stratum": ticket.claim.stratum
            if _lead(ticket)
            else ("quarantine" if ticket.defect else "out_of_scope"),
            "is_readable": not ticket.defect,
            "quarantine_reason": ticket.defect or None,
            "is_in_scope": not ticket.other_matter,
            "role": ticket.role,
        }
        for ticket in tickets
    )


def _leads(claims: list[Claim]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead": f"L{claim.number:07d}",
            "incident": f"I{claim.project.incident:06d}",
            "claimed_fen": claim.claimed_fen,
            "recovered_fen": claim.recovered_fen,
            "recovered_persons": claim.recovered_persons,
            "repeat_of": None if claim.repeat_of is None else f"L{claim.repeat_of:07d}",
        }
        for claim in claims
    )


def _events(tickets: list[Ticket]) -> pd.DataFrame:
    """What was booked for every readable ticket in scope, from what its source showed up to the last day."""
    events: list[tuple[str, str, datetime, str]] = []
    for ticket in tickets:
        if _lead(ticket) is None or not ticket.versions:
            continue
        key = ticket_id(ticket)
        events.append((key, "received", ticket.received_at, ticket.versions[0].division))
        before: Version = ticket.versions[0]
        for version in ticket.versions[1:]:
            if version.division != before.division:
                events.append((key, "transferred_out", version.changed_at, before.division))
                events.append((key, "transferred_in", version.changed_at, version.division))
            if version.closed_at is not None and before.closed_at is None:
                events.append((key, "closed", version.closed_at, version.division))
            elif version.status in ("reopened", "returned"):
                flow = "reopened" if version.status == "reopened" else "transferred_out"
                events.append((key, flow, version.changed_at, version.division))
            elif version.is_deleted:
                events.append((key, "withdrawn", version.changed_at, version.division))
            before = version
    frame = pd.DataFrame(events, columns=["ticket_id", "flow", "occurred_at", "division"])
    return frame.astype({"occurred_at": "datetime64[us]"})
