"""Which judgements cannot hold beside others: contradictions among them, and two valid claimant IDs in one lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from pipelines.errors import UnknownSubject
from pipelines.resolve.verdicts import Verdict, clashes, groups
from pipelines.review.evidence import Pair, valid_ids
from pipelines.review.pairs import warehouse_of
from pipelines.settings import City
from pipelines.store import Workspace

TWO_IDS = "state two valid claimant ID numbers that differ: no judgement joins them"
FIX_ID = "where one of the numbers is wrong, have it corrected at its source; else judge the pair different"


def claimant_ids(workspace: Workspace, city: City, tickets: Sequence[str]) -> dict[str, str] | None:
    """Each ticket's valid claimant ID number, as far as it has one. None where no warehouse is there to be asked."""
    if not workspace.warehouse_file.is_file():
        return None
    with warehouse_of(workspace, city) as connection:
        return valid_ids(connection, tickets)


def refuse_two_ids(known: Sequence[Verdict], pair: Pair, ids: Mapping[str, str]) -> None:
    """Raises UnknownSubject where "same" on a pair would put two valid claimant IDs into one lead."""
    new = Verdict(0, pair, "same", {}, None)
    for one, other in _apart_by_id([*known, new], ids):
        if any(new in clash for clash in clashes([*known, new, _by_id(one, other)])):
            through = (
                "" if {one, other} == set(pair) else f" (they would be in one lead with {' and '.join(pair)})"
            )
            raise UnknownSubject(f"{one} and {other} {TWO_IDS}{through}", remedy=FIX_ID)


def contradictory(
    standing: Sequence[Verdict], rows: Mapping[str, Verdict], ids: Mapping[str, str]
) -> dict[str, str]:
    """Of new verdicts by their place in a file, those that cannot hold, and why.

    Where rows of the file contradict one another none of them is taken: which is right is for a person to say.
    """
    left = dict(rows)
    refused: dict[str, str] = {}
    while True:
        verdicts = [*standing, *left.values()]
        by_id = [_by_id(one, other) for one, other in _apart_by_id(verdicts, ids)]
        places = {id(verdict): where for where, verdict in left.items()}
        found = False
        for clash in clashes([*verdicts, *by_id]):
            mine = [item for item in clash if id(item) in places]
            if not mine or any(places[id(item)] in refused for item in mine):
                continue
            found = True
            for item in mine:
                others = [_told(other, places) for other in clash if other is not item]
                refused[places[id(item)]] = f"it contradicts {'; '.join(others)}"
        if not found:
            return refused
        left = {where: verdict for where, verdict in left.items() if where not in refused}


def _told(item: Verdict, places: Mapping[int, str]) -> str:
    pair = " and ".join(item.tickets)
    if id(item) in places:
        return f"{places[id(item)]} of this file ({pair} are {item.verdict})"
    if not item.number:
        return f"the IDs: {pair} {TWO_IDS}"
    return f"judgement {item.number} ({pair} are {item.verdict}; {item.said}: {item.row['why']})"


def _by_id(one: str, other: str) -> Verdict:
    return Verdict(0, (one, other), "different", {}, None)


def _apart_by_id(known: Sequence[Verdict], ids: Mapping[str, str]) -> list[Pair]:
    """The pairs of tickets that verdicts put together and whose valid claimant IDs differ."""
    return [
        (one, other)
        for members in groups(known)
        for one, other in combinations([ticket for ticket in members if ticket in ids], 2)
        if ids[one] != ids[other]
    ]
