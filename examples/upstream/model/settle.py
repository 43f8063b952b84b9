"""How leads end: outcomes, claims, and the amounts that add up to the exact sum over leads."""

from __future__ import annotations

from random import Random
from typing import Any

from examples.upstream.model.matters import Lead, Ticket
from examples.upstream.model.vocabulary import Weighted

HUNDRED_YUAN = 10_000
YUAN = 100
SPOILS_AMOUNT = frozenset({"reopened", "deleted", "returned", "contradiction", "corrected_twice"})
UNPAID = ("paid_by_agreement", "paid_by_agreement", "court", "arbitration", "other", "paid")


def carries(ticket: Ticket) -> bool:
    """Whether the ticket can carry a recovered amount: its source has the fields, and it stays closed."""
    return (
        ticket.source in ("national", "regional")
        and ticket.closed > 0
        and not any(trait in SPOILS_AMOUNT for trait in ticket.traits)
    )


def settle(leads: list[Lead], tickets: int, city: dict[str, Any], luck: Random) -> None:
    """Outcome, claim and amounts of every lead; over all leads the published sums scaled to `tickets`.

    Raises ValueError when the city has no lead that could carry an amount.
    """
    whole = sum(city["channels"].values())
    target_persons = max(1, round(city["recovered"]["persons"] * tickets / whole))
    target_fen = round(city["recovered"]["fen"] * tickets / whole / YUAN) * YUAN
    if tickets == whole:
        target_fen = city["recovered"]["fen"]
    outcomes = Weighted(city["outcomes"])
    candidates = []
    for lead in leads:
        lead.outcome = outcomes.draw(luck)
        if lead.kind == "anonymous" and lead.outcome == "paid_by_agreement":
            lead.outcome = "other"
        can = lead.kind not in ("member", "anonymous") and any(carries(ticket) for ticket in lead.tickets)
        if (can and lead.outcome == "paid") or (can and lead.outcome == "other" and luck.random() < 0.5):
            candidates.append(lead)
    luck.shuffle(candidates)
    _share_persons(candidates, target_persons, luck)
    paid = [lead for lead in candidates if lead.recovered_persons]
    if not paid:
        raise ValueError("a city this small has no paid lead: ask for more tickets")
    _share_money(paid, target_fen, luck)
    for lead in leads:
        claim(lead, luck)
        _write_amounts(lead, luck)


def _share_persons(candidates: list[Lead], target: int, luck: Random) -> None:
    left = target
    rest = []
    for lead in candidates:
        if 0 < lead.persons <= left and not (lead.persons > max(60, target // 20)):
            lead.outcome = "paid"
            lead.recovered_persons = lead.persons
            left -= lead.persons
        else:
            rest.append(lead)
    for lead in rest:
        if left and lead.persons >= left:
            lead.outcome, lead.recovered_persons, left = "paid", left, 0
        else:
            lead.outcome = UNPAID[int(luck.random() * len(UNPAID))]
    paid = [lead for lead in candidates if lead.recovered_persons]
    place = 0
    while left and paid:
        # A small city may lack heads: a group grows, or a single claim becomes one.
        lead = paid[place % len(paid)]
        if lead.kind == "group" or place >= len(paid):
            if lead.kind != "group":
                lead.kind = "group"
                for ticket in lead.tickets:
                    ticket.role, ticket.is_by_agent = "representative", False
            lead.persons += 1
            lead.recovered_persons += 1
            left -= 1
        place += 1


def _share_money(paid: list[Lead], target: int, luck: Random) -> None:
    for lead in paid:
        each = min(max(luck.lognormvariate(8.72, 0.62), 600), 45_000)
        lead.recovered_fen = int(each * lead.recovered_persons) * YUAN
    total = sum(lead.recovered_fen for lead in paid)
    for lead in paid:
        scaled = lead.recovered_fen * target // total
        step = HUNDRED_YUAN if luck.random() < 0.8 else HUNDRED_YUAN * 5 if scaled > 600_000 else YUAN
        lead.recovered_fen = max(step, (scaled + step // 2) // step * step)
        if luck.random() < 0.02:
            lead.recovered_fen += int(luck.random() * YUAN)
    difference = target - sum(lead.recovered_fen for lead in paid)
    place = 0
    while difference:
        lead = paid[place % len(paid)]
        piece = max(-HUNDRED_YUAN * 4, min(HUNDRED_YUAN * 4, difference))
        if lead.recovered_fen + piece > 0:
            lead.recovered_fen += piece
            difference -= piece
        place += 1


def claim(lead: Lead, luck: Random) -> None:
    """What the lead asks for: at least what was recovered."""
    if lead.recovered_fen:
        lead.claimed_fen = lead.recovered_fen
        if luck.random() < 0.14:
            lead.claimed_fen = (
                int(lead.recovered_fen / (0.45 + 0.5 * luck.random()) / HUNDRED_YUAN) * HUNDRED_YUAN
            )
            lead.claimed_fen = max(lead.claimed_fen, lead.recovered_fen)
        return
    each = min(max(luck.lognormvariate(9.0, 0.75), 500), 80_000)
    step = 1000 if each > 10_000 and luck.random() < 0.6 else 500 if luck.random() < 0.4 else 100
    if luck.random() < 0.12:
        step = 1
    lead.claimed_fen = max(step, round(each / step) * step) * YUAN * lead.persons


def _write_amounts(lead: Lead, luck: Random) -> None:
    """The amount on every ticket that can carry one; now and then an earlier closing said something else."""
    if not lead.recovered_persons:
        return
    carriers = sorted((t for t in lead.tickets if carries(t)), key=lambda t: (t.closed, t.no))
    for ticket in carriers:
        ticket.amount_fen = lead.recovered_fen
        ticket.amount_persons = lead.recovered_persons
    if len(carriers) > 1 and luck.random() < 0.03 and carriers[0].closed < carriers[-1].closed:
        carriers[0].amount_fen = max(YUAN, lead.recovered_fen // 2 // YUAN * YUAN)
        carriers[0].amount_persons = max(1, lead.recovered_persons // 2)
        carriers[0].traits.append("amount_differs")
