"""The pairs that wait for a person, the most consequential first; what a judgement on one rests on, as a short code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines import registry
from pipelines.publish.terminal import published_database
from pipelines.resolve.leads import THRESHOLD
from pipelines.resolve.verdicts import verdicts
from pipelines.review.evidence import Pair
from pipelines.review.pairs import PairInReview, Row, look_at
from pipelines.review.tickets import compared_values
from pipelines.settings import City
from pipelines.store import Workspace, open_published

BANDS = (("甲", 50_000_000, 10), ("乙", 5_000_000, 2), ("丙", 0, 0))
"""Name, money (fen) or people from which a pair is in the band. Local, to be confirmed by the office."""
BAND_WORDS = "甲：若实为一件而未合并，将重复计 50 万元或 10 人以上；乙：5 万元或 2 人以上；丙：其余"
WAITING = """
select ticket_a, ticket_b, max(score) as score
from clearance.matches
where not is_joined
group by ticket_a, ticket_b
order by ticket_a, ticket_b
"""


@dataclass(frozen=True)
class Waiting:
    """The pairs to judge in their order, and how many were left out because no judgement can join them."""

    items: tuple[PairInReview, ...]
    hopeless: int


def waiting_pairs(workspace: Workspace, city: City) -> Waiting:
    """The pairs of the newest publication that were kept apart and that nobody has judged.

    In order of band, then of how near the weight is to the threshold, then of ticket ids. A pair that states two valid
    claimant IDs is left out: no judgement joins it. Raises ConfigurationError where the warehouse is not as published.
    """
    with open_published(published_database(workspace.published, None)) as published:
        apart = [(str(a), str(b)) for a, b, _ in published.execute(WAITING).fetchall()]
    judged = {
        item.tickets for item in verdicts(registry.decisions(workspace, "judgements")) if item.is_active
    }
    looked = look_at(workspace, city, [pair for pair in apart if pair not in judged])
    items = [item for item in looked if not item.evidence.is_absolute]
    items.sort(key=lambda item: (band_place(item), abs(item.evidence.weight - THRESHOLD), item.pair))
    return Waiting(tuple(items), len(looked) - len(items))


def band_place(item: PairInReview) -> int:
    """Which of BANDS a pair is in: by what is counted twice, were the two leads one.

    That is the smaller of the two sums and the fewer of the people; where one side says nothing, what the other says.
    A lead whose fields are silent (no hotline form has a sum) is as large as its ticket's text says.
    """
    fen = _at_stake(item, "lead_claimed_fen", "claimed_fen")
    people = _at_stake(item, "lead_claimed_persons", "persons")
    return next(place for place, (_, money, heads) in enumerate(BANDS) if fen >= money or people >= heads)


def _at_stake(item: PairInReview, of_lead: str, told: str) -> int:
    stated = [int(row[of_lead] or row[told] or 0) for row in item.tickets]
    return min((value for value in stated if value), default=0)


def numbers(items: Sequence[PairInReview]) -> list[str]:
    """甲1, 甲2, 乙1 …: the band and the place in it."""
    counted = [0] * len(BANDS)
    found = []
    for item in items:
        place = band_place(item)
        counted[place] += 1
        found.append(f"{BANDS[place][0]}{counted[place]}")
    return found


def check_code(pair: Pair, tickets: Sequence[Row]) -> str:
    """Two hashes: of the ticket ids, and of what is compared. So an edited number and a stale row are told apart."""
    return f"{ids_code(pair)}-{_short([compared_values(row) for row in tickets])}"


def ids_code(pair: Pair) -> str:
    """The part of a check code that stands for the ticket ids."""
    return _short(list(pair))


def _short(values: Sequence[object]) -> str:
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8].upper()
