"""Invented persons: names, resident IDs with a right check digit (GB 11643), mobile numbers."""

from __future__ import annotations

from datetime import date
from random import Random

from examples.upstream.model.vocabulary import Vocabulary

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
OLDEST = date(1958, 1, 1).toordinal()
YOUNGEST = date(2004, 12, 31).toordinal()


class Person:
    """Somebody invented. `key` numbers persons in the order of their making."""

    __slots__ = ("id_number", "is_male", "key", "name", "other_phone", "phone", "surname")

    def __init__(
        self, key: int, surname: str, name: str, is_male: bool, id_number: str, phone: str, other_phone: str
    ) -> None:
        self.key = key
        self.surname = surname
        self.name = name
        self.is_male = is_male
        self.id_number = id_number
        self.phone = phone
        self.other_phone = other_phone


class Population:
    """Makes persons whose IDs and phones are their own."""

    def __init__(self, vocabulary: Vocabulary, luck: Random) -> None:
        self._words = vocabulary.names
        # A code is only of those born while the county bore it.
        self._regions = [
            (code, date(first, 1, 1).toordinal() - OLDEST, date(last, 12, 31).toordinal() - OLDEST)
            for code, first, last in vocabulary.regions
        ]
        self._luck = luck
        self._ids: set[str] = set()
        self._phones: set[str] = set()
        self._born = [date.fromordinal(day).strftime("%Y%m%d") for day in range(OLDEST, YOUNGEST + 1)]
        self.count = 0

    def person(self, surname: str = "", name: str = "", phone: str = "") -> Person:
        """A new person; a surname, whole name or phone may be given (a brother, a namesake, a shared phone)."""
        luck = self._luck
        is_male = luck.random() < 0.8
        if not surname:
            surname = self._one("surnames")
        if not name:
            name = surname + self._given(is_male)
        self.count += 1
        mine = phone or self.new_phone()
        other = self.new_phone() if luck.random() < 0.25 else ""
        return Person(self.count, surname, name, is_male, self._new_id(is_male), mine, other)

    def new_phone(self) -> str:
        """A mobile number that nobody has."""
        luck = self._luck
        while True:
            prefix = self._one("phone_prefixes_local" if luck.random() < 0.75 else "phone_prefixes")
            phone = f"{prefix}{int(luck.random() * 1e8):08d}"
            if phone not in self._phones:
                self._phones.add(phone)
                return phone

    def _given(self, is_male: bool) -> str:
        given = self._one("given_male" if is_male else "given_female")
        if len(given) == 1 and self._luck.random() < 0.35:
            return self._one("shared_given") + given
        return given

    def _one(self, words: str) -> str:
        found: list[str] = self._words[words]
        return found[int(self._luck.random() * len(found))]

    def _new_id(self, is_male: bool) -> str:
        luck = self._luck
        while True:
            region, first, last = self._regions[int(luck.random() ** 1.7 * len(self._regions))]
            born = self._born[first + int(luck.random() * (last - first + 1))]
            number = 1 + int(luck.random() * 498) * 2 + (0 if is_male else 1)
            head = f"{region}{born}{number:03d}"
            full = head + id_check_digit(head)
            if full not in self._ids:
                self._ids.add(full)
                return full


def id_check_digit(head: str) -> str:
    """The check digit of the first 17 characters (mod 11-2)."""
    return ID_CHECKS[
        sum(weight * (ord(sign) - 48) for weight, sign in zip(ID_WEIGHTS, head, strict=True)) % 11
    ]


def with_wrong_digit(id_number: str) -> str:
    """The ID with another check digit than its own: as typed wrongly."""
    return id_number[:17] + ("0" if id_number[17] != "0" else "1")
