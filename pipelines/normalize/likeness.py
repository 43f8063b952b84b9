"""Keys under which two described employers (or projects) agree, so that millions of pairs are compared by set lookups.

A mention's brand, trade and province are compared only where both sides tell them: 恒泰防水 fits 宁夏恒泰建筑, but
恒泰建筑 and 恒泰餐饮 are two. A plain key cannot say "equal or unknown", so a mention gives one key for each set of
parts the other side may know (`give`), and takes one for each set it may be offered (`take`); a key of the one
among those of the other means that all parts known to both are equal. sql/macros/employer_likeness.sql compares.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import duckdb
import pyarrow as pa

from pipelines.normalize.organisations import Organisation, parse_employer
from pipelines.normalize.projects import Project, parse_project
from pipelines.normalize.sounds import look_alikes_of, sound_of
from pipelines.store import run_sql

_LISTS = ("same_give", "same_take", "give", "take", "near_give", "near_take", "sounds", "hints")
KEYS_TYPE = pa.struct([*((name, pa.list_(pa.uint64())) for name in _LISTS), ("is_sure", pa.bool_())])


@dataclass
class Keys:
    """Hashed keys of one or more mentions; `is_sure` where one of them is sure enough to exclude others.

    Two sides can only agree if they share one of their few `hints`: most pairs are told apart by these alone.
    """

    same_give: set[int] = field(default_factory=set)
    same_take: set[int] = field(default_factory=set)
    give: set[int] = field(default_factory=set)
    take: set[int] = field(default_factory=set)
    near_give: set[int] = field(default_factory=set)
    near_take: set[int] = field(default_factory=set)
    sounds: set[int] = field(default_factory=set)
    hints: set[int] = field(default_factory=set)
    is_sure: bool = False

    def as_struct(self) -> dict[str, object] | None:
        """The keys as a row of KEYS_TYPE; None where there is none."""
        if not self.sounds:
            return None
        return {**{name: sorted(getattr(self, name)) for name in _LISTS}, "is_sure": self.is_sure}


@lru_cache(maxsize=500_000)
def _hash(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")


def _offers(word: str, parts: tuple[str | None, ...]) -> tuple[set[int], set[int]]:
    """The keys that a mention of `word` with `parts` gives and takes, for every set of parts the other may know."""
    known = sum(1 << place for place, part in enumerate(parts) if part is not None)
    give, take = set(), set()
    for other in range(1 << len(parts)):
        shared = "|".join(part or "" for place, part in enumerate(parts) if (known & other) >> place & 1)
        give.add(_hash(f"{word}|{shared}|{known}>{other}"))
        take.add(_hash(f"{word}|{shared}|{other}>{known}"))
    return give, take


def near_words(brand: str) -> set[str]:
    """Words equal for brands that differ by one misread sign: by shape, and by any one of three signs or more."""
    words = set(look_alikes_of(brand))
    syllables = sound_of(brand).split("-")[:-1]
    if len(syllables) >= 3:
        for place in range(len(syllables)):
            words.add("-".join("?" if at == place else syllable for at, syllable in enumerate(syllables)))
    return words


def employer_keys(firm: Organisation, *, is_sure: bool = True) -> Keys:
    """The keys of one employer's name as `parse_employer` described it."""
    if firm.is_nobody or firm.sound is None:
        return Keys()
    keys = Keys(is_sure=is_sure)
    word = firm.brand or f"{firm.place}{firm.industry}"
    parts = (firm.sector, firm.province)
    _offer_same(keys, f"{firm.place or ''}{firm.brand or ''}{firm.industry or ''}{firm.form or ''}")
    if firm.industry:
        give, take = _offers(
            f"{word}|{firm.industry[:2]}", (firm.place.rstrip("省市县区") if firm.place else None,)
        )
        keys.same_give |= give
        keys.same_take |= take
    _offer_all(keys, firm.sound, word, parts)
    if firm.form is None and firm.brand and firm.place and len(firm.place) == 2 and len(firm.brand) <= 2:
        # Without a form the place in front may open the brand: 山东升元|建筑.
        whole = firm.place + firm.brand
        _offer_all(keys, sound_of(whole), whole, (firm.sector, None))
    return keys


def project_keys(project: Project, *, is_sure: bool = True) -> Keys:
    """The keys of one project's name: stem by sound, kind where it is told."""
    if project.is_nobody or not project.stem:
        return Keys()
    keys = Keys(is_sure=is_sure)
    sound = sound_of(project.stem)
    _offer_same(keys, project.core or "")
    _offer_all(keys, sound, project.stem, (project.kind,))
    if project.kind and len(project.kind) == 1:
        # 郝家桥 may be a stem by itself.
        _offer_all(keys, project.sound or "", project.core or "", (None,))
    return keys


def _offer_same(keys: Keys, name: str) -> None:
    whole = _hash(f"={name}")
    keys.same_give.add(whole)
    keys.same_take.add(whole)


def _offer_all(keys: Keys, sound: str, word: str, parts: tuple[str | None, ...]) -> None:
    keys.sounds.add(_hash(sound))
    keys.hints.add(_hash(sound))
    give, take = _offers(sound, parts)
    keys.give |= give
    keys.take |= take
    for near in near_words(word):
        keys.hints.add(_hash(near))
        give, take = _offers(near, parts)
        keys.near_give |= give
        keys.near_take |= take


def key_employers(connection: duckdb.DuckDBPyConnection, tickets: str, into: str) -> None:
    """Make the temp tables `into` (ticket_id, set_id) and `into`_keys (set_id, keys KEYS_TYPE) for likeness of employers.

    `tickets` has ticket_id, employer (the field) and told_employers. Tickets that name the same employers share a set,
    so compare distinct pairs of sets. A ticket that names none has no row.
    """
    _key(connection, tickets, into, "employer", _keys_of_employers)


def key_projects(connection: duckdb.DuckDBPyConnection, tickets: str, into: str) -> None:
    """As `key_employers`, for project (the field) and told_projects."""
    _key(connection, tickets, into, "project", _keys_of_projects)


def _key(
    connection: duckdb.DuckDBPyConnection,
    tickets: str,
    into: str,
    kind: str,
    keys_of: Callable[[str, bool], Keys],
) -> None:
    connection.execute(f"create or replace temp view named_tickets as select * from {tickets}")
    run_sql(connection, f"prose/{kind}_names")
    names = connection.execute(
        "select distinct name, is_sure from ticket_names order by name, is_sure"
    ).fetchall()
    keys = [keys_of(name, is_sure) for name, is_sure in names]
    table = pa.table(
        {
            "name": pa.array([name for name, _ in names], pa.string()),
            "is_sure": pa.array([is_sure for _, is_sure in names], pa.bool_()),
            "keys": pa.array([each.as_struct() for each in keys], KEYS_TYPE),
        }
    )
    connection.register("name_keys", table)
    run_sql(connection, "prose/ticket_sets")
    run_sql(connection, "prose/set_keys")
    connection.unregister("name_keys")
    connection.execute(f"create or replace temp table {into} as select ticket_id, set_id from ticket_sets")
    connection.execute(f"create or replace temp table {into}_keys as select set_id, keys from set_keys")
    for name in ("ticket_names", "ticket_sets", "set_keys"):
        connection.execute(f"drop table {name}")
    connection.execute("drop view named_tickets")


def _keys_of_employers(name: str, is_sure: bool) -> Keys:
    return employer_keys(parse_employer(name), is_sure=is_sure)


def _keys_of_projects(name: str, is_sure: bool) -> Keys:
    return project_keys(parse_project(name), is_sure=is_sure)
