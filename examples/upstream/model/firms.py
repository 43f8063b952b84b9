"""Invented employers and projects, and the ways people write them."""

from __future__ import annotations

from random import Random
from typing import Any

from examples.upstream.model.vocabulary import Vocabulary, misspelt

CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
CODE_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def organisation_code(division: str, luck: Random) -> str:
    """A code with right check digits (GB 32100, and GB 11714 inside it)."""
    body = f"{int(luck.random() * 1e8):08d}"
    if luck.random() < 0.6:
        body = "MA7" + "".join(CODE_SIGNS[int(luck.random() * 31)] for _ in range(5))
    inner = (
        11 - sum(weight * int(sign, 36) for weight, sign in zip(ORGANISATION_WEIGHTS, body, strict=True)) % 11
    )
    head = f"91{division}{body}{'X' if inner == 10 else '0' if inner == 11 else inner}"
    total = sum(weight * CODE_SIGNS.index(sign) for weight, sign in zip(CODE_WEIGHTS, head, strict=True))
    return head + CODE_SIGNS[(31 - total % 31) % 31]


def with_wrong_sign(code: str) -> str:
    """The code with another last character than its own."""
    return code[:17] + CODE_SIGNS[(CODE_SIGNS.index(code[17]) + 1) % 31]


class Employer:
    """A company (or small shop): its registered name and the short forms of it."""

    __slots__ = ("code", "is_construction", "name", "shorts")

    def __init__(self, name: str, code: str, is_construction: bool, shorts: tuple[str, ...]) -> None:
        self.name = name
        self.code = code
        self.is_construction = is_construction
        self.shorts = shorts


class Project:
    """A building site or work place; `nicknames` is what people say."""

    __slots__ = ("is_public", "name", "nicknames", "place", "street")

    def __init__(
        self, name: str, nicknames: tuple[str, ...], place: str, street: str, is_public: bool
    ) -> None:
        self.name = name
        self.nicknames = nicknames
        self.place = place
        self.street = street
        self.is_public = is_public


class Trade:
    """Makes employers and projects."""

    def __init__(self, vocabulary: Vocabulary, luck: Random) -> None:
        self._firms: dict[str, Any] = vocabulary.firms
        self._projects: dict[str, Any] = vocabulary.projects
        self._confusions = vocabulary.confusions
        self._luck = luck
        self._names: set[str] = set()

    def employer(self, division: str, is_construction: bool) -> Employer:
        """A new employer whose registered name is its own."""
        luck, firms = self._luck, self._firms
        while True:
            brand = self._one(firms["brands"])
            if len(self._names) > 12_000 or luck.random() < 0.08:
                brand += self._one(firms["brands"])[0]
            place, kind = (
                self._one(firms["places"]),
                self._one(firms["kinds_construction" if is_construction else "kinds_other"]),
            )
            if not is_construction and luck.random() < 0.12:
                name = place + self._one(firms["small_shops"]).replace("{brand}", brand)
            else:
                name = place + brand + kind + self._one(firms["forms"])
            if name not in self._names:
                break
        self._names.add(name)
        wrong = self._one(firms["kinds_construction"])[:2]
        parts = {"place": place, "brand": brand, "kind": kind, "kind2": kind[:2], "wrong": wrong}
        shorts = tuple(self._one(firms["short_shapes"]).format(**parts) for _ in range(3))
        return Employer(name, organisation_code(division, luck), is_construction, shorts)

    def project(self, division: str, is_construction: bool) -> Project:
        """A new project, or the work place of a company that builds nothing."""
        luck, words = self._luck, self._projects
        head = self._one(words["heads"])
        street = self._one(words["streets"][division])
        place = self._one(words["roads"]) if luck.random() < 0.6 else street.removesuffix("街道")
        is_public = is_construction and luck.random() < 0.25
        kind = "tails_public" if is_public else "tails_estate" if luck.random() < 0.75 else "tails_commercial"
        tail = self._one(words[kind if is_construction else "tails_commercial"])
        phase = self._one(words["phases"]) if luck.random() < 0.45 else ""
        end = self._one(words["endings"]) if is_construction else ""
        parts = {"head": head, "tail": tail, "phase": phase, "place": place}
        nicknames = tuple(self._one(words["nickname_shapes"]).format(**parts) for _ in range(3))
        return Project(f"{head}{tail}{phase}{end}", nicknames, place, street, is_public)

    def misspelt(self, name: str) -> str:
        """A name typed wrongly, by sound or shape."""
        return misspelt(name, self._confusions, self._luck)

    def _one(self, words: list[str]) -> str:
        return words[int(self._luck.random() * len(words))]
