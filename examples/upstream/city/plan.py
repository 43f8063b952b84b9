"""Which claims there are and through which tickets they are seen: exactly as many a channel as it is due."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate

from examples.upstream.city.calendar import DAY, is_working_day
from examples.upstream.city.model import CityParameters, Claim, Employer, Person, Project, Ticket, quotas
from examples.upstream.city.people import Registry
from examples.upstream.city.vocabulary import Vocabulary

MONEYED = ("national", "direct", "regional")
# Stratum: weight. Those of several leads make all of them at once.
STRATA = {
    "single": 46,
    "repeat_one_channel": 13,
    "several_channels": 13,
    "quoted_number": 7,
    "masked_phone": 1.5,
    "changed_phone": 2,
    "short_employer": 3,
    "misspelt_employer": 2,
    "agent": 2,
    "anonymous": 2.5,
    "brothers": 1,
    "foreman_phone": 0.5,
    "same_name": 0.6,
    "other_employer": 0.8,
    "later_period": 1,
    "group": 4,
}
LARGEST_GROUP = 42


class Pool:
    """The tickets that are still to be given out, by channel."""

    def __init__(self, luck: random.Random, due: dict[str, int]) -> None:
        self._luck = luck
        self.left = dict(due)
        self.all = sum(due.values())

    def take(self, preferred: Sequence[str] = ()) -> str:
        """A channel that has a ticket left, of the preferred ones if possible; '' when none has."""
        channels = [channel for channel in preferred or self.left if self.left[channel]]
        channels = channels or [channel for channel in self.left if self.left[channel]]
        if not channels:
            return ""
        channel = self._luck.choices(channels, [self.left[name] for name in channels])[0]
        self.left[channel] -= 1
        self.all -= 1
        return channel


class Planner:
    """Makes claims until the pool is empty."""

    def __init__(self, luck: random.Random, parameters: CityParameters, words: Vocabulary) -> None:
        self._luck = luck
        self._parameters = parameters
        self._names = words.names
        self.registry = Registry(luck, words, parameters.tickets)
        self._pool = Pool(luck, quotas(parameters.tickets))
        self.claims: list[Claim] = []
        span = (parameters.last_day - parameters.first_day).days + 1
        self._days = [parameters.first_day + DAY * number for number in range(span)]
        # The last days have fewer second tickets than they are due, so more claims begin on them.
        weights = [1.12 if is_working_day(day) else 0.72 for day in self._days]
        weights[-3:] = [1.55 * weight for weight in weights[-3:]]
        self._day_weights = list(accumulate(weights))

    def plan(self) -> list[Claim]:
        """Every claim with its tickets, which know when they were received and who speaks in them."""
        names, weights = list(STRATA), list(accumulate(STRATA.values()))
        # One of each first, so that a small city has every stratum too.
        queue = ["group", "group", "quoted_number", *names] if self._pool.all >= 60 else ["group"]
        while self._pool.all:
            stratum = queue.pop(0) if queue else self._luck.choices(names, cum_weights=weights)[0]
            make = getattr(self, f"_{stratum}", None)
            if make is None:
                self._one_claim(stratum)
            else:
                make()
        return [claim for claim in self.claims if claim.tickets]

    def extra_ticket(self, channel: str) -> Ticket:
        """A ticket beside the figures, of a claim that no other ticket is about."""
        claim = self._claim("beside")
        return self._ticket(claim, channel)

    # ---- strata ------------------------------------------------------------------------------------------------

    def _one_claim(self, stratum: str) -> None:
        luck, claim = self._luck, self._claim(stratum)
        if stratum == "single":
            self._ticket(claim)
        elif stratum == "repeat_one_channel":
            channel = self._pool.take(("hotline", "national", "hotline", "petition", "cyberspace"))
            self._ticket(claim, channel)
            for _ in range(luck.choices((1, 2, 3, 4), (60, 25, 10, 5))[0]):
                if self._pool.left[channel]:
                    self._ticket(claim, self._pool.take((channel,))).is_repeat = True
        elif stratum == "several_channels":
            seen: list[str] = []
            for _ in range(luck.choices((2, 3, 4, 5), (62, 25, 9, 4))[0]):
                other = [channel for channel in self._pool.left if channel not in seen]
                seen.append(self._ticket(claim, self._pool.take(other)).channel)
        elif stratum == "masked_phone":
            self._ticket(claim, self._pool.take(("national", "hotline")))
            petition = self._ticket(claim, self._pool.take(("petition",)))
            if petition.channel == "petition":
                petition.phone = f"{petition.phone[:3]}****{petition.phone[7:]}"
        elif stratum == "changed_phone":
            self._ticket(claim, self._pool.take(("national", "direct", "hotline")))
            self._ticket(
                claim, self._pool.take(("national", "direct", "hotline"))
            ).phone = self.registry.phone()
        elif stratum in ("short_employer", "misspelt_employer"):
            self._ticket(claim)
            self._ticket(claim).spelling = "short" if stratum == "short_employer" else "typo"

    def _quoted_number(self) -> None:
        claim = self._claim("quoted_number")
        first = self._ticket(claim, self._pool.take(("national", "hotline", "petition")))
        first.is_plain = True
        if first.channel == "hotline":
            later: tuple[str, ...] = ("hotline", "hotline", "national", "supervised", "direct")
        else:
            later = ("regional", "supervised", "national")
        for _ in range(self._luck.choices((1, 2, 3), (65, 25, 10))[0]):
            ticket = self._ticket(claim, self._pool.take(later))
            if ticket.channel not in ("petition", "cyberspace") and ticket is not first:
                ticket.quotes = first

    def _agent(self) -> None:
        claim = self._claim("agent")
        self._ticket(claim)
        agent = self.registry.person()
        ticket = self._ticket(claim)
        ticket.role, ticket.name, ticket.phone, ticket.id_number = (
            "agent",
            agent.name,
            agent.phone,
            agent.id_number,
        )

    def _anonymous(self) -> None:
        claim = self._claim("anonymous")
        ticket = self._ticket(claim, self._pool.take(("hotline", "hotline", "cyberspace")))
        ticket.role, ticket.name, ticket.id_number = "reporter", "保密", ""
        if self._luck.random() < 0.7:
            ticket.phone = ""

    def _brothers(self) -> None:
        surname = self._luck.choice(self._names["surnames"])
        first = self.registry.person(self.registry.name(surname))
        second = self.registry.person(self.registry.name(surname), first.phone)
        employer, project = self._workplace()
        for person in (first, second):
            self._some_tickets(self._claim("brothers", person, employer, project), 2)

    def _foreman_phone(self) -> None:
        employer, project = self._workplace()
        for _ in range(self._luck.randint(4, 14)):
            person = self.registry.person(phone=project.boss_phone)
            self._some_tickets(self._claim("foreman_phone", person, employer, project), 1)

    def _same_name(self) -> None:
        employer, project = self._workplace()
        name = self.registry.name()
        for _ in range(2):
            claim = self._claim("same_name", self.registry.person(name), employer, project)
            if self._pool.all:
                self._ticket(claim, self._pool.take(("national", "direct")))

    def _other_employer(self) -> None:
        person = self.registry.person()
        for _ in range(2):
            self._some_tickets(self._claim("other_employer", person), 2)

    def _later_period(self) -> None:
        luck, first = self._luck, self._claim("later_period")
        month = max(2, self._parameters.first_day.month)
        first.first_month = self._month(self._parameters.first_day) - 4
        first.last_month = first.first_month + luck.randint(0, 2)
        early = self._moment(self._parameters.first_day + DAY * luck.randint(0, 50))
        ticket = self._ticket(first, self._pool.take(("national", "hotline")), early)
        ticket.is_plain = True
        if not self._pool.all or ticket.channel not in ("national", "hotline"):
            return
        second = self._claim("later_period", first.person, first.employer, first.project)
        second.repeat_of = first.number
        second.first_month = first.last_month + 1
        second.last_month = second.first_month + luck.randint(0, month)
        last = (self._parameters.last_day - early.date()).days
        self._ticket(
            second,
            self._pool.take(("national", "hotline", "direct")),
            self._moment(early.date() + DAY * luck.randint(45, last)),
        )

    def _group(self) -> None:
        luck, claim = self._luck, self._claim("group")
        claim.persons = min(LARGEST_GROUP, 3 + int(luck.expovariate(1 / 13)))
        for _ in range(luck.choices((1, 2, 3), (55, 33, 12))[0]):
            if self._pool.all:
                self._ticket(
                    claim, self._pool.take(MONEYED if luck.random() < 0.7 else ())
                ).role = "representative"
        if luck.random() < 0.5:
            member = self._claim("group_member", None, claim.employer, claim.project)
            member.first_month, member.last_month = claim.first_month, claim.last_month
            if self._pool.all:
                self._ticket(member, self._pool.take(("hotline", "petition", "cyberspace"))).role = "member"

    # ---- parts -------------------------------------------------------------------------------------------------

    def _some_tickets(self, claim: Claim, most: int) -> None:
        for _ in range(self._luck.randint(1, most)):
            if self._pool.all:
                self._ticket(claim)

    def _workplace(self) -> tuple[Employer, Project]:
        employer = self.registry.employer()
        return employer, self._luck.choice(employer.projects)

    def _claim(
        self,
        stratum: str,
        person: Person | None = None,
        employer: Employer | None = None,
        project: Project | None = None,
    ) -> Claim:
        luck = self._luck
        if employer is None or project is None:
            employer, project = self._workplace()
        jobs, built = self._names["jobs"], self._names["construction_jobs"]
        claim = Claim(
            number=len(self.claims) + 1,
            person=person or self.registry.person(),
            employer=employer,
            project=project,
            job=luck.choice(jobs[:built] if employer.industry == "1" else jobs[built:]),
            first_month=0,
            last_month=0,
            stratum=stratum,
        )
        self.claims.append(claim)
        return claim

    def _ticket(self, claim: Claim, channel: str = "", received_at: datetime | None = None) -> Ticket:
        if not channel:
            channel = self._pool.take()
        if not channel:
            # The pool ran dry in the middle of a stratum: its last ticket stands for the one that is missing.
            return claim.tickets[-1] if claim.tickets else self.claims[0].tickets[0]
        if received_at is None:
            received_at = self._received_at(claim)
        if not claim.last_month:
            claim.last_month = (
                self._month(received_at.date()) - self._luck.choices((0, 1, 2, 3, 5), (2, 5, 3, 2, 1))[0]
            )
            claim.first_month = (
                claim.last_month - self._luck.choices((0, 1, 2, 3, 5, 8), (4, 4, 4, 2, 1, 1))[0]
            )
        person = claim.person
        ticket = Ticket(
            channel, claim, received_at, name=person.name, phone=person.phone, id_number=person.id_number
        )
        ticket.has_period = self._luck.random() < 0.85 or not claim.tickets
        if ticket.spelling == "full" and channel not in MONEYED and self._luck.random() < 0.25:
            ticket.spelling = "short"
        claim.tickets.append(ticket)
        return ticket

    def _received_at(self, claim: Claim) -> datetime:
        if not claim.tickets:
            return self._moment(self._luck.choices(self._days, cum_weights=self._day_weights)[0])
        last = claim.tickets[-1].received_at
        lag = 1 + min(60, int(self._luck.expovariate(1 / 11)))
        day = last.date() + DAY * lag
        if day > self._parameters.last_day:
            # The whole claim happened earlier, so that nothing piles up at the end.
            room = (claim.tickets[0].received_at.date() - self._parameters.first_day).days
            over = (day - self._parameters.last_day).days
            moved = min(room, over + self._luck.randint(0, 48))
            for ticket in claim.tickets:
                ticket.received_at -= DAY * moved
            claim.first_month -= moved // 30
            claim.last_month -= moved // 30
            last = claim.tickets[-1].received_at
            day = min(day - DAY * moved, self._parameters.last_day)
        moment = self._moment(day)
        if moment <= last:
            moment = min(last + timedelta(minutes=37), datetime.combine(day, time(22, 40)))
        return moment

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time(8)) + timedelta(seconds=self._luck.randrange(14 * 3600))

    @staticmethod
    def _month(day: date) -> int:
        return day.year * 12 + day.month - 1
