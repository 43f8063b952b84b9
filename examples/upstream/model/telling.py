"""How a ticket shows its matter: who is named, which words for employer and project, and the prose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from examples.upstream.model.firms import with_wrong_sign
from examples.upstream.model.matters import Lead, Ticket
from examples.upstream.model.people import Person, with_wrong_digit
from examples.upstream.model.sums import Sums
from examples.upstream.model.times import DAY
from examples.upstream.model.vocabulary import Vocabulary, misspelt

WITHHELD = "保密"
# Share of a source's tickets without the claimant's ID; the other sources have no field for it.
ID_WITHHELD = {"national": 0.03, "regional": 0.08}


@dataclass(slots=True)
class Telling:
    """What the columns of a ticket say, before a source's own shapes. '' is an empty field."""

    person: Person | None
    name: str
    id_number: str
    is_id_valid: bool
    phone: str
    employer: str
    employer_code: str
    project: str
    first_month: int
    last_month: int
    claimed_fen: int
    title: str
    text: str


class Teller:
    """Tells tickets, with the noise of the parameters."""

    def __init__(self, vocabulary: Vocabulary, noise: str, luck: Random) -> None:
        city = vocabulary.city
        level = city["noise_levels"][noise]
        self.noise: dict[str, float] = {
            name: min(0.95, share * level) for name, share in city["noise"].items()
        }
        self._is_noisy = level > 0
        self._words = vocabulary
        self._phrases = vocabulary.phrases
        self._claims = vocabulary.claims
        self._replies = vocabulary.replies
        self._confusions = vocabulary.confusions
        self._luck = luck
        self.sums = Sums(vocabulary.phrases, luck)

    def happens(self, what: str) -> bool:
        """Whether a kind of noise strikes."""
        return self._luck.random() < self.noise[what]

    def one(self, words: list[str]) -> str:
        """Any of the words."""
        return words[int(self._luck.random() * len(words))]

    def phrase(self, name: str) -> str:
        """A phrase of phrases.yml."""
        found: list[str] = self._phrases[name]
        return found[int(self._luck.random() * len(found))]

    def tell(self, ticket: Ticket) -> Telling:
        """Everything about a ticket that several columns share."""
        luck, lead = self._luck, ticket.lead
        person: Person | None = lead.agent if ticket.is_by_agent else lead.claimant
        if lead.kind == "anonymous":
            person = None
        name = id_number = phone = ""
        is_id_valid = False
        if person is not None:
            name, id_number, is_id_valid = person.name, person.id_number, True
            phone = person.phone if ticket.is_by_agent else lead.phone
            if luck.random() < ID_WITHHELD.get(ticket.source, 1.0):
                id_number, is_id_valid = "", False
            elif self.happens("invalid_id_number"):
                id_number, is_id_valid = with_wrong_digit(id_number), False
            can_change = person.other_phone and not lead.is_fixed and lead.tickets[0] is not ticket
            if can_change and phone == person.phone and luck.random() < self.noise["changed_phone"] * 8:
                phone = person.other_phone
                ticket.traits.append("changed_phone")
            if ticket.is_without_evidence:
                name, phone = WITHHELD, ""
        employer = self._employer(ticket)
        facts = self._facts(ticket, person, phone, employer)
        project = self._project(ticket)
        kind = "single" if lead.kind == "member" else lead.kind
        if kind == "agent" and not ticket.is_by_agent:
            kind = "single"
        text = self._text(ticket, kind, facts)
        first, last = lead.first_month, lead.last_month
        if self._is_noisy and not lead.needs_period and last > first and luck.random() < 0.06:
            last -= 1
        has_code = not luck.random() < self.noise["missing_employer_code"]
        code = lead.incident.employer.code if has_code else ""
        if code and self.happens("invalid_employer_code"):
            code = with_wrong_sign(code)
        claimed = lead.claimed_fen
        if self._is_noisy and not lead.recovered_fen and luck.random() < 0.05:
            claimed = max(100_000, claimed // 100_000 * 100_000)
        return Telling(
            person, name, id_number, is_id_valid, phone, employer, code, project, first, last, claimed,
            self._claims.expand("title", facts, luck), text,
        )  # fmt: skip

    def reply(self, ticket: Ticket, unit: str) -> str:
        """What the handling unit answered."""
        lead = ticket.lead
        paid = lead.recovered_fen or lead.claimed_fen
        facts = {
            "employer": lead.incident.employer.name,
            "paid": self.sums.money(paid),
            "persons": str(lead.recovered_persons or lead.persons),
            "unit": unit,
        }
        rule = "group_settled" if lead.kind == "member" and lead.outcome == "paid" else lead.outcome
        return self._replies.expand(rule, facts, self._luck)

    def returned_reply(self) -> str:
        """Why a ticket was sent back."""
        return self._replies.expand("returned", {}, self._luck)

    def quoting(self, number: str) -> str:
        """A free text that quotes a number."""
        return self._claims.expand("quoted.national", {"number": number}, self._luck)

    def called(self, person: Person, must_be_full: bool) -> str:
        """The caller's name as a hotline clerk writes it."""
        chance = self._luck.random()
        if must_be_full or chance < 0.55:
            return person.name
        shape = self.phrase("hotline_names")
        if "先生" in shape and not person.is_male:
            shape = "{s}女士"
        elif "女士" in shape and person.is_male:
            shape = "{s}先生"
        return shape.format(s=person.surname)

    def _employer(self, ticket: Ticket) -> str:
        luck, employer = self._luck, ticket.lead.incident.employer
        name = employer.name
        share = self.noise["short_employer"]
        if ticket.source == "regional":
            share *= 0.35
        if luck.random() < share:
            name = self.one(list(employer.shorts))
            ticket.traits.append("short_employer")
        if self.happens("misspelt_employer"):
            spelt = misspelt(name, self._confusions, luck)
            if spelt != name:
                ticket.traits.append("misspelt_employer")
            name = spelt
        return name

    def _project(self, ticket: Ticket) -> str:
        project = ticket.lead.incident.project
        if self.happens("nickname"):
            return self.one(list(project.nicknames))
        return project.name

    def _facts(self, ticket: Ticket, person: Person | None, phone: str, employer: str) -> dict[str, str]:
        luck, lead = self._luck, ticket.lead
        incident = lead.incident
        source = ticket.source
        i = self._claims.expand(
            "i_hotline" if source == "hotline" else "i_petition" if source == "petition" else "i_first",
            {}, luck,
        )  # fmt: skip
        boss = incident.boss
        facts = {
            "employer": employer,
            "project": self._project(ticket),
            "trade": lead.trade,
            "money": self.sums.money(lead.claimed_fen),
            "period": self._period(lead, ticket),
            "name": person.name if person is not None else "工人",
            "phone": self._phone(phone) if phone else "见登记",
            "boss": self.phrase("boss").format(s=boss.surname, n=boss.name),
            "place": incident.project.place,
            "i": i,
        }
        if lead.kind == "group":
            facts["people"] = self.sums.people(lead.persons)
            facts["each"] = self.sums.each(lead.claimed_fen // lead.persons // 100)
        if lead.kind == "agent":
            facts["principal"] = lead.claimant.name
            facts["relation"] = self.one(self._words.names["relations"])
        return facts

    def _period(self, lead: Lead, ticket: Ticket) -> str:
        year = date.fromordinal(ticket.received // DAY).year
        return self.sums.period(lead.first_month, lead.last_month, year)

    def _phone(self, phone: str) -> str:
        return self.phrase("phone_shapes").format(p=phone, p3=phone[:3], p4=phone[3:7], p5=phone[7:]).rstrip()

    def _text(self, ticket: Ticket, kind: str, facts: dict[str, str]) -> str:
        luck, lead = self._luck, ticket.lead
        text = self._claims.expand(f"{ticket.source}.{kind}", facts, luck)
        added = []
        if lead.needs_period and facts["period"] not in text:
            added.append("period")
        if kind == "agent" and facts["principal"] not in text:
            added.append("principal")
        is_further = len(lead.tickets) > 1 or lead.needs_names
        if ticket.source == "cyberspace" and is_further and lead.kind != "anonymous":
            if facts["name"] not in text and (lead.needs_names or luck.random() < 0.6):
                added.append("name")
            if facts["phone"] not in text and facts["phone"] != "见登记":
                added.append("phone")
        if is_further and facts["employer"] not in text:
            added.append("employer")
        for fact in added:
            text += self._claims.expand(f"add_{fact}", facts, luck)
        if ticket.is_without_evidence:
            text = text.replace(facts["name"], "本人").replace(facts["phone"], "")
        if luck.random() < self.noise["text_typo"]:
            text = misspelt(text, self._confusions, luck)
        if self.happens("suspicious_text"):
            text = self.phrase("suspicious") + text
        return text
