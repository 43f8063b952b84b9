"""What a city is asked for and what it is: its parameters, the versions its sources show, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

SOURCES = ("national", "regional", "petition", "hotline", "cyberspace")
CHANNEL_SOURCE = {
    "national": "national",
    "regional": "regional",
    "supervised": "regional",
    "direct": "regional",
    "petition": "petition",
    "hotline": "hotline",
    "cyberspace": "cyberspace",
}


@dataclass(frozen=True)
class CityParameters:
    """Which city: same parameters, same city, byte for byte.

    `tickets` is the number of readable tickets in scope over all channels; the published figures hold at
    27,226 and scale with it. `noise` is 'none', 'normal' or 'heavy'; `vocabulary` names a folder of word
    lists and grammar.
    """

    seed: int = 20230831
    tickets: int = 27226
    noise: str = "normal"
    vocabulary: str = "default"
    first_day: date = date(2023, 1, 1)
    last_day: date = date(2023, 8, 31)


@dataclass(frozen=True)
class Truth:
    """What really is, which no source says.

    - `tickets`: ticket_id, source, channel, ticket_no, lead, incident, stratum, traits (comma list),
      is_readable, quarantine_reason, is_in_scope, claimant (key of a person), role, received_at, due_at,
      closed_at (None while open at the end), state, division, amount_fen, amount_persons.
    - `leads`: lead, incident, kind, stratum, claimant, claimed_fen, claimed_persons, recovered_fen,
      recovered_persons, repeat_of, outcome, tickets.
    - `parties`: ticket_id, role, person, name, id_number, is_id_valid (as the source shows it), phone.
    - `events`: ticket_id, flow, occurred_at, known_at, division.
    - `quarantine`: source, ticket_id, version, reason: one row a version that cannot be read.
    """

    tickets: pd.DataFrame
    leads: pd.DataFrame
    parties: pd.DataFrame
    events: pd.DataFrame
    quarantine: pd.DataFrame


@dataclass(frozen=True)
class City:
    """An invented city: `changes[source]` holds one row a version of a ticket, as its source shows it.

    Columns `_ticket_no`, `_version`, `_changed_at` (Beijing wall time without a zone: from when on the source
    shows it), for the hotline `_defect`; then the source's native columns as str or None, every value as the
    source would write it (JSON numbers as their literal).
    """

    parameters: CityParameters
    changes: dict[str, pd.DataFrame]
    truth: Truth
