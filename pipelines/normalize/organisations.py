"""Names of employers and projects taken apart, so that a short or misspelt form can be compared with the full one.

An employer's name is place + brand + trade + legal form (企业名称登记管理规定 art. 6): 宁夏|宏泰|防水工程|有限公司.
A project's is stem + kind, with building numbers, sections and 项目/工程 around it: 麒麟|佳苑|1#楼项目.

`describe_employers` and `describe_projects` describe distinct names of fields. `sql/macros/employer_likeness.sql`
compares described employers by their keys (`Keys`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import duckdb
import pyarrow as pa

from pipelines.normalize.organisation_words import (
    BRANCHES,
    BRAND_TOO,
    CLIPPED,
    FORMS,
    INDUSTRIES,
    NOBODIES,
    PLACES,
    PROVINCES,
    STRONG_PLACES,
    WEAK_FORMS,
)
from pipelines.normalize.sounds import look_alikes_of, sound_of


@dataclass(frozen=True)
class WordTable:
    """A set of words, found at a place of a text by a look at the few lengths that begin (or end) with that sign."""

    words: frozenset[str]
    by_first: dict[str, tuple[int, ...]]
    by_last: dict[str, tuple[int, ...]]

    def at(self, text: str, at: int = 0) -> str:
        """The longest of the words that begins at `at`, or ''."""
        for length in self.by_first.get(text[at : at + 1], ()):
            if (word := text[at : at + length]) in self.words:
                return word
        return ""

    def ending(self, text: str, keep: int = 0) -> str:
        """The longest of the words that `text` ends in behind `keep` signs or more, or ''."""
        for length in self.by_last.get(text[-1:], ()):
            if len(text) >= length + keep and (word := text[-length:]) in self.words:
                return word
        return ""


def word_table(words: Iterable[str]) -> WordTable:
    """The words with their lengths by first and by last sign, the longest first."""
    known = frozenset(words)

    def lengths(sign_of: int) -> dict[str, tuple[int, ...]]:
        found: dict[str, set[int]] = {}
        for word in known:
            found.setdefault(word[sign_of], set()).add(len(word))
        return {sign: tuple(sorted(sizes, reverse=True)) for sign, sizes in found.items()}

    return WordTable(known, lengths(0), lengths(-1))


_PLACES = word_table(PLACES)
_FORMS = word_table(FORMS)
_BRANCHES = word_table(BRANCHES)
_TRADES = word_table(INDUSTRIES)


def misspellings(words: Iterable[str]) -> dict[str, str]:
    """Keys under which a misheard or misread spelling of one of `words` is found; see `misspelt`."""
    return {key: word for word in words for key in (*look_alikes_of(word), sound_of(word))}


def misspelt(text: str, keys: dict[str, str]) -> str | None:
    """The word that `text` is a misheard or misread spelling of, if any."""
    heard = keys.get(sound_of(text))
    return heard or next((keys[key] for key in look_alikes_of(text) if key in keys), None)


_TRADE_KEYS = misspellings(
    word for word, sector in INDUSTRIES.items() if len(word) >= 2 and sector != "general"
)
_PLACE_KEYS = misspellings(
    name
    for name in sorted(STRONG_PLACES)
    if len(name) <= 4 and (name in PROVINCES or name == "银川" or name[2:].endswith(("市", "县", "省")))
)
_BRACKETS = re.compile(r"[(\[【〔<《]([^)\]】〕>》]*)[)\]】〕>》]?")
_OPENINGS = {
    word
    for word in INDUSTRIES
    for longer in INDUSTRIES
    if longer.startswith(word)
    and INDUSTRIES[longer] not in (INDUSTRIES[word], "general")
    and len(longer) > len(word)
}
"""Trade words that open a longer one of another sector: 电子 may be short for 电子商务."""
_NOISE = re.compile(r"[^\w#&]+|_+")
_NUMBERED = re.compile(r"(?:第?[一二三四五六七八九十0-9]+|直属)$")
_NOBODY = re.compile(
    r"^(?:某.{0,6}|.{0,2}某+(?:公司|单位|项目|工地|企业)?|[?*X/.0-9]*|第?[一二三四五六七八九十]+(?:工程处|项目部|标段|队)"
    r"|.{0,2}(?:不详|不清楚|不知道))$"
)


@dataclass(frozen=True)
class Organisation:
    """The parts of one employer's name; a part that is not there is None.

    `sector` is the trade's group (organisation_words), None where the name does not say; `province` the first two
    digits of GB/T 2260. `is_nobody`: the field holds a placeholder (不详, 个人 …) and names no one.
    """

    place: str | None = None
    province: str | None = None
    brand: str | None = None
    industry: str | None = None
    sector: str | None = None
    form: str | None = None
    is_nobody: bool = False

    @property
    def sound(self) -> str | None:
        """Folded syllables of the brand (of place and trade where there is no brand)."""
        named = self.brand or (f"{self.place or ''}{self.industry}" if self.industry and self.place else None)
        return (sound_of(named) or None) if named else None


def clean_name(name: str) -> tuple[str, list[str]]:
    """`name` in one width, without blanks and punctuation, and what stood in brackets."""
    text = unicodedata.normalize("NFKC", name).upper()
    inside = [_NOISE.sub("", part) for part in _BRACKETS.findall(text)]
    return _NOISE.sub("", _BRACKETS.sub("", text)), [part for part in inside if part]


def places_in_front(text: str) -> list[tuple[int, str]]:
    """Where the places in front of `text` end, one after another, with the province: 银川市|兴庆区|…

    A place of another province behind the first is a brand (宁夏|山东升), 市 before 政 belongs to 市政.
    """
    ends: list[tuple[int, str]] = []
    at = 0
    while True:
        found: str | None = _PLACES.at(text, at) or None
        if found and found.endswith("市") and text.startswith("政", at + len(found)) and found[:-1] in PLACES:
            found = found[:-1]
        if found is None and at == 0:
            heard = next((n for n in (4, 3, 2) if len(text) >= n + 2 and _heard_place(text[:n])), 0)
            return [(heard, PLACES[_heard_place(text[:heard]) or ""])] if heard else []
        if found is None or (ends and PLACES[found] != ends[0][1]):
            return ends
        at += len(found)
        ends.append((at, PLACES[found]))


@lru_cache(maxsize=100_000)
def _heard_place(text: str) -> str | None:
    return misspelt(text, _PLACE_KEYS)


def take_trade(text: str, keep: int = 2) -> tuple[str, str]:
    """What stands before the trade words at the end of `text` (at least `keep` signs), and the trade words.

    A word that only sounds like a trade (工成 for 工程) is one too.
    """
    end = len(text)
    while True:
        for length in _TRADES.by_last.get(text[end - 1], ()) if end else ():
            if end - length >= keep and text[end - length : end] in _TRADES.words:
                end -= length
                break
        else:
            heard = _heard_trade(text[:end], keep)
            if heard:
                end -= heard
            elif end - 1 > max(keep, 1) and end < len(text) and text[end - 1] in "与及":
                end -= 1
            else:
                return text[:end], text[end:]


def _heard_trade(text: str, keep: int) -> int:
    """Signs at the end of `text` that sound like a trade word or are one clipped (混凝); 0 for none."""
    for length in (4, 3, 2):
        if len(text) - length >= max(keep, 2) and _misspelt_trade(text[-length:]):
            return length
    return 2 if len(text) - 2 >= max(keep, 2) and text[-2:] in CLIPPED else 0


@lru_cache(maxsize=100_000)
def _misspelt_trade(text: str) -> str | None:
    return misspelt(text, _TRADE_KEYS)


@lru_cache(maxsize=50_000)
def sector_of(trade: str) -> str | None:
    """The sector of a run of trade words: that of the first word that has one other than `general`."""
    at = 0
    while at < len(trade):
        word: str | None = _TRADES.at(trade, at) or None
        if word is None:
            word = next((w for n in (4, 3, 2) if (w := _misspelt_trade(trade[at : at + n]))), None)
        if word and INDUSTRIES[word] != "general":
            return INDUSTRIES[word]
        at += len(word or "x")
    if trade[-2:] in CLIPPED:
        return next(
            sector for word, sector in INDUSTRIES.items() if len(word) == 3 and word.startswith(trade[-2:])
        )
    return None


def is_nobody(text: str) -> bool:
    """Whether a cleaned name is a placeholder or only trade and form words that fit any firm."""
    return not text or text in NOBODIES or bool(_NOBODY.match(text))


_SPOKEN = re.compile(
    r"^(?:[有是]?[一个家]*叫[做作]?(.{2,}?)的|(.{2,}?)[那这][家个])(?=公司$|单位$|集团$|企业$|厂$|店$|工程队$)"
)
"""What is said around a name: 叫千业的公司, 六合那家公司."""
_POINTING = ("该", "某", "这家", "那家", "哪家", "一家")
"""A brand that ends so points at a firm named elsewhere: 联系该公司."""


@lru_cache(maxsize=200_000)
def parse_employer(name: str) -> Organisation:
    """Take one name apart. Nothing raises: what cannot be split is the brand."""
    text, brackets = clean_name(name)
    text = _SPOKEN.sub(lambda found: found[1] or found[2], text)
    if is_nobody(text):
        return Organisation(is_nobody=True)
    branch_place = next((part for part in brackets if part in PLACES), None)
    while (branch := _BRANCHES.ending(text)) and len(text) - len(branch) >= 2:
        text = _NUMBERED.sub("", text[: -len(branch)])
        where = _PLACES.ending(text)
        if where and len(text) - len(where) >= 2:
            branch_place, text = branch_place or where, text[: -len(where)]
        elif (cut := text.rfind("公司")) > 1:
            text = text[: cut + 2]
    form = _FORMS.ending(text) or None
    if form and len(text) - len(form) >= (2 if form in WEAK_FORMS else 1):
        # 理发店 is a trade: its 店 is no form by itself.
        text = text if form in WEAK_FORMS and len(_TRADES.ending(text)) > len(form) else text[: -len(form)]
    place, province, brand, trade = _split(text)
    if (not brand and not place and branch_place is None) or brand.endswith(_POINTING):
        return Organisation(industry=trade or None, sector=sector_of(trade), form=form, is_nobody=True)
    return Organisation(
        place=place or branch_place or None,
        province=province or (PLACES[branch_place] if branch_place else None),
        brand=brand or None,
        industry=trade or None,
        sector=None if form is None and trade in _OPENINGS else sector_of(trade),
        form=form,
    )


def _split(text: str) -> tuple[str, str | None, str, str]:
    """Place, province, brand and trade of a name without its form: as many places as leave a brand of two signs.

    Where none does, the name has no brand (宁夏|建工) or its place is the brand (安顺|建筑, 金昌盛|建材).
    """
    ends = places_in_front(text)
    choices = [*(end for end, _ in reversed(ends)), 0]
    province = ends[0][1] if ends else None
    for end in choices:
        brand, trade = take_trade(text[end:], keep=0)
        is_trade = (
            text[:end] in PLACES
            and text[:end] not in STRONG_PLACES
            and (brand in CLIPPED or _misspelt_trade(brand) is not None)
        )
        if len(brand) >= 2 and not is_trade and brand not in (STRONG_PLACES if end else PLACES):
            return text[:end], province if end else None, brand, trade
    for end in choices:
        brand, trade = take_trade(text[end:])
        if brand in BRAND_TOO:
            return text[:end], province if end else None, brand, trade
    if ends and text[: ends[0][0]] not in STRONG_PLACES:
        return "", None, *take_trade(text)
    end = ends[-1][0] if ends else 0
    return text[:end], province, *take_trade(text[end:], keep=0)


def describe_employers(connection: duckdb.DuckDBPyConnection, names: str, into: str) -> None:
    """Make the temp table `into`: one row a distinct name of `names` (name VARCHAR), described.

    Columns: name, place, brand, industry, form, sound, is_nobody, sector, province. NULL names are left out.
    """
    rows = connection.execute(
        f"select distinct name from {names} where name is not null order by name"
    ).fetchall()
    found = [(name, parse_employer(name)) for (name,) in rows]
    columns: dict[str, pa.Array] = {"name": pa.array([name for name, _ in found], pa.string())}
    for column in ("place", "brand", "industry", "form", "sound", "sector", "province"):
        columns[column] = pa.array([getattr(firm, column) for _, firm in found], pa.string())
    columns["is_nobody"] = pa.array([firm.is_nobody for _, firm in found], pa.bool_())
    connection.register("described_employers", pa.table(columns))
    connection.execute(
        f"create or replace temp table {into} as select name, place, brand, industry, form, sound, is_nobody,"
        " sector, province from described_employers"
    )
    connection.unregister("described_employers")
