"""What becomes of every ticket: received, worked on, closed on time, or left open."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

from examples.upstream.city.calendar import DAY, Calendar
from examples.upstream.city.model import ALL_TICKETS, CityParameters, Claim, Ticket, Version
from examples.upstream.city.people import Registry

# Working days: limit, first and last day on which a closing may fall (a day of margin at least).
SPANS = {
    "hotline": (5, 1, 4),
    "national": (15, 3, 13),
    "supervised": (10, 2, 8),
    "cyberspace": (10, 2, 8),
    "direct": (75, 8, 58),
    "regional": (75, 8, 58),
}
PETITION_DAYS = 60
OVERDUE = 60
FATES = {
    "redispatched": 0.03,
    "reopened": 0.015,
    "returned": 0.006,
    "extended": 0.025,
    "suspended": 0.012,
    "deleted": 0.005,
}
FATES_OF = {
    "hotline": ("redispatched", "reopened", "returned", "extended"),
    "national": ("redispatched", "reopened", "returned"),
    "petition": ("redispatched", "reopened"),
    "cyberspace": ("redispatched", "returned"),
    "direct": ("redispatched", "extended", "suspended", "deleted"),
    "regional": ("redispatched", "extended", "suspended", "deleted"),
    "supervised": ("redispatched", "deleted"),
}
OUTCOMES = {
    "other": 34,
    "paid_by_agreement": 22,
    "court": 8,
    "arbitration": 12,
    "unfounded": 18,
    "police": 2,
}


class Lives:
    """Gives every ticket its limit, its fate and its versions."""

    def __init__(self, luck: random.Random, parameters: CityParameters, registry: Registry) -> None:
        self._luck = luck
        self._parameters = parameters
        self._registry = registry
        self._end = datetime.combine(parameters.last_day + DAY, time())
        self._calendar = Calendar.of(parameters.first_day - 10 * DAY, parameters.last_day + 150 * DAY)

    def live(self, claims: list[Claim]) -> None:
        """Versions of every ticket up to the last day's end."""
        luck = self._luck
        tickets = [ticket for claim in claims for ticket in claim.tickets]
        for ticket in tickets:
            ticket.limit = self._limit(ticket)
            if not ticket.is_plain:
                ticket.fate = self._fate(ticket)
        late = [
            ticket for ticket in tickets if ticket.limit < self._parameters.last_day and not ticket.is_plain
        ]
        for ticket in luck.sample(late, min(len(late) // 4, self.scaled(OVERDUE))):
            ticket.fate = "overdue"
        for ticket in tickets:
            self._versions(ticket)
            ticket.versions = [version for version in ticket.versions if version.changed_at < self._end]
        self._late_transfers(tickets)
        self._planted(tickets)

    def live_extra(self, tickets: list[Ticket]) -> None:
        """Plain lives of tickets beside the figures."""
        for ticket in tickets:
            ticket.limit, ticket.outcome = self._limit(ticket), "other"
            self._versions(ticket)
            ticket.versions = [version for version in ticket.versions if version.changed_at < self._end]

    def scaled(self, figure: int) -> int:
        """A figure of the default city at this city's size, 1 at least."""
        return max(1, round(figure * self._parameters.tickets / ALL_TICKETS))

    def _limit(self, ticket: Ticket) -> date:
        day = ticket.received_at.date()
        if ticket.channel == "petition":
            return day + PETITION_DAYS * DAY
        return self._calendar.after(day, SPANS[ticket.channel][0])

    def _fate(self, ticket: Ticket) -> str:
        roll = self._luck.random()
        for fate in FATES_OF[ticket.channel]:
            roll -= FATES[fate]
            if roll < 0:
                return fate
        return ""

    def _closing_day(self, ticket: Ticket) -> date:
        day, luck = ticket.received_at.date(), self._luck
        if ticket.channel == "petition":
            return self._calendar.next(day + luck.randint(10, 48) * DAY)
        _, first, last = SPANS[ticket.channel]
        if ticket.fate == "extended" and ticket.channel == "hotline":
            first, last = 5, 8
        return self._calendar.after(day, luck.randint(first, last))

    def _hour(self, day: date, first: int = 9, last: int = 18) -> datetime:
        return datetime.combine(day, time(first)) + timedelta(
            seconds=self._luck.randrange((last - first) * 3600)
        )

    def _soon(self, moment: datetime) -> datetime:
        return moment + timedelta(seconds=self._luck.randrange(20, 1500))

    def other_division(self, division: str) -> str:
        """Some other county-level division."""
        while True:
            other = self._registry.division()
            if other not in (division, "640100"):
                return other

    def _versions(self, ticket: Ticket) -> None:
        luck, fate, home = self._luck, ticket.fate, ticket.claim.project.division
        first = self.other_division(home) if fate == "redispatched" else home
        ticket.versions = versions = [Version(self._soon(ticket.received_at), "received", first)]
        day = ticket.received_at.date()
        accepted = self._hour(self._calendar.after(day, 1), 8, 9)
        has_handling = ticket.source == "regional" or luck.random() < 0.12
        if has_handling or fate in ("redispatched", "overdue", "extended", "suspended"):
            versions.append(Version(self._soon(accepted), "handling", home, accepted))
        closed = self._hour(self._closing_day(ticket))
        if fate == "overdue":
            return
        if fate == "returned":
            returned = self._hour(self._calendar.after(day, 1), 10, 17)
            versions.append(Version(self._soon(returned), "returned", home))
            return
        if fate == "deleted":
            moment = self._hour(self._calendar.after(day, 2), 10, 17)
            versions.append(Version(moment, "handling", home, accepted, is_deleted=True))
            return
        if fate == "extended":
            asked = self._hour(self._calendar.after(day, 3), 10, 17)
            versions.append(Version(asked, "handling", home, accepted, extended=True))
            if closed <= asked:
                closed = self._hour(self._calendar.after(asked.date(), 2))
        if fate == "suspended":
            stopped = self._hour(self._calendar.after(day, 4), 10, 17)
            versions.append(Version(stopped, "suspended", home, accepted))
            if luck.random() < 0.4:
                return
            resumed = self._hour(self._calendar.after(stopped.date(), 3), 10, 17)
            versions.append(Version(resumed, "handling", home, accepted))
            if closed <= resumed:
                closed = self._hour(self._calendar.after(resumed.date(), 2))
        if fate == "reopened":
            last = closed
            closed = self._hour(self._calendar.after(day, 1), 10, 17)
            again = self._hour(self._calendar.after(day, 2), 9, 11)
            versions.append(Version(self._soon(closed), "closed", home, accepted, closed))
            versions.append(Version(again, "reopened", home, accepted))
            closed = last if last.date() > again.date() else self._hour(self._calendar.after(day, 3))
        if ticket.channel == "national" and luck.random() < 0.1 and closed.hour >= 11:
            checked = closed - timedelta(seconds=luck.randrange(1800, 5400))
            versions.append(Version(checked, "checking", home, accepted))
        was_extended = versions[-1].extended
        versions.append(Version(self._soon(closed), "closed", home, accepted, closed, was_extended))

    def _late_transfers(self, tickets: list[Ticket]) -> None:
        """Some open tickets change their division on the last two days."""
        luck = self._luck
        still_open = [
            ticket
            for ticket in tickets
            if ticket.versions[-1].status == "handling"
            and not ticket.versions[-1].is_deleted
            and ticket.versions[-1].changed_at < self._end - 3 * DAY
        ]
        for ticket in luck.sample(still_open, min(len(still_open), self.scaled(14))):
            last = ticket.versions[-1]
            moment = self._hour(self._parameters.last_day - DAY * luck.randint(0, 1), 9, 18)
            ticket.versions.append(
                Version(
                    moment,
                    last.status,
                    self.other_division(last.division),
                    last.accepted_at,
                    extended=last.extended,
                )
            )

    def _planted(self, tickets: list[Ticket]) -> None:
        """A closing that the source shows two days late, a ticket that it shows three days late, and an
        amount that is corrected and corrected back.
        """
        last_day = self._parameters.last_day
        closing = [
            ticket
            for ticket in tickets
            if ticket.channel in ("national", "hotline")
            and not ticket.fate
            and (closed := ticket.versions[-1].closed_at) is not None
            and closed.date() == last_day - 2 * DAY
        ]
        if closing:
            closing[0].versions[-1].changed_at = self._hour(last_day, 10, 12)
        unseen = [
            ticket
            for ticket in tickets
            if ticket.channel in ("national", "hotline")
            and ticket.received_at.date() == last_day - 3 * DAY
            and len(ticket.versions) == 1
            and not ticket.fate
        ]
        if unseen:
            unseen[0].versions[0].changed_at = self._hour(last_day, 14, 16)
        corrected = [
            ticket
            for ticket in tickets
            if ticket.source == "regional"
            and not ticket.fate
            and len(ticket.versions) == 2
            and ticket.versions[-1].changed_at < self._end - 4 * DAY
            and ticket.versions[-1].status == "handling"
        ]
        if corrected:
            ticket = corrected[0]
            ticket.fate = "corrected"
            state = ticket.versions[-1]
            for moment, claimed in ((self._end - DAY * 1.5, 1), (self._end - DAY * 0.5, None)):
                ticket.versions.append(
                    Version(moment, state.status, state.division, state.accepted_at, claimed_fen=claimed)
                )
