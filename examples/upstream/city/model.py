"""What the invented city consists of, before anything is written as a source writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

import pandas as pd

# Tickets by channel that the published figures name (January to August 2023); other sizes keep the proportions.
FIGURES = {
    "national": 5957,
    "regional": 857,
    "supervised": 437,
    "direct": 1901,
    "hotline": 17114,
    "petition": 612,
    "cyberspace": 348,
}
ALL_TICKETS = sum(FIGURES.values())
PAID_PERSONS, PAID_FEN = 8976, 6_389_850_000
SOURCE_OF = {
    channel: channel for channel in ("national", "hotline", "petition", "cyberspace", "regional")
} | {
    "supervised": "regional",
    "direct": "regional",
}
SOURCES = ("national", "regional", "petition", "hotline", "cyberspace")
NOISE = {"none": 0, "normal": 1, "heavy": 4}


@dataclass(frozen=True)
class CityParameters:
    """What decides every byte of a city. `noise` is one of 'none', 'normal', 'heavy'."""

    seed: int = 20230831
    tickets: int = ALL_TICKETS
    noise: str = "normal"
    vocabulary: str = "default"
    first_day: date = date(2023, 1, 1)
    last_day: date = date(2023, 8, 31)

    def __post_init__(self) -> None:
        if self.noise not in NOISE:
            raise ValueError(f"noise is one of {', '.join(NOISE)}, not {self.noise!r}")
        if self.tickets < 1 or (self.last_day - self.first_day).days < 120:
            raise ValueError("a city needs a ticket and four months")


@dataclass(frozen=True)
class Truth:
    """What is so, for tests to compare with: no reader of the sources may see it."""

    tickets: pd.DataFrame
    leads: pd.DataFrame
    events: pd.DataFrame


@dataclass(frozen=True)
class City:
    """The versions of every source's tickets (`changes`, one frame a source) and the truth behind them."""

    parameters: CityParameters
    changes: dict[str, pd.DataFrame]
    truth: Truth


@dataclass(slots=True)
class Project:
    """A site or workplace; `incident` numbers the matter of its employer there."""

    incident: int
    name: str
    nickname: str
    division: str
    street: str
    builder: str
    contractor: str
    boss: str
    boss_phone: str
    is_government: bool


@dataclass(slots=True)
class Employer:
    name: str
    short: str
    typo: str
    code: str
    industry: str
    projects: list[Project]


@dataclass(slots=True)
class Person:
    name: str
    id_number: str
    phone: str
    is_woman: bool


@dataclass(slots=True)
class Claim:
    """One lead: a worker (or a group's representative), an employer, a period."""

    number: int
    person: Person
    employer: Employer
    project: Project
    job: str
    first_month: int
    last_month: int
    stratum: str
    persons: int = 1
    claimed_fen: int = 0
    recovered_fen: int = 0
    recovered_persons: int = 0
    repeat_of: int | None = None
    tickets: list[Ticket] = field(default_factory=list)


@dataclass(slots=True)
class Version:
    """A state of a ticket, shown from `changed_at` on."""

    changed_at: datetime
    status: str
    division: str
    accepted_at: datetime | None = None
    closed_at: datetime | None = None
    extended: bool = False
    is_deleted: bool = False
    claimed_fen: int | None = None


@dataclass(slots=True)
class Ticket:
    """One record in one source. `status` words: received, handling, checking, closed, reopened, returned,
    suspended. `limit` is the last day on which closing is on time.
    """

    channel: str
    claim: Claim
    received_at: datetime
    number: str = ""
    role: str = "claimant"
    name: str = ""
    phone: str = ""
    id_number: str = ""
    spelling: str = "full"
    has_period: bool = True
    is_plain: bool = False
    is_repeat: bool = False
    quotes: Ticket | None = None
    other_matter: tuple[str, ...] = ()
    defect: str = ""
    limit: date = date.min
    fate: str = ""
    outcome: str = ""
    paid_fen: int = 0
    paid_persons: int = 0
    versions: list[Version] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The system that holds the ticket."""
        return SOURCE_OF[self.channel]


def quotas(tickets: int) -> dict[str, int]:
    """How many tickets each channel holds at a size: exact shares, largest remainders first."""
    shares = {channel: divmod(figure * tickets, ALL_TICKETS) for channel, figure in FIGURES.items()}
    missing = tickets - sum(whole for whole, _ in shares.values())
    lucky = sorted(shares, key=lambda channel: -shares[channel][1])[:missing]
    return {channel: whole + (channel in lucky) for channel, (whole, _) in shares.items()}
