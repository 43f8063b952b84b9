"""What happens near the end of the city's time, counted: overdue tickets, late knowledge, second thoughts.

National, regional, petition and cyberspace tickets are looked at once a day, so what must be seen between
two looks is placed on the last two days. Numbers are those of a city of 27,226 tickets and scale with it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from examples.upstream.model.lives import Lives
from examples.upstream.model.matters import Step, Ticket
from examples.upstream.model.times import DAY, HOUR, WorkingDays

WHOLE = 27226


class Exceptions:
    """Chooses ordinary tickets and changes their last steps."""

    def __init__(
        self,
        tickets: list[Ticket],
        counts: dict[str, int],
        lives: Lives,
        working: WorkingDays,
        end: int,
        luck: Random,
    ) -> None:
        self._tickets = tickets
        self._counts = counts
        self._lives = lives
        self._working = working
        self._end = end
        self._last = end // DAY - 1
        self._luck = luck

    def make(self) -> None:
        """Every kind, in a fixed order; each ticket is used once."""
        self._choose("late_knowledge", self._can_be_known_late, self._known_late)
        self._choose("overdue_open", self._can_be_overdue, self._overdue)
        self._choose("late_arrival", self._can_arrive_late, self._arrives_late)
        self._choose("corrected_twice", self._can_be_corrected, self._corrected)
        self._choose("late_redispatched", self._can_move, self._moved)
        self._choose("late_reopened", self._can_reopen, self._reopened)
        self._choose("late_commit", self._can_commit_late, self._committed_late)

    def _choose(self, what: str, can: Callable[[Ticket], bool], change: Callable[[Ticket], None]) -> None:
        wanted = max(1, round(self._counts[what] * len(self._tickets) / WHOLE))
        possible = [
            place
            for place, ticket in enumerate(self._tickets)
            if not ticket.traits and not ticket.lead.is_fixed and can(ticket)
        ]
        for place in sorted(self._luck.sample(possible, min(wanted, len(possible)))):
            change(self._tickets[place])
            self._tickets[place].traits.append(what)

    def _hour(self, day: int) -> int:
        return day * DAY + 9 * HOUR + int(self._luck.random() * 8 * HOUR)

    def _happen(self, ticket: Ticket, kind: str, at: int, division: str) -> None:
        """A further step; what had not happened by then and was not shown has not happened."""
        ticket.steps = [step for step in ticket.steps if step.visible or step.occurred <= at]
        ticket.steps.append(Step(kind, at, at, at, division))

    def _shown(self, ticket: Ticket) -> list[Step]:
        return [step for step in ticket.steps if step.visible]

    def _can_be_known_late(self, ticket: Ticket) -> bool:
        return (
            ticket.steps[-1].kind == "closed"
            and ticket.closed // DAY == self._last - 2
            and ticket.received // DAY < self._last - 2
        )

    def _known_late(self, ticket: Ticket) -> None:
        at = self._lives.recorded(self._hour(self._last))
        ticket.steps[-1] = ticket.steps[-1]._replace(stated=at, visible=at)

    def _can_be_overdue(self, ticket: Ticket) -> bool:
        due_day = ticket.due // DAY
        return ticket.steps[-1].kind == "closed" and self._last - 45 <= due_day < self._last - 1

    def _overdue(self, ticket: Ticket) -> None:
        ticket.steps = ticket.steps[:-1]

    def _can_arrive_late(self, ticket: Ticket) -> bool:
        return (
            ticket.source in ("national", "regional", "hotline")
            and self._last - 60 <= ticket.received // DAY < self._last - 4
            and ticket.lead.tickets[0] is ticket
            and ticket.steps[-1].kind == "closed"
            and not any(other.quoted == ticket.no for other in ticket.lead.tickets)
        )

    def _arrives_late(self, ticket: Ticket) -> None:
        at = self._lives.recorded(self._hour(self._last))
        steps = [step._replace(stated=0, visible=0) for step in ticket.steps]
        steps[-1] = steps[-1]._replace(stated=at, visible=at)
        ticket.steps = steps

    def _can_be_corrected(self, ticket: Ticket) -> bool:
        return (
            ticket.source in ("national", "regional", "hotline")
            and ticket.state == "open"
            and self._last - 20 <= ticket.received // DAY < self._last - 2
            and ticket.due >= self._end
        )

    def _corrected(self, ticket: Ticket) -> None:
        division = ticket.steps[-1].division
        ticket.steps = [step for step in ticket.steps if step.visible < (self._last - 1) * DAY]
        for kind, day in (("mistaken", self._last - 1), ("corrected", self._last)):
            self._happen(ticket, kind, self._hour(day), division)

    def _can_move(self, ticket: Ticket) -> bool:
        shown = self._shown(ticket)
        return (
            ticket.state == "open"
            and bool(shown)
            and shown[-1].visible < (self._last - 1) * DAY
            and ticket.due >= self._end
        )

    def _moved(self, ticket: Ticket) -> None:
        at = self._hour(self._last - int(self._luck.random() * 2))
        other = self._lives.other_division(ticket.steps[-1].division)
        self._happen(ticket, "transferred", at, other)

    def _can_reopen(self, ticket: Ticket) -> bool:
        return (
            ticket.steps[-1].kind == "closed"
            and ticket.steps[-1].visible < (self._last - 2) * DAY
            and ticket.closed // DAY >= self._last - 30
        )

    def _reopened(self, ticket: Ticket) -> None:
        at = self._hour(self._last - int(self._luck.random() * 2))
        ticket.traits.append("reopened")
        self._lives.restart(ticket, at)
        self._happen(ticket, "reopened", at, ticket.steps[-1].division)

    def _can_commit_late(self, ticket: Ticket) -> bool:
        return ticket.source in ("national", "regional") and any(
            step.visible // DAY in (self._last - 2, self._last - 1) for step in ticket.steps[-1:]
        )

    def _committed_late(self, ticket: Ticket) -> None:
        step = ticket.steps[-1]
        day = step.visible // DAY
        stated = max(step.stated, (day + 1) * DAY - 900 - int(self._luck.random() * 1500))
        visible = (day + 1) * DAY + 300 + int(self._luck.random() * 1200)
        ticket.steps[-1] = step._replace(stated=stated, visible=visible)
