"""The plan of the city: incidents, their leads with traps, and the tickets of each lead, to exact totals."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import date
from itertools import accumulate
from random import Random

from examples.upstream.model.firms import Trade
from examples.upstream.model.lives import Lives
from examples.upstream.model.matters import Incident, Lead, Ticket
from examples.upstream.model.parameters import CHANNEL_SOURCE, CityParameters
from examples.upstream.model.people import Person, Population
from examples.upstream.model.times import DAY, HOUR, WorkingDays, day_text
from examples.upstream.model.vocabulary import Vocabulary, Weighted

OFFICE_CHANNELS = frozenset({"regional", "supervised", "direct", "petition", "cyberspace"})
# Leads of several tickets cannot begin on the last days; so many of the others make up for them there.
LATE_SINGLES = 0.04
HOURS_OF_CALLS = Weighted({0: 1, 6: 1, 7: 3, 8: 9, 9: 12, 10: 12, 11: 9, 12: 5, 13: 5, 14: 9, 15: 10, 16: 9,
                           17: 7, 18: 5, 19: 4, 20: 3, 21: 2, 22: 1, 23: 1})  # fmt: skip
QUOTES = {"hotline": 0.45, "national": 0.22, "regional": 0.75, "supervised": 0.85, "direct": 0.08}


def scaled(figures: Mapping[str, int], total: int) -> dict[str, int]:
    """The figures in proportion so that they add up to `total` (largest remainders)."""
    whole = sum(figures.values())
    exact = {name: figure * total / whole for name, figure in figures.items()}
    counts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(figures, key=lambda name: (counts[name] - exact[name], name))
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    return counts


class Plan:
    """Makes incidents, leads and tickets until every channel has its number of tickets."""

    def __init__(
        self,
        parameters: CityParameters,
        vocabulary: Vocabulary,
        luck: Random,
        population: Population,
        trade: Trade,
        working: WorkingDays,
        lives: Lives,
    ) -> None:
        city = vocabulary.city
        self._luck = luck
        self._population = population
        self._trade = trade
        self._working = working
        self._lives = lives
        self._claims = vocabulary.claims
        self._first = parameters.first_day.toordinal()
        self._last = parameters.last_day.toordinal()
        self.left = scaled(city["channels"], parameters.tickets)
        self._total_left = parameters.tickets
        self._divisions = Weighted(city["divisions"])
        self._per_lead = Weighted(city["tickets_per_lead"])
        self._per_incident = Weighted(city["leads_per_incident"])
        self._group_size = Weighted(city["persons_of_group"])
        self._kinds = city["lead_kinds"]
        self._further = city["further_channel"]
        self._traps = city["traps"]
        self._no_evidence = city["noise"]["no_evidence"] if parameters.noise != "none" else 0.0
        self._large_every = city["large_groups"]["every_tickets"]
        self._large = city["large_groups"]["persons"]
        self._next_large = parameters.tickets - self._large_every // 2
        self._counters: dict[str, int] = {}
        self._singles: deque[Lead] = deque(maxlen=200)
        self._recent: deque[Ticket] = deque(maxlen=300)
        self.incidents: list[Incident] = []
        self.leads: list[Lead] = []
        self.tickets: list[Ticket] = []

    def make(self) -> None:
        """Everything, to the exact totals."""
        luck, traps = self._luck, self._traps
        while self._total_left:
            incident = self.incident()
            if self._total_left <= self._next_large:
                self._next_large -= self._large_every
                size = int(self._large[0] + luck.random() * (self._large[1] - self._large[0]))
                self._group(incident, size, "large_group")
            chance = luck.random()
            for trap, make in (
                ("brothers_one_phone", self._brothers),
                ("foreman_phone", self._foreman),
                ("one_agent_many_claims", self._one_agent),
                ("same_name_same_employer", self._namesakes),
                ("same_person_other_employer", self._same_person),
                ("later_period", self._later_period),
            ):
                chance -= traps[trap]
                if chance < 0:
                    make(incident)
                    break
            for _ in range(int(self._per_incident.draw(luck))):
                if not self._total_left:
                    break
                self._lead(incident)

    def incident(self) -> Incident:
        """A new employer and project."""
        luck = self._luck
        division = self._divisions.draw(luck)
        is_construction = luck.random() < 0.72
        trade = self._claims.expand("trade" if is_construction else "trade_other", {}, luck)
        if self.incidents and luck.random() < 0.12:
            employer = self.incidents[int(luck.random() * len(self.incidents))].employer
        else:
            employer = self._trade.employer(division, is_construction)
        found = Incident(
            len(self.incidents),
            employer,
            self._trade.project(division, employer.is_construction),
            division,
            self._population.person(),
            trade,
        )
        self.incidents.append(found)
        return found

    def new_lead(
        self, incident: Incident, kind: str = "single", claimant: Person | None = None, persons: int = 1
    ) -> Lead:
        """A lead with its period; its tickets come by `add_tickets`."""
        luck = self._luck
        lead = Lead(len(self.leads), incident, kind, claimant or self._population.person(), persons)
        if luck.random() < 0.3:
            is_building = incident.employer.is_construction
            lead.trade = self._claims.expand("trade" if is_building else "trade_other", {}, luck)
        if kind == "agent":
            lead.agent = self._population.person()
        self.leads.append(lead)
        return lead

    def add_tickets(self, lead: Lead, count: int, is_plain: bool = False, latest: int | None = None) -> None:
        """The tickets of a lead, in the order of their receipt, each with its life."""
        luck = self._luck
        channels: list[str] = []
        while len(channels) < count and self._total_left:
            channels.append(self._channel(channels[0] if channels else ""))
        if not channels:
            return
        last = self._last if latest is None else latest
        gaps = [int(luck.expovariate(1 / 11)) for _ in channels[1:]]
        is_late = count == 1 and latest is None and luck.random() < LATE_SINGLES
        days = list(accumulate(gaps, initial=self._start_day(last, is_late)))
        # A lead whose tickets reach beyond the last day began earlier: begun anew, so that no day is fuller.
        for _ in range(20):
            if days[-1] <= last:
                break
            days = list(accumulate(gaps, initial=self._start_day(last)))
        days = [max(self._first, min(day, last)) for day in days]
        moments = sorted(self._second(day, channel) for day, channel in zip(days, channels, strict=True))
        for received, channel in zip(moments, channels, strict=True):
            self.add_ticket(lead, channel, received, is_plain)

    def set_period(self, lead: Lead, last_month: int | None = None, months: int | None = None) -> None:
        """The months that are owed, ending by the first receipt."""
        luck = self._luck
        if last_month is None:
            received = date.fromordinal(lead.tickets[0].received // DAY)
            last_month = received.year * 12 + received.month - 1 - int(luck.random() ** 2 * 6)
        if months is None:
            months = 1 + int(luck.random() ** 2 * 7)
        lead.last_month = last_month
        lead.first_month = last_month - months + 1

    def _lead(self, incident: Incident) -> None:
        luck, kinds = self._luck, self._kinds
        chance = luck.random() * 100
        if chance < kinds["group"]:
            self._group(incident, self._group_size.draw(luck), "")
            return
        chance -= kinds["group"]
        kind = "agent" if chance < kinds["agent"] else "single"
        if kinds["agent"] <= chance < kinds["agent"] + kinds["anonymous"]:
            kind = "anonymous"
        lead = self.new_lead(incident, kind)
        lead.stratum = kind if kind != "single" else ""
        self.add_tickets(lead, 1 if kind == "anonymous" else self._per_lead.draw(luck))
        self.set_period(lead)
        if kind == "single":
            self._singles.append(lead)

    def _group(self, incident: Incident, persons: int, stratum: str) -> None:
        luck = self._luck
        lead = self.new_lead(incident, "group", persons=persons)
        lead.stratum = stratum or "group"
        self.add_tickets(lead, self._per_lead.draw(luck))
        self.set_period(lead)
        if luck.random() < (0.9 if stratum else self._traps["group_and_member"]):
            lead.stratum = stratum or "group_and_member"
            lead.needs_names = True
            for _ in range(1 + int(luck.random() ** 2 * (12 if stratum else 3))):
                if not self._total_left:
                    return
                member = self._trap_lead(incident, "group_and_member")
                member.kind = "member"
                member.first_month, member.last_month = lead.first_month, lead.last_month
                self.add_tickets(member, 1 + (luck.random() < 0.2))

    def _trap_lead(self, incident: Incident, stratum: str, claimant: Person | None = None) -> Lead:
        lead = self.new_lead(incident, "single", claimant)
        lead.stratum = stratum
        lead.is_fixed = lead.needs_names = True
        return lead

    def _brothers(self, incident: Incident) -> None:
        if self._total_left < 2:
            return
        first = self._trap_lead(incident, "brothers_one_phone")
        claimant = self._population.person(surname=first.claimant.surname, phone=first.claimant.phone)
        second = self._trap_lead(incident, "brothers_one_phone", claimant)
        for lead in (first, second):
            self.add_tickets(lead, 1 + (self._luck.random() < 0.3))
            self.set_period(lead)

    def _foreman(self, incident: Incident) -> None:
        for _ in range(8 + int(self._luck.random() * 33)):
            if not self._total_left:
                return
            lead = self._trap_lead(incident, "foreman_phone")
            lead.phone = incident.boss.phone
            self.add_tickets(lead, 1 + (self._luck.random() < 0.15))
            self.set_period(lead)

    def _one_agent(self, incident: Incident) -> None:
        """One lawyer or village secretary files for many, each with a claim of their own."""
        agent = self._population.person()
        for _ in range(4 + int(self._luck.random() * 9)):
            if not self._total_left:
                return
            lead = self._trap_lead(incident, "one_agent_many_claims")
            lead.kind, lead.agent = "agent", agent
            self.add_tickets(lead, 1 + (self._luck.random() < 0.25))
            self.set_period(lead)

    def _namesakes(self, incident: Incident) -> None:
        if self._total_left < 2:
            return
        first = self._trap_lead(incident, "same_name_same_employer")
        namesake = self._population.person(surname=first.claimant.surname, name=first.claimant.name)
        for lead in (first, self._trap_lead(incident, "same_name_same_employer", namesake)):
            self.add_tickets(lead, 1 + (self._luck.random() < 0.3))
            self.set_period(lead)

    def _same_person(self, incident: Incident) -> None:
        if not self._singles:
            return
        earlier = self._singles[int(self._luck.random() * len(self._singles))]
        if earlier.incident.employer is incident.employer or earlier.is_fixed:
            return
        earlier.stratum = "same_person_other_employer"
        earlier.is_fixed = earlier.needs_names = True
        lead = self._trap_lead(incident, "same_person_other_employer", earlier.claimant)
        self.add_tickets(lead, 1 + (self._luck.random() < 0.3))
        self.set_period(lead)

    def _later_period(self, incident: Incident) -> None:
        """A first matter that was closed, then a later period of the same worker: a new lead."""
        luck = self._luck
        if self._total_left < 2 or self._last - self._first < 120:
            return
        first = self._trap_lead(incident, "later_period")
        first.needs_period = True
        self.add_tickets(first, 1 + (luck.random() < 0.3), is_plain=True, latest=self._last - 100)
        self.set_period(first, months=1 + int(luck.random() * 3))
        closed = max(ticket.closed for ticket in first.tickets)
        if not self._total_left or not closed or any(not ticket.closed for ticket in first.tickets):
            return
        day = closed // DAY + 8 + int(luck.random() * 60)
        if day > self._last:
            return
        month = date.fromordinal(day).year * 12 + date.fromordinal(day).month - 1
        if month <= first.last_month:
            return
        second = self._trap_lead(incident, "later_period", first.claimant)
        second.needs_period = True
        second.repeat_of = first.number
        channel = self._channel("")
        self.add_ticket(second, channel, self._second(day, channel), is_plain=True)
        last_month = min(month, first.last_month + 1 + int(luck.random() * 3))
        self.set_period(second, last_month, last_month - first.last_month)

    def _channel(self, first: str) -> str:
        """A channel that still lacks tickets."""
        luck, left = self._luck, self.left
        wish = self._further[first] if first else None
        total = 0.0
        upto = []
        for name, count in left.items():
            total += count if wish is None else wish[name] * (count + 40) if count else 0.0
            upto.append(total)
        point = luck.random() * total
        name = next(name for name, limit in zip(left, upto, strict=True) if point < limit)
        left[name] -= 1
        self._total_left -= 1
        return name

    def _start_day(self, last: int, is_late: bool = False) -> int:
        luck = self._luck
        while True:
            day = self._first + int(luck.random() * (last - self._first + 1))
            if is_late:
                day = max(self._first, last - int(luck.expovariate(1 / 11)))
            if self._working.is_working(day) or luck.random() < 0.65:
                return day

    def _second(self, day: int, channel: str) -> int:
        luck = self._luck
        if channel in OFFICE_CHANNELS:
            if not self._working.is_working(day):
                later = self._working.after(day, 1)
                day = later if later <= self._last else self._working.after(day, 0)
            return day * DAY + 8 * HOUR + 1800 + int(luck.random() * 9 * HOUR)
        return day * DAY + int(HOURS_OF_CALLS.draw(luck)) * HOUR + int(luck.random() * HOUR)

    def number(self, channel: str, day: int, division: str) -> str:
        """The next number of a source's own numbering."""
        stamp = day_text(day).replace("-", "")
        source = CHANNEL_SOURCE[channel]
        key = f"{source}{division if source in ('national', 'regional') else ''}{stamp}"
        count = self._counters[key] = self._counters.get(key, 0) + 1
        if source == "national":
            return f"NX{division}{stamp}{count:04d}"
        if source == "regional":
            return f"NXLD{division}{stamp}{count:04d}"
        if source == "petition":
            return f"640100{stamp}{count:05d}"
        return f"GD{stamp}{count:06d}" if source == "hotline" else f"WX{stamp}{count:05d}"

    def add_ticket(self, lead: Lead, channel: str, received: int, is_plain: bool = False) -> Ticket:
        """One more ticket of a lead, with its life."""
        luck = self._luck
        division = lead.incident.division
        source = CHANNEL_SOURCE[channel]
        if luck.random() < 0.015 and not is_plain:
            division = self._lives.other_division(division)
        ticket = Ticket(source, channel, self.number(channel, received // DAY, division), lead, received)
        self._place(ticket)
        self._lives.live(ticket, division, is_plain or lead.is_fixed)
        lead.tickets.append(ticket)
        self.tickets.append(ticket)
        self._recent.append(ticket)
        return ticket

    def _place(self, ticket: Ticket) -> None:
        """Role, stratum and what the ticket quotes, given the lead's earlier tickets."""
        luck, lead = self._luck, ticket.lead
        earlier = lead.tickets
        if lead.kind == "anonymous":
            ticket.role = "reporter"
        elif lead.kind == "group":
            ticket.role = "representative"
        elif lead.kind == "agent" and (not earlier or luck.random() < 0.4):
            ticket.role, ticket.is_by_agent = "agent", True
        same = [other for other in earlier if other.channel == ticket.channel]
        ticket.stratum = lead.stratum
        if not ticket.stratum and earlier:
            ticket.stratum = "repeat_same_channel" if same else "several_channels"
        if not earlier:
            if (
                ticket.channel == "hotline"
                and luck.random() < self._traps["miscopied_number"]
                and self._recent
            ):
                other = self._recent[int(luck.random() * len(self._recent))]
                if other.source == "hotline" and other.lead.kind == "single":
                    ticket.quoted = other.no
                    lead.stratum = lead.stratum or "miscopied_number"
                    ticket.stratum = lead.stratum
                    lead.needs_names = other.lead.needs_names = True
                    lead.is_fixed = True
            return
        if ticket.channel == "hotline" and lead.kind == "single" and luck.random() < self._no_evidence:
            ticket.is_without_evidence = True
            ticket.stratum = "no_evidence"
            return
        possible = earlier
        if ticket.channel == "hotline":
            possible = same
        elif ticket.channel in ("regional", "supervised"):
            possible = [other for other in earlier if other.source in ("national", "petition")]
        if possible and luck.random() < QUOTES.get(ticket.channel, 0.0):
            ticket.quoted = possible[-1].no
            if not lead.stratum:
                ticket.stratum = "quoted_number"
            else:
                ticket.traits.append("quotes_a_number")
