"""The life of a ticket: its steps from receipt to closing, every closing within its time limit.

The limits are those of the closing clocks (working days of the city; the day of receipt does not count); a
closing keeps a working day clear of its limit. Steps that would be shown after the city's last day have not
happened yet.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from examples.upstream.model.matters import Step, Ticket
from examples.upstream.model.times import DAY, HOUR, WorkingDays
from examples.upstream.model.vocabulary import Weighted

HOTLINE_LIMITS = Weighted(
    {
        (5, "工作日"): 62, (3, "工作日"): 8, (7, "工作日"): 8, (10, "工作日"): 7, (15, "工作日"): 3,
        (0, ""): 7, (24, "小时"): 1.5, (48, "小时"): 2, (72, "小时"): 1.5,
    }
)  # fmt: skip
PETITION_DAYS = Weighted({60: 62, 30: 15, 45: 8, 0: 15})
CYBERSPACE_DAYS = Weighted({10: 40, 7: 25, 5: 20, 0: 15})
INSPECTION_LIMIT, EXTENSION = 75, 30
# Share of the steps between receipt and closing that have a version of their own.
SHOWN_BETWEEN = {"national": 0.2, "regional": 0.13, "petition": 0.35, "hotline": 0.19, "cyberspace": 0.3}

# A by-way that would begin after the city's last day has not happened.
STEP_OF_TRAIT = (
    ("extended", "extended"), ("suspended", "suspended"), ("reopened", "reopened"), ("returned", "returned"),
    ("redispatched", "transferred"), ("deleted", "deleted"), ("contradiction", "contradicted"),
)  # fmt: skip


class Lives:
    """Writes the steps of tickets. `end` is the first second after the city's last day."""

    def __init__(
        self, luck: Random, working: WorkingDays, end: int, rates: dict[str, float], divisions: Weighted
    ) -> None:
        self._luck = luck
        self._working = working
        self._end = end
        self._rates = rates
        self._divisions = divisions
        self._by_channel: dict[str, Callable[[Ticket, str], list[Step]]] = {
            "national": self._national,
            "regional": self._inspection,
            "direct": self._inspection,
            "supervised": self._supervised,
            "petition": self._petition,
            "hotline": self._hotline,
            "cyberspace": self._cyberspace,
        }

    def live(self, ticket: Ticket, division: str, is_plain: bool = False) -> None:
        """Give a ticket its steps, its limit and its due second. A plain life has no by-ways."""
        rates = self._rates
        if is_plain:
            self._rates = dict.fromkeys(rates, 0.0)
        steps = self._by_channel[ticket.channel](ticket, division)
        self._rates = rates
        ticket.steps = [step for step in steps if step.visible < self._end]
        for trait, kind in STEP_OF_TRAIT:
            if trait in ticket.traits and all(step.kind != kind for step in ticket.steps):
                ticket.traits.remove(trait)

    def tell_due(self, ticket: Ticket) -> None:
        """For an open ticket: the due second by what its source has shown of it so far."""
        if ticket.state != "open" or "reopened" in ticket.traits:
            return
        last = max(place for place, step in enumerate(ticket.steps) if step.visible)
        told = {step.kind: step.occurred for step in ticket.steps[: last + 1]}
        if ticket.channel in ("direct", "regional"):
            start = told.get("filed") or told.get("accepted") or ticket.received
            limit = INSPECTION_LIMIT + (EXTENSION if "extended" in told else 0)
            ticket.due = (self._working.after(start // DAY, limit) + 1) * DAY - 1
        elif ticket.channel == "petition" and not ticket.limit:
            start = told.get("accepted", ticket.received)
            ticket.due = (self._working.after(start // DAY, INSPECTION_LIMIT) + 1) * DAY - 1
        elif ticket.first_due and "extended" not in told:
            ticket.due = (ticket.first_due // DAY + 1) * DAY - 1

    def other_division(self, division: str) -> str:
        """A division that is not this one."""
        while True:
            other: str = self._divisions.draw(self._luck)
            if other != division:
                return other

    def restart(self, ticket: Ticket, second: int) -> None:
        """A reopened ticket has its limit again, from the reopening on."""
        day = second // DAY
        if ticket.channel == "petition":
            if ticket.limit and ticket.due >= second:
                return
            ticket.due = (self._working.after(day, INSPECTION_LIMIT) + 1) * DAY - 1
        elif ticket.limit_unit == "小时":
            ticket.due = second + ticket.limit * HOUR
        else:
            limit = {"national": 15, "direct": INSPECTION_LIMIT, "regional": INSPECTION_LIMIT, "supervised": 10,
                     "hotline": ticket.limit or 5, "cyberspace": 10}[ticket.channel]  # fmt: skip
            ticket.due = (self._working.after(day, limit) + 1) * DAY - 1

    def office(self, day: int) -> int:
        """A second of office hours."""
        return day * DAY + 9 * HOUR + int(self._luck.random() * 8.2 * HOUR)

    def recorded(self, second: int) -> int:
        """When the row says it changed: up to 40 minutes later, on the same day."""
        return min(second + int(self._luck.random() * 2400), second - second % DAY + DAY - 1)

    def _step(self, kind: str, second: int, division: str) -> Step:
        stated = self.recorded(second)
        return Step(kind, second, stated, stated, division)

    def _happens(self, what: str) -> bool:
        return self._luck.random() < self._rates[what]

    def _between(self, ticket: Ticket, kinds: list[tuple[str, int]], division: str) -> list[Step]:
        """Steps between receipt and closing; business times of unshown ones are told by later versions."""
        share = SHOWN_BETWEEN[ticket.source]
        return [
            self._step(kind, second, division) if self._luck.random() < share else
            Step(kind, second, 0, 0, division)
            for kind, second in kinds
        ]  # fmt: skip

    def _received(self, ticket: Ticket, division: str) -> Step:
        second = ticket.received
        stated = min(second + int(self._luck.random() * 480), self._end - 1)
        return Step("received", second, stated, stated, division)

    def _closing_days(self, first: int, last: int, skew: float = 1.3) -> int:
        return first + int(self._luck.random() ** skew * (last - first + 1))

    def _national(self, ticket: Ticket, division: str) -> list[Step]:
        luck, working = self._luck, self._working
        day = ticket.received // DAY
        ticket.due = (working.after(day, 15) + 1) * DAY - 1
        count = self._closing_days(1, 13, 1.0)
        closed = self.office(working.after(day, count))
        accepted = max(
            self.office(working.after(day, min(count - 1, int(luck.random() * 3)))), ticket.received + 300
        )
        if self._happens("national_returned"):
            ticket.traits.append("returned")
            return [self._received(ticket, division), self._step("returned", max(closed, accepted), division)]
        between = [("accepted", accepted)]
        if closed - accepted > DAY:
            between.append(("review", closed - 3 * HOUR))
        return [
            self._received(ticket, division),
            *self._between(ticket, between, division),
            self._step("closed", closed, division),
        ]

    def _inspection(self, ticket: Ticket, division: str) -> list[Step]:
        luck, working = self._luck, self._working
        day = ticket.received // DAY
        accepted = self._accepted(ticket, int(luck.random() ** 2 * 4.5))
        filed = accepted
        if luck.random() < 0.08:
            ticket.traits.append("filed_on_another_day")
            filed = self.office(working.after(accepted // DAY, 1 + int(luck.random() * 3)))
        filed_day = filed // DAY
        ticket.due = (working.after(filed_day, INSPECTION_LIMIT) + 1) * DAY - 1
        count = self._closing_days(2, 52, 1.6)
        steps = [self._received(ticket, division)]
        kinds = [("accepted", accepted), ("filed", filed)]
        is_direct = ticket.channel == "direct"
        if is_direct and self._happens("direct_extended"):
            ticket.traits.append("extended")
            extended = self.office(working.after(filed_day, 50 + int(luck.random() * 9)))
            count = 62 + int(luck.random() * 28)
            ticket.extended_until = (working.after(filed_day, 60 + EXTENSION) + 1) * DAY - 1
            ticket.due = (working.after(filed_day, INSPECTION_LIMIT + EXTENSION) + 1) * DAY - 1
            steps += [*self._between(ticket, kinds, division), self._step("extended", extended, division)]
        elif is_direct and self._happens("direct_suspended"):
            ticket.traits.append("suspended")
            count = 30 + int(luck.random() * 20)
            steps += self._between(ticket, kinds, division)
            steps.append(self._step("suspended", self.office(working.after(filed_day, 8)), division))
            if luck.random() < 0.6:
                steps.append(self._step("resumed", self.office(working.after(filed_day, 18)), division))
        else:
            middle = working.after(filed_day, count // 3)
            if count > 5:
                kinds += [
                    ("investigating", self.office(middle)),
                    ("handling", self.office(working.after(middle, count // 3))),
                ]
            steps += self._between(ticket, kinds, division)
        if not is_direct and self._happens("regional_deleted"):
            ticket.traits.append("deleted")
            ticket.due = (working.after(day, INSPECTION_LIMIT) + 1) * DAY - 1
            gone = self.office(working.after(day, 2 + int(luck.random() * 6)))
            return [steps[0], self._step("deleted", gone, division)]
        return [*steps, self._step("closed", self.office(working.after(filed_day, count)), division)]

    def _accepted(self, ticket: Ticket, count: int) -> int:
        second = self.office(self._working.after(ticket.received // DAY, count))
        return max(second, ticket.received + 600)

    def _supervised(self, ticket: Ticket, division: str) -> list[Step]:
        day = ticket.received // DAY
        ticket.due = (self._working.after(day, 10) + 1) * DAY - 1
        count = self._closing_days(2, 8)
        accepted = self._accepted(ticket, min(count - 1, int(self._luck.random() * 2)))
        closed = self.office(self._working.after(day, count))
        return [
            self._received(ticket, division),
            *self._between(ticket, [("accepted", accepted), ("filed", accepted)], division),
            self._step("closed", closed, division),
        ]

    def _petition(self, ticket: Ticket, division: str) -> list[Step]:
        luck, working = self._luck, self._working
        day = ticket.received // DAY
        ticket.limit = PETITION_DAYS.draw(luck)
        ticket.limit_unit = "日" if ticket.limit else ""
        accepted = self._accepted(ticket, int(luck.random() * 6))
        last_day = day + ticket.limit
        if not ticket.limit:
            last_day = working.after(accepted // DAY, INSPECTION_LIMIT)
        ticket.due = (last_day + 1) * DAY - 1
        most = working.between(day, last_day) - 2
        closed = self.office(working.after(day, self._closing_days(7, most, 1.5)))
        steps = [
            self._received(ticket, division),
            *self._between(ticket, [("accepted", accepted), ("handling", closed - 2 * HOUR)], division),
            self._step("closed", closed, division),
        ]
        if self._happens("petition_reopened"):
            again = self.office(working.after(closed // DAY, 3 + int(luck.random() * 8)))
            first_due = ticket.due
            self.restart(ticket, again)
            most = min(12, working.between(again // DAY, ticket.due // DAY) - 2)
            if most < 2 or again >= self._end:
                ticket.due = first_due
                return steps
            ticket.traits.append("reopened")
            done = self.office(working.after(again // DAY, 1 + int(luck.random() * most)))
            steps += [self._step("reopened", again, division), self._step("closed", done, division)]
        return steps

    def _hotline(self, ticket: Ticket, division: str) -> list[Step]:
        luck, working = self._luck, self._working
        day = ticket.received // DAY
        limit, unit = HOTLINE_LIMITS.draw(luck)
        ticket.limit, ticket.limit_unit = limit, unit
        received = self._received(ticket, division)
        dispatched = ticket.received + 240 + int(luck.random() * 3000)
        if unit == "小时":
            ticket.due = ticket.received + limit * HOUR
            signed = dispatched + int(luck.random() * HOUR)
            closed = signed + int((0.1 + 0.5 * luck.random()) * limit * HOUR)
            return [received, *self._between(ticket, [("dispatched", dispatched), ("handling", signed)], division),
                    self._step("closed", closed, division)]  # fmt: skip
        limit = limit or 5
        due_day = working.after(day, limit)
        ticket.due = (due_day + 1) * DAY - 1
        count = self._closing_days(1, limit - 1, 0.9)
        closed = self.office(working.after(day, count))
        signed = min(dispatched + int(luck.random() * 16 * HOUR), closed - 1800)
        kinds = [("dispatched", min(dispatched, signed)), ("handling", signed)]
        if limit >= 5:
            if self._happens("hotline_extended"):
                return [received, *self._extended(ticket, division, due_day, limit, kinds)]
            if self._happens("hotline_redispatched"):
                ticket.traits.append("redispatched")
                other = self.other_division(division)
                moved = self.office(working.after(day, 1))
                closed = self.office(working.after(day, 2 + int(luck.random() * (limit - 2))))
                steps = [received, self._step("dispatched", min(dispatched, moved - 600), division)]
                return [*steps, self._step("transferred", moved, other), self._step("closed", closed, other)]
            if self._happens("hotline_returned"):
                return [received, *self._returned(ticket, division, day, limit)]
        steps = [received, *self._between(ticket, kinds, division), self._step("closed", closed, division)]
        if self._happens("hotline_reopened"):
            ticket.traits.append("reopened")
            again = self.office(working.after(closed // DAY, 1 + int(luck.random() * 6)))
            done = self.office(working.after(again // DAY, 1 + int(luck.random() * (limit - 1))))
            steps += [self._step("reopened", again, division), self._step("closed", done, division)]
            if again < self._end:
                self.restart(ticket, again)
        elif self._happens("hotline_contradiction"):
            ticket.traits.append("contradiction")
            twin = Step("contradicted", closed, steps[-1].stated + 60, steps[-1].stated + 60, division)
            steps.append(twin)
        return steps

    def _extended(
        self, ticket: Ticket, division: str, due_day: int, limit: int, kinds: list[tuple[str, int]]
    ) -> list[Step]:
        luck, working = self._luck, self._working
        ticket.traits.append("extended")
        asked = self.office(due_day if luck.random() < 0.4 else working.after(due_day - 1, 0))
        until = working.after(due_day, limit)
        ticket.first_due = due_day * DAY + 18 * HOUR
        ticket.extended_until = until * DAY + 18 * HOUR
        ticket.due = ticket.extended_until
        closed = self.office(working.after(due_day, 1 + int(luck.random() * (limit - 1))))
        return [
            *self._between(ticket, kinds, division),
            self._step("extended", asked, division),
            self._step("closed", closed, division),
        ]

    def _returned(self, ticket: Ticket, division: str, day: int, limit: int) -> list[Step]:
        luck, working = self._luck, self._working
        ticket.traits.append("returned")
        back = self.office(working.after(day, 1))
        steps = [self._step("returned", back, division)]
        if luck.random() < 0.55:
            other = self.other_division(division)
            again = self.office(working.after(day, 2))
            closed = self.office(working.after(day, 3 + int(luck.random() * (limit - 3))))
            steps += [self._step("sent_back", again, other), self._step("closed", closed, other)]
        return steps

    def _cyberspace(self, ticket: Ticket, division: str) -> list[Step]:
        luck, working = self._luck, self._working
        day = ticket.received // DAY
        ticket.limit = CYBERSPACE_DAYS.draw(luck)
        ticket.limit_unit = "工作日" if ticket.limit else ""
        limit = ticket.limit or 10
        ticket.due = (working.after(day, limit) + 1) * DAY - 1
        closed = self.office(working.after(day, self._closing_days(1, limit - 2)))
        if self._happens("cyberspace_returned"):
            ticket.traits.append("returned")
            return [self._received(ticket, division), self._step("returned", closed, division)]
        signed = min(ticket.received + 2 * HOUR, closed - 1800)
        return [
            self._received(ticket, division),
            *self._between(ticket, [("handling", signed)], division),
            self._step("closed", closed, division),
        ]
