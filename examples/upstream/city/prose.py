"""Free text as people write it: templates, clauses, and the many shapes of money, people and periods."""

from __future__ import annotations

import random

from examples.upstream.city.model import Claim, Ticket
from examples.upstream.city.vocabulary import Vocabulary

DIGITS = "零一二三四五六七八九"


def chinese_number(number: int) -> str:
    """A whole number below 10**8 in Chinese numerals: 38000 is 三万八千, 20305 二万零三百零五."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        gap = "零" if 0 < low < 1000 else ""
        return f"{chinese_number(high)}万{gap}{chinese_number(low) if low else ''}"
    text, pending = "", False
    for unit, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += ("零" if pending and text else "") + DIGITS[digit] + word
            pending = False
        else:
            pending = True
    if text.startswith("一十"):
        text = text[1:]
    return text or DIGITS[0]


def decimal(number: int, places: int) -> str:
    """`number` / 10**places without trailing zeros."""
    whole, rest = divmod(number, 10**places)
    return f"{whole}.{rest:0{places}d}".rstrip("0").rstrip(".")


class Writer:
    """Writes the free text of tickets and the replies."""

    def __init__(self, luck: random.Random, words: Vocabulary) -> None:
        self._luck = luck
        self._clauses = words.clauses
        self._templates = words.templates

    def narrative(self, ticket: Ticket, family: str) -> str:
        """One to six sentences that say what the claim is, as this ticket's speaker tells it."""
        luck, claim = self._luck, ticket.claim
        facts = self.facts(ticket)
        owed = "owed_group" if claim.persons > 1 else "owed_single"
        if not ticket.has_period:
            owed = "owed_no_period"
        slots = dict(facts)
        slots["owed"] = self._clause(owed, facts)
        slots["work"] = self._clause("work" if claim.employer.industry == "1" else "work_other", facts)
        slots["chase"] = self._clause("chase", facts)
        slots["ask"] = self._clause("ask", facts)
        slots["phone_inside"] = (
            self._clause("phone_inside", facts) if "*" not in ticket.phone and ticket.phone else ("等候回复")
        )
        text = luck.choice(self._templates[family]).format_map(slots)
        if ticket.role == "agent":
            text = f"{self._clause('agent', facts)}。{text}"
        elif ticket.role == "reporter":
            text = f"{text}{self._clause('anonymous', facts)}。"
        if ticket.quotes is not None and luck.random() < 0.5:
            text = f"{text}{self._clause('quoted', facts)}。"
        elif ticket.is_repeat:
            text = f"{self._clause('repeat', facts)}。{text}"
        return text

    def reply(self, ticket: Ticket, status: str) -> str:
        """What the handler wrote when closing or returning; never an amount."""
        kind = "returned" if status == "returned" else f"handled_{ticket.outcome}"
        return self._clause(kind, {"employer": ticket.claim.employer.name})

    def facts(self, ticket: Ticket) -> dict[str, str]:
        """What may be said, each in one of its shapes."""
        claim = ticket.claim
        person = claim.person
        return {
            "employer": employer_name(ticket, self._luck),
            "project": self._luck.choice((claim.project.name, claim.project.nickname))
            if claim.project.name
            else claim.employer.short,
            "job": claim.job,
            "money": self.money(claim.claimed_fen, claim.persons),
            "people": self.people(claim.persons),
            "period": self.period(claim, ticket.received_at.year) if ticket.has_period else "前一阵",
            "phone": ticket.phone,
            "boss": f"包工头{claim.project.boss}",
            "name": "本人" if ticket.role == "reporter" else person.name,
            "surname": "某" if ticket.role == "reporter" else person.name[0],
            "quoted": ticket.quotes.number if ticket.quotes else "",
        }

    def money(self, fen: int, persons: int) -> str:
        """An amount in yuan: `38000元`, `3万8`, `3.8万元`, `三万八千元`, `每人8000元`."""
        luck = self._luck
        yuan, rest = divmod(fen, 100)
        if rest or yuan % 100:
            return f"{decimal(fen, 2)}元"
        shapes = [f"{yuan}元", f"{yuan:,}元", f"{yuan}块钱"]
        if yuan >= 10_000:
            shapes += [f"{decimal(yuan, 4)}万元", f"{chinese_number(yuan)}元", f"{decimal(yuan, 4)}万余元"]
            if yuan % 1000 == 0 and yuan % 10_000 and yuan < 1_000_000:
                shapes += [
                    f"{yuan // 10_000}万{yuan % 10_000 // 1000}",
                    f"{yuan // 10_000}万{yuan % 10_000 // 1000}千元",
                ]
        else:
            shapes += [f"{chinese_number(yuan)}元", f"{yuan}多元"]
        if persons > 1 and yuan % persons == 0:
            shapes += [f"{yuan}元（每人{yuan // persons}元）", f"{yuan}元，每人{yuan // persons}多"]
        return luck.choice(shapes)

    def people(self, persons: int) -> str:
        """How many: `我们23个人`, `二十三名工友`, `23人`."""
        if persons == 1:
            return "我一人"
        words = chinese_number(persons)
        shapes = [
            f"我们{persons}个人",
            f"{persons}名农民工",
            f"{words}名工友",
            f"我等{persons}人",
            f"一共{words}个人",
        ]
        if persons > 20 and persons % 10:
            shapes.append(f"{chinese_number(persons // 10 * 10)}多名工友")
        return self._luck.choice(shapes)

    def period(self, claim: Claim, year: int) -> str:
        """From when to when: `去年10月到今年1月`, `3至5月份`, `2023年3月至2023年5月`."""
        (first_year, first), (last_year, last) = (
            divmod(month, 12) for month in (claim.first_month, claim.last_month)
        )
        first, last, luck = first + 1, last + 1, self._luck
        names = {year: "今年", year - 1: "去年", year - 2: "前年"}
        said = [names.get(place, f"{place}年") for place in (first_year, last_year)]
        if (first_year, first) == (last_year, last):
            return luck.choice(
                (f"{first_year}年{first}月", f"{said[0]}{first}月份", f"{said[0]}{chinese_number(first)}月")
            )
        if first_year == last_year:
            shapes = [
                f"{first_year}年{first}月至{last}月",
                f"{said[0]}{first}月到{last}月",
                f"{first_year}年{first}月-{last}月",
            ]
            if first_year == year:
                shapes += [f"{first}至{last}月份", f"{chinese_number(first)}月到{chinese_number(last)}月"]
            return luck.choice(shapes)
        return luck.choice(
            (
                f"{said[0]}{first}月到{said[1]}{last}月",
                f"{first_year}年{first}月至{last_year}年{last}月",
                f"{said[0]}{first}月份至{said[1]}{last}月份",
            )
        )

    def _clause(self, kind: str, facts: dict[str, str]) -> str:
        return self._luck.choice(self._clauses[kind]).format_map(facts)


def employer_name(ticket: Ticket, luck: random.Random) -> str:
    """The employer as this ticket's speaker writes it."""
    employer = ticket.claim.employer
    if ticket.spelling == "short":
        return employer.short
    if ticket.spelling == "typo":
        return employer.typo
    return employer.short if luck.random() < 0.3 else employer.name
