"""What a city is made of before anything is written down: incidents, leads, tickets and their steps."""

from __future__ import annotations

from typing import NamedTuple

from examples.upstream.model.firms import Employer, Project
from examples.upstream.model.people import Person


class Step(NamedTuple):
    """One change of a ticket. Seconds of Beijing wall time.

    kind: received, dispatched, accepted, filed, investigating, handling, review, extended, suspended,
    resumed, closed, reopened, returned, sent_back, transferred, deleted, mistaken, corrected, contradicted.
    `occurred` is the business time, `stated` what the row's change time says, `visible` from when the source
    shows it.
    """

    kind: str
    occurred: int
    stated: int
    visible: int
    division: str


class Incident:
    """All leads about one employer and project."""

    __slots__ = ("boss", "division", "employer", "number", "project", "trade")

    def __init__(
        self, number: int, employer: Employer, project: Project, division: str, boss: Person, trade: str
    ) -> None:
        self.number = number
        self.employer = employer
        self.project = project
        self.division = division
        self.boss = boss
        self.trade = trade


class Lead:
    """One matter of one claimant against one employer. Months count from year 0 (`year * 12 + month - 1`)."""

    __slots__ = (
        "agent",
        "claimant",
        "claimed_fen",
        "first_month",
        "incident",
        "is_fixed",
        "kind",
        "last_month",
        "needs_names",
        "needs_period",
        "number",
        "outcome",
        "persons",
        "phone",
        "recovered_fen",
        "recovered_persons",
        "repeat_of",
        "stratum",
        "tickets",
        "trade",
    )

    def __init__(self, number: int, incident: Incident, kind: str, claimant: Person, persons: int) -> None:
        self.number = number
        self.incident = incident
        self.kind = kind
        self.claimant = claimant
        self.persons = persons
        self.agent: Person | None = None
        self.phone = claimant.phone
        self.claimed_fen = 0
        self.first_month = 0
        self.last_month = 0
        self.is_fixed = False
        self.needs_names = False
        self.needs_period = False
        self.outcome = ""
        self.recovered_fen = 0
        self.recovered_persons = 0
        self.repeat_of = -1
        self.stratum = ""
        self.tickets: list[Ticket] = []
        self.trade = incident.trade


class Ticket:
    """One record in one source. `limit` 0 is none; `due` is the last second of the closing clock, as far as the
    source has told what moves it; `first_due` the deadline before an extension.
    """

    __slots__ = (
        "amount_fen",
        "amount_persons",
        "channel",
        "due",
        "extended_until",
        "first_due",
        "is_by_agent",
        "is_without_evidence",
        "lead",
        "limit",
        "limit_unit",
        "no",
        "quarantine",
        "quoted",
        "received",
        "role",
        "source",
        "steps",
        "stratum",
        "traits",
    )

    def __init__(self, source: str, channel: str, no: str, lead: Lead, received: int) -> None:
        self.source = source
        self.channel = channel
        self.no = no
        self.lead = lead
        self.received = received
        self.steps: list[Step] = []
        self.due = 0
        self.extended_until = 0
        self.first_due = 0
        self.limit = 0
        self.limit_unit = ""
        self.is_by_agent = False
        self.is_without_evidence = False
        self.amount_fen = 0
        self.amount_persons = 0
        self.quoted = ""
        self.role = "claimant"
        self.stratum = ""
        self.traits: list[str] = []
        self.quarantine = ""

    @property
    def state(self) -> str:
        """What the ticket is in the end: open, closed, returned or withdrawn."""
        for step in reversed(self.steps):
            if step.kind in ("closed", "returned"):
                return step.kind
            if step.kind == "deleted":
                return "withdrawn"
            if step.kind in ("reopened", "sent_back", "received"):
                return "open"
        return "open"

    @property
    def closed(self) -> int:
        """When it was closed, 0 while it is not."""
        for step in reversed(self.steps):
            if step.kind == "closed":
                return step.occurred
            if step.kind in ("reopened", "sent_back", "returned", "deleted"):
                return 0
        return 0
