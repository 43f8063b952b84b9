"""Tickets joined into leads under constraints: what may never be together is never joined, not even through others.

Links are tried in a fixed order (judgements, then falling weight, then ticket ids), so the outcome does not depend on
the order in which tickets arrived. A union is refused where it would put two enemies together: an absolute one
(differing valid claimant IDs, a pair judged different) whatever speaks for it, any other unless a person judged the
link. A ticket that fits two groups which exclude each other belongs, as far as anybody can tell, to neither: it is torn,
stays apart, and waits for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

JUDGED = 0
SURE = 1
SCORED = 2
TORN_MARGIN = 6.0
"""Weights (log2) within which two links of one ticket are equally good."""


@dataclass(frozen=True, order=True)
class Link:
    """A reason to join two tickets, `ticket_a` the smaller id; the lower rank, then the higher weight, is tried first."""

    rank: int
    cost: float
    ticket_a: str
    ticket_b: str
    rule: str = field(compare=False, default="")

    @property
    def weight(self) -> float:
        return -self.cost


@dataclass(frozen=True)
class Enemy:
    """Why two tickets may not be in one lead."""

    reason: str
    is_absolute: bool


Enemies = Mapping[tuple[str, str], Enemy]
"""By (smaller id, larger id)."""


@dataclass(frozen=True)
class Decision:
    link: Link
    is_joined: bool
    refusal: str = ""


class _Groups:
    """Disjoint sets of tickets, with what each set's tickets are enemies of."""

    def __init__(self, tickets: Iterable[str], enemies: Enemies) -> None:
        self.of = {ticket: ticket for ticket in tickets}
        self.members = {ticket: [ticket] for ticket in self.of}
        self.foes: dict[str, dict[str, Enemy]] = {ticket: {} for ticket in self.of}
        self.judged: dict[str, str] = {}
        for (a, b), enemy in enemies.items():
            if a in self.foes and b in self.foes:
                self.foes[a][b] = enemy
                self.foes[b][a] = enemy

    def conflict(self, link: Link) -> str:
        """Why the groups of a link's tickets may not be one; '' where they may."""
        a, b = link.ticket_a, link.ticket_b
        if len(self.members[self.of[a]]) > len(self.members[self.of[b]]):
            a, b = b, a
        right, found = self.of[b], ""
        for x in self.members[self.of[a]]:
            for y, enemy in self.foes[x].items():
                if self.of[y] != right:
                    continue
                if enemy.is_absolute:
                    return enemy.reason
                # Whom a person has put beside a ticket does not speak against those who belong to the ticket itself.
                if link.rank != JUDGED and not self._is_guest(x, a) and not self._is_guest(y, b):
                    found = max(found, enemy.reason)
        return found

    def _is_guest(self, ticket: str, host: str) -> bool:
        return ticket != host and ticket in self.judged and self.judged[ticket] == self.judged.get(host)

    def is_foe(self, ticket: str, group: str) -> bool:
        return any(self.of[b] == group for b in self.foes[ticket])

    def unite(self, left: str, right: str) -> None:
        if len(self.members[left]) < len(self.members[right]):
            left, right = right, left
        for ticket in self.members.pop(right):
            self.of[ticket] = left
            self.members[left].append(ticket)


def join(
    tickets: Iterable[str], links: Iterable[Link], enemies: Enemies
) -> tuple[dict[str, str], list[Decision]]:
    """Each ticket's group (its smallest ticket id), and what was decided on each link."""
    tickets, ordered = list(tickets), sorted(links)
    groups, decisions = _joined(tickets, ordered, enemies)
    torn = _torn(groups, decisions)
    if torn:
        kept = [link for link in ordered if link.rank < SCORED or not ({link.ticket_a, link.ticket_b} & torn)]
        groups, decisions = _joined(tickets, kept, enemies)
        decisions += [
            Decision(link, groups.of[link.ticket_a] == groups.of[link.ticket_b], "同样符合互不相容的几条线索")
            for link in ordered
            if link.rank >= SCORED and {link.ticket_a, link.ticket_b} & torn
        ]
    names = {group: min(members) for group, members in groups.members.items()}
    return {ticket: names[group] for ticket, group in groups.of.items()}, decisions


def _joined(tickets: list[str], links: list[Link], enemies: Enemies) -> tuple[_Groups, list[Decision]]:
    groups, decisions = _Groups(tickets, enemies), list[Decision]()
    for link in links:
        left, right = groups.of[link.ticket_a], groups.of[link.ticket_b]
        if left == right:
            decisions.append(Decision(link, True))
            continue
        refusal = groups.conflict(link)
        decisions.append(Decision(link, not refusal, refusal))
        if not refusal:
            groups.unite(left, right)
            if link.rank == JUDGED:
                groups.judged.update(
                    dict.fromkeys(groups.members[groups.of[link.ticket_a]], groups.of[link.ticket_a])
                )
    return groups, decisions


def _torn(groups: _Groups, decisions: list[Decision]) -> set[str]:
    """Tickets held in their group by scored links no better than one that was refused for the other tickets' sake."""
    best: dict[str, float] = {}
    for decision in decisions:
        link = decision.link
        if decision.is_joined:
            weight = link.weight if link.rank >= SCORED else float("inf")
            for ticket in (link.ticket_a, link.ticket_b):
                best[ticket] = max(best.get(ticket, float("-inf")), weight)
    torn = set()
    for decision in decisions:
        link = decision.link
        if decision.is_joined or link.rank < SCORED:
            continue
        for ticket, other in ((link.ticket_a, link.ticket_b), (link.ticket_b, link.ticket_a)):
            if ticket not in best or groups.is_foe(ticket, groups.of[other]):
                continue
            if link.weight >= best[ticket] - TORN_MARGIN:
                torn.add(ticket)
    return torn
