"""A person's verdicts on pairs of tickets: which are active, and whether a new one contradicts them.

A verdict is active until it is undone, or until a later one on the same pair takes its place (verdicts of a time when
a second one was still taken). "Same" is passed on: what is the same as one of two is the same as the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """One judgement. `ended_by` is the row that undid it or took its place, None while it is active."""

    number: int
    tickets: tuple[str, str]
    verdict: str
    row: Mapping[str, object]
    ended_by: Mapping[str, object] | None

    @property
    def is_active(self) -> bool:
        return self.ended_by is None

    @property
    def said(self) -> str:
        """Who judged, and when."""
        return said(self.row)


def said(row: Mapping[str, object]) -> str:
    """Who wrote a row of judgements, and when, to the minute."""
    return f"{row['judged_by']}, {str(row['judged_at'])[:16]}"


def verdicts(rows: Sequence[Mapping[str, object]]) -> list[Verdict]:
    """All verdicts among the rows of registry.judgements, in the order of their numbers."""
    ended: dict[object, Mapping[str, object]] = {}
    for row in rows:
        if row["undoes"] is not None:
            # A second undoing of the same verdict changed nothing.
            ended.setdefault(row["undoes"], row)
    newest: dict[tuple[str, str], Mapping[str, object]] = {}
    for row in rows:
        if row["undoes"] is None and row["judgement_no"] not in ended:
            pair = (str(row["ticket_a"]), str(row["ticket_b"]))
            if pair in newest:
                ended[newest[pair]["judgement_no"]] = row
            newest[pair] = row
    return [
        Verdict(
            int(str(row["judgement_no"])),
            (str(row["ticket_a"]), str(row["ticket_b"])),
            str(row["verdict"]),
            row,
            ended.get(row["judgement_no"]),
        )
        for row in rows
        if row["undoes"] is None
    ]


def contradiction(known: Sequence[Verdict], tickets: tuple[str, str], verdict: str) -> list[Verdict]:
    """The active verdicts that a new one would contradict, or that say it already; none where it can be recorded."""
    active = [item for item in known if item.is_active]
    own = [item for item in active if item.tickets == tickets]
    if own:
        return own
    same = [item for item in active if item.verdict == "same"]
    first, second = tickets
    if verdict == "different":
        return _chain(same, first, second) or []
    joined = [*same, Verdict(0, tickets, "same", {}, None)]
    for item in active:
        if item.verdict == "different" and (chain := _chain(joined, *item.tickets)) is not None:
            return sorted([item, *(link for link in chain if link.number)], key=lambda link: link.number)
    return []


def clashes(known: Sequence[Verdict]) -> list[list[Verdict]]:
    """What cannot hold together among verdicts: each a "different" with the "same" ones that lead from the one ticket to
    the other, the shortest way; in the order of the tickets.
    """
    active = [item for item in known if item.is_active]
    same = [item for item in active if item.verdict == "same"]
    apart = sorted((item for item in active if item.verdict == "different"), key=lambda item: item.tickets)
    return [[item, *chain] for item in apart if (chain := _chain(same, *item.tickets)) is not None]


def groups(known: Sequence[Verdict]) -> list[list[str]]:
    """The tickets that active verdicts say are the same, a list for each such set."""
    same = [item for item in known if item.is_active and item.verdict == "same"]
    of: dict[str, set[str]] = {}
    for item in same:
        joined = of.get(item.tickets[0], {item.tickets[0]}) | of.get(item.tickets[1], {item.tickets[1]})
        of.update(dict.fromkeys(joined, joined))
    return [list(members) for members in sorted({tuple(sorted(members)) for members in of.values()})]


def _chain(same: Sequence[Verdict], start: str, end: str) -> list[Verdict] | None:
    """The verdicts by which two tickets are the same, one after another; None where they are not."""
    reached: dict[str, list[Verdict]] = {start: []}
    waiting = [start]
    while waiting:
        ticket = waiting.pop(0)
        for item in same:
            if ticket in item.tickets:
                other = item.tickets[item.tickets[0] == ticket]
                if other not in reached:
                    reached[other] = [*reached[ticket], item]
                    waiting.append(other)
    return reached.get(end)
