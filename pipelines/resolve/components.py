"""Tickets joined into components under constraints: what may never be together is never joined.

Links are tried in a fixed order (judgements, then the strength of the rule, then ticket ids), so the outcome does
not depend on the order in which tickets arrived. A union is refused where it would put together two differing valid
claimant IDs (no judgement stands above that), a pair judged different, a group's representative and a single
claimant, two stated periods that do not meet, or claimants whose full names and phones all differ (one ticket that
quotes two people's numbers makes them no one person).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    """What constrains a ticket: role, valid ID number, stated period (yyyymm, both ends), name, phone, where known."""

    role: str
    id_number: str | None
    period: tuple[int, int] | None
    full_name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, order=True)
class Link:
    """A reason to join two tickets; lower strength is tried first (0 is a person's judgement).

    A link with a `doubt` joins nothing: it waits for a person.
    """

    strength: int
    ticket_a: str
    ticket_b: str
    rule: str = field(compare=False)
    reasons: str = field(compare=False)
    doubt: str = field(compare=False, default="")


@dataclass(frozen=True)
class Decision:
    link: Link
    is_joined: bool
    refusal: str = ""


class _Group:
    __slots__ = ("id_numbers", "members", "people", "periods", "roles")

    def __init__(self, ticket: str, person: Person) -> None:
        self.members = [ticket]
        is_own = person.role == "claimant"
        self.id_numbers = {person.id_number} if is_own and person.id_number else set()
        self.people = (
            {(person.full_name, person.phone)} if is_own and person.full_name and person.phone else set()
        )
        self.periods = {person.period} if person.period else set()
        self.roles = {person.role} & {"claimant", "representative"}


def join(
    persons: Mapping[str, Person], links: Iterable[Link], different: Iterable[tuple[str, str]] = ()
) -> tuple[dict[str, str], list[Decision]]:
    """Components of all tickets (ticket → smallest ticket id of its component) and what was decided on each link."""
    groups = {ticket: _Group(ticket, person) for ticket, person in persons.items()}
    enemies: dict[str, set[str]] = {}
    for a, b in different:
        enemies.setdefault(a, set()).add(b)
        enemies.setdefault(b, set()).add(a)
    decisions: list[Decision] = []
    doubtful: list[Link] = []
    for link in sorted(links):
        left, right = groups.get(link.ticket_a), groups.get(link.ticket_b)
        if left is None or right is None:
            continue
        if link.doubt:
            doubtful.append(link)
            continue
        if left is right:
            decisions.append(Decision(link, True))
            continue
        refusal = _refusal(left, right, enemies, is_judged=link.strength == 0)
        decisions.append(Decision(link, not refusal, refusal))
        if refusal:
            continue
        if len(left.members) < len(right.members):
            left, right = right, left
        left.members += right.members
        left.id_numbers |= right.id_numbers
        left.people |= right.people
        left.periods |= right.periods
        left.roles |= right.roles
        for ticket in right.members:
            groups[ticket] = left
    # What other links joined is no longer in doubt.
    decisions += [
        Decision(link, groups[link.ticket_a] is groups[link.ticket_b], link.doubt) for link in doubtful
    ]
    names: dict[int, str] = {}
    for ticket, group in groups.items():
        name = names.get(id(group))
        if name is None or ticket < name:
            names[id(group)] = ticket
    return {ticket: names[id(group)] for ticket, group in groups.items()}, decisions


def _refusal(left: _Group, right: _Group, enemies: dict[str, set[str]], *, is_judged: bool) -> str:
    if len(left.id_numbers | right.id_numbers) > 1:
        return "身份证号不同"
    smaller, larger = sorted((left, right), key=lambda group: len(group.members))
    if enemies:
        others = set(larger.members)
        if any(enemies[ticket] & others for ticket in smaller.members if ticket in enemies):
            return "人工判定为不同"
    if is_judged:
        return ""
    if not left.id_numbers & right.id_numbers and _are_other_people(left, right):
        return "姓名与电话均不同"
    if len(left.roles | right.roles) > 1:
        return "集体与个人分别计"
    if any(a[0] > b[1] or b[0] > a[1] for a in left.periods for b in right.periods):
        return "欠薪时段不相交"
    return ""


def _are_other_people(left: _Group, right: _Group) -> bool:
    """Whether claimants with full names and phones stand on both sides and no two agree in either."""
    return bool(left.people and right.people) and all(
        a[0] != b[0] and a[1] != b[1] for a in left.people for b in right.people
    )
