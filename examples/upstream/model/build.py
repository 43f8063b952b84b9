"""From parameters to a city: plan, exceptions, settlement, then every ticket as its source shows it."""

from __future__ import annotations

import gc
from datetime import date
from random import Random

from examples.upstream.model.defects import Beyond
from examples.upstream.model.exceptions import WHOLE, Exceptions
from examples.upstream.model.firms import Trade
from examples.upstream.model.lives import Lives
from examples.upstream.model.matters import Ticket
from examples.upstream.model.parameters import SOURCES, City, CityParameters
from examples.upstream.model.people import Population
from examples.upstream.model.plan import Plan
from examples.upstream.model.settle import settle
from examples.upstream.model.sources import WRITERS, Writer
from examples.upstream.model.telling import Teller
from examples.upstream.model.times import DAY, HOUR, WorkingDays
from examples.upstream.model.truth import TruthBook
from examples.upstream.model.vocabulary import Vocabulary, Weighted

SPOILT_VERSIONS = 3


def build_city(parameters: CityParameters = CityParameters()) -> City:  # noqa: B008
    """The city of these parameters: everyone and everything in it is invented.

    Raises ValueError for an unknown noise or vocabulary, fewer than 40 tickets, or fewer than 90 days.
    """
    vocabulary = Vocabulary(parameters.vocabulary)
    if parameters.noise not in vocabulary.city["noise_levels"]:
        raise ValueError(
            f"noise is one of {', '.join(vocabulary.city['noise_levels'])}, not {parameters.noise!r}"
        )
    if parameters.tickets < 40 or (parameters.last_day - parameters.first_day).days < 89:
        raise ValueError("a city needs 40 tickets and 90 days at least")
    was_collecting = gc.isenabled()
    # Millions of small objects that all stay: looking for cycles among them is most of the time otherwise.
    gc.disable()
    try:
        return _build(parameters, vocabulary)
    finally:
        if was_collecting:
            gc.enable()


def _build(parameters: CityParameters, vocabulary: Vocabulary) -> City:
    luck = Random(parameters.seed)
    city = vocabulary.city
    end = (parameters.last_day.toordinal() + 1) * DAY
    days_off: list[date] = city["regional_days_off"]
    working = WorkingDays(parameters.first_day, parameters.last_day, days_off)
    lives = Lives(luck, working, end, city["lives"], Weighted(city["divisions"]))
    population = Population(vocabulary, luck)
    plan = Plan(parameters, vocabulary, luck, population, Trade(vocabulary, luck), working, lives)
    plan.make()
    tickets = list(plan.tickets)
    Exceptions(tickets, city["counts"], lives, working, end, luck).make()
    for ticket in tickets:
        lives.tell_due(ticket)
    settle([lead for lead in plan.leads if lead.tickets], len(tickets), city, luck)

    teller = Teller(vocabulary, parameters.noise, luck)
    writers = {source: WRITERS[source](vocabulary, teller) for source in SOURCES}
    book = TruthBook()
    beyond = Beyond(plan, teller, luck, parameters.first_day.toordinal(), parameters.last_day.toordinal())
    is_noisy = parameters.noise != "none"
    spoilt = _to_spoil(tickets, end, luck) if is_noisy else frozenset()
    for ticket in tickets:
        writer = writers[ticket.source]
        telling = teller.tell(ticket)
        versions = writer.write(ticket, telling)
        if ticket.no in spoilt:
            at = end - DAY + 10 * HOUR + int(luck.random() * 6 * HOUR)
            versions.append(beyond.spoilt_version(writer, versions[-1][1], at))
            book.spoilt(ticket, len(versions), "unknown_division")
        writer.add(ticket.no, versions)
        book.ticket(ticket, telling)
        ticket.steps = []  # told in full: a million tickets need the room
    _write_beyond(beyond, writers, book, city["counts"], len(tickets), is_noisy)
    changes = {source: writer.table.frame() for source, writer in writers.items()}
    return City(parameters, changes, book.truth(plan.leads))


def _write_beyond(
    beyond: Beyond,
    writers: dict[str, Writer],
    book: TruthBook,
    counts: dict[str, int],
    tickets: int,
    is_noisy: bool,
) -> None:
    def wanted(what: str) -> int:
        return max(1, round(counts[what] * tickets / WHOLE))

    for source in ("hotline", "petition"):
        for _ in range(wanted(f"out_of_scope_{source}")):
            book.ticket(beyond.out_of_scope(writers[source]), None, is_in_scope=False)
    for number in range(min(wanted("quarantine"), 400) if is_noisy else 0):
        book.ticket(beyond.unreadable(writers, number), None)


def _to_spoil(tickets: list[Ticket], end: int, luck: Random) -> frozenset[str]:
    """Numbers of long closed tickets whose last version will be unreadable."""
    possible = [
        ticket.no
        for ticket in tickets
        if ticket.source in ("hotline", "national")
        and not ticket.traits
        and 0 < ticket.closed < end - 10 * DAY
        and ticket.steps[-1].kind == "closed"
    ]
    return frozenset(luck.sample(possible, min(SPOILT_VERSIONS, len(possible))))
