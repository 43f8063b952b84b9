"""Employers with projects and workers, all invented, with numbers whose check digits hold."""

from __future__ import annotations

import random
from itertools import accumulate

from stdnum.cn import ric, uscc

from examples.upstream.city.model import Employer, Person, Project
from examples.upstream.city.vocabulary import Vocabulary

PHONE_STEP = 38_196_601  # coprime to 10**8: no number of a phone comes twice
CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
TICKETS_PER_EMPLOYER = 34


class Registry:
    """Who and what there is; people are made when asked for."""

    def __init__(self, luck: random.Random, words: Vocabulary, tickets: int) -> None:
        self._luck = luck
        self._names = words.names
        self._phones = luck.randrange(10**8)
        self._ids: set[int] = set()
        self._divisions = list(self._names["division_weights"])
        self._division_weights = list(accumulate(self._names["division_weights"].values()))
        self._incidents = 0
        self._company_names: set[str] = set()
        self.employers = [
            self._employer(number) for number in range(max(12, tickets // TICKETS_PER_EMPLOYER))
        ]
        self._weights = list(accumulate(1 / (rank + 8) ** 0.7 for rank in range(len(self.employers))))

    def division(self) -> str:
        """A division's code, by its share of the work."""
        return str(self._luck.choices(self._divisions, cum_weights=self._division_weights)[0])

    def employer(self) -> Employer:
        """An employer; some have many complaints, most few."""
        return self._luck.choices(self.employers, cum_weights=self._weights)[0]

    def phone(self) -> str:
        """A mobile number that nobody else has."""
        self._phones = (self._phones + PHONE_STEP) % 10**8
        return f"{self._luck.choice(self._names['phone_prefixes'])}{self._phones:08d}"

    def name(self, surname: str = "") -> str:
        """A person's name of two or three characters."""
        given = self._names["given"]
        text = (surname or self._luck.choice(self._names["surnames"])) + self._luck.choice(given)
        return str(text + self._luck.choice(given) if self._luck.random() < 0.72 else text)

    def person(self, name: str = "", phone: str = "") -> Person:
        """A worker with an ID number and a phone of their own unless one is given."""
        is_woman = self._luck.random() < 0.2
        return Person(name or self.name(), self._id_number(is_woman), phone or self.phone(), is_woman)

    def _id_number(self, is_woman: bool) -> str:
        luck = self._luck
        while True:
            county, first, last = luck.choice(self._names["counties"])
            year = luck.randint(max(1963, first), min(2004, last))
            order = 2 * luck.randrange(1, 499) + (not is_woman)
            body = f"{county}{year}{luck.randint(1, 12):02d}{luck.randint(1, 28):02d}{order:03d}"
            if int(body) not in self._ids:
                self._ids.add(int(body))
                return body + str(ric.calc_check_digit(body + "0"))

    def _employer(self, number: int) -> Employer:
        luck, names = self._luck, self._names
        kinds = names["company_kinds"]
        suffix, tail, industry, _ = luck.choices(kinds, [kind[3] for kind in kinds])[0]
        while True:
            word = luck.choice(names["company_first"]) + luck.choice(names["company_second"])
            if len(self._company_names) > 4000:
                word += luck.choice(names["company_second"])
            name = f"{luck.choice(names['company_places'])}{word}{suffix}"
            if name not in self._company_names and len(set(word)) == len(word):
                break
        self._company_names.add(name)
        typo = "".join(names["typos"].get(letter, letter) for letter in word[:1]) + word[1:]
        if typo == word:
            typo = word[:1] + names["typos"].get(word[1], "源") + word[2:]
        body = f"916401{luck.choice(('00', '04', '05', '06', '21', '22', '81'))}" + "".join(
            luck.choice(CODE_ALPHABET) for _ in range(9)
        )
        employer = Employer(
            name, word + tail, name.replace(word, typo), body + uscc.calc_check_digit(body), industry, []
        )
        for _ in range(luck.choices((1, 2, 3, 4), (5, 4, 2, 1))[0] if industry == "1" else 1):
            employer.projects.append(self._project(employer))
        return employer

    def _project(self, employer: Employer) -> Project:
        luck, names = self._luck, self._names
        self._incidents += 1
        division = self.division()
        estate = luck.choice(names["estate_first"]) + luck.choice(names["estate_second"])
        place = luck.choice(names["company_first"]) + luck.choice(names["company_second"])
        is_site = employer.industry == "1"
        return Project(
            incident=self._incidents,
            name=f"{estate}{luck.choice(names['project_kinds'])}" if is_site else "",
            nickname=luck.choice((estate, f"{estate}工地", f"{estate[:2]}项目"))
            if is_site
            else employer.short,
            division=division,
            street=luck.choice(names["streets"][division]),
            builder=f"银川{place}{luck.choice(names['builders'])}" if is_site else "",
            contractor=f"宁夏{place[::-1]}建设集团有限公司" if is_site else "",
            boss=self.name(),
            boss_phone=self.phone(),
            is_government=is_site and luck.random() < 0.2,
        )
