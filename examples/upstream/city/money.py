"""Who got how much: exactly the published people and fen over the sources' amount fields, once a lead."""

from __future__ import annotations

import random

from examples.upstream.city.life import OUTCOMES
from examples.upstream.city.model import ALL_TICKETS, PAID_FEN, PAID_PERSONS, Claim, Ticket
from examples.upstream.city.plan import LARGEST_GROUP, MONEYED

HUNDRED_YUAN = 10_000
GROUP_SHARE = 0.6


def settle(luck: random.Random, claims: list[Claim], tickets: int) -> None:
    """Give every claim its amount and every closed ticket its outcome; the paid ones sum to the figures."""
    persons, fen = _scaled(PAID_PERSONS, tickets), _scaled(PAID_FEN, tickets)
    payable = [claim for claim in claims if claim.stratum != "group_member" and _paying(claim)]
    for claim in claims:
        unit = luck.choice((3000, 4500, 6000, 7500, 9000, 12000)) + 100 * luck.randint(0, 30)
        claim.claimed_fen = claim.persons * unit * 100
    paid = _choose(luck, payable, persons) if payable else []
    if paid:
        _share(luck, paid, fen)
    chosen = {claim.number for claim in paid}
    words, weights = list(OUTCOMES), list(OUTCOMES.values())
    for claim in claims:
        outcome = "paid" if claim.number in chosen else luck.choices(words, weights)[0]
        for ticket in claim.tickets:
            ticket.outcome = outcome
        if claim.number in chosen:
            _record(luck, claim)


def _scaled(figure: int, tickets: int) -> int:
    return round(figure * tickets / ALL_TICKETS)


def _paying(claim: Claim) -> list[Ticket]:
    """The claim's tickets that can carry an amount, the one that closed last at the end."""
    closed = [
        (ticket.versions[-1].closed_at, ticket.channel, ticket)
        for ticket in claim.tickets
        if ticket.channel in (*MONEYED, "supervised")
        and ticket.versions
        and ticket.versions[-1].status == "closed"
    ]
    return [ticket for _, _, ticket in sorted(closed, key=lambda entry: (str(entry[0]), entry[1]))]


def _choose(luck: random.Random, payable: list[Claim], persons: int) -> list[Claim]:
    """Claims whose people sum to `persons`: groups for the larger part, then single workers."""
    groups = [claim for claim in payable if claim.persons > 1]
    singles = [claim for claim in payable if claim.persons == 1]
    luck.shuffle(groups)
    luck.shuffle(singles)
    chosen: list[Claim] = []
    left = persons
    floor = max(persons - len(singles), round(persons * GROUP_SHARE))
    for claim in groups:
        if persons - left >= floor or not left:
            break
        claim.recovered_persons = min(claim.persons, left, max(1, floor - (persons - left)))
        left -= claim.recovered_persons
        chosen.append(claim)
    for claim in singles[:left]:
        claim.recovered_persons = 1
        left -= 1
        chosen.append(claim)
    for claim in chosen:
        # A city too small for its figure has larger groups.
        grown = min(left, max(0, LARGEST_GROUP - claim.recovered_persons))
        claim.recovered_persons += grown
        left -= grown
    if left and chosen:
        chosen[0].recovered_persons += left
    for claim in chosen:
        claim.persons = max(claim.persons, claim.recovered_persons)
    return chosen


def _share(luck: random.Random, paid: list[Claim], fen: int) -> None:
    """Split `fen` exactly: whole hundreds of yuan, the remainder with the largest."""
    weights = [claim.recovered_persons * luck.lognormvariate(0, 0.45) for claim in paid]
    scale = fen / sum(weights) / HUNDRED_YUAN
    for claim, weight in zip(paid, weights, strict=True):
        claim.recovered_fen = max(1, round(weight * scale)) * HUNDRED_YUAN
    largest = max(paid, key=lambda claim: (claim.recovered_fen, claim.number))
    largest.recovered_fen += fen - sum(claim.recovered_fen for claim in paid)
    for claim in paid:
        is_short = claim.recovered_persons < claim.persons or luck.random() < 0.12
        whole = -(-claim.recovered_fen // HUNDRED_YUAN) * HUNDRED_YUAN
        claim.claimed_fen = (
            whole if not is_short else round(whole * luck.uniform(1.15, 1.9) / HUNDRED_YUAN) * HUNDRED_YUAN
        )


def _record(luck: random.Random, claim: Claim) -> None:
    """The amount on the ticket that closed last and, mostly, on the others too; a few of those disagree."""
    *others, last = _paying(claim)
    last.paid_fen, last.paid_persons = claim.recovered_fen, claim.recovered_persons
    for ticket in others:
        if luck.random() < 0.15:
            ticket.outcome = "other"
            continue
        disagrees = luck.random() < 0.06 and claim.recovered_fen > 2 * HUNDRED_YUAN
        part = round(claim.recovered_fen * 0.6 / HUNDRED_YUAN) * HUNDRED_YUAN
        ticket.paid_fen = part if disagrees else claim.recovered_fen
        ticket.paid_persons = claim.recovered_persons
