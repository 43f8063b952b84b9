"""Keys under which two described employers (or projects) agree, so that millions of pairs are compared by set lookups.

A mention's brand, trade and province are compared only where both sides tell them: 恒泰防水 fits 宁夏恒泰建筑, but
恒泰建筑 and 恒泰餐饮 are two. A plain key cannot say "equal or unknown", so a mention gives one key for each set of
parts the other side may know (`give`), and takes one for each set it may be offered (`take`); a key of the one
among those of the other means that all parts known to both are equal. sql/macros/employer_likeness.sql compares.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache

import duckdb
import pyarrow as pa

from pipelines.normalize.organisations import Organisation, parse_employer
from pipelines.normalize.projects import Project, parse_project
from pipelines.normalize.sounds import look_alikes_of, sound_of
from pipelines.store import run_sql

_LOOSE_FORMS = (None, "公司", "集团")
_LISTS = ("same_give", "same_take", "give", "take", "near_give", "near_take", "sounds", "hints")


@dataclass(slots=True)
class Keys:
    """Hashed keys of one mention.

    Two sides can only agree if they share one of their few `hints`: most pairs are told apart by these alone.
    `whole_name`: the name without branch and brackets, where it tells place, brand and trade or form: two such that differ
    by more than a slip are two firms.
    """

    same_give: set[int] = field(default_factory=set)
    same_take: set[int] = field(default_factory=set)
    give: set[int] = field(default_factory=set)
    take: set[int] = field(default_factory=set)
    near_give: set[int] = field(default_factory=set)
    near_take: set[int] = field(default_factory=set)
    sounds: set[int] = field(default_factory=set)
    hints: set[int] = field(default_factory=set)
    whole_name: str | None = None


@lru_cache(maxsize=200_000)
def _hash(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=50_000)
def _offers(parts: tuple[str | None, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What turns a word's hash into the keys that a mention with `parts` gives and takes: one by exclusive or for every
    set of parts that the other may know."""
    known = sum(1 << place for place, part in enumerate(parts) if part is not None)
    give, take = [], []
    for other in range(1 << len(parts)):
        shared = "|".join(part or "" for place, part in enumerate(parts) if (known & other) >> place & 1)
        give.append(_hash(f"|{shared}|{known}>{other}"))
        take.append(_hash(f"|{shared}|{other}>{known}"))
    return tuple(give), tuple(take)


def near_words(brand: str) -> set[str]:
    """Words equal for brands that differ by one misread sign: by shape, and by any one of three signs or more."""
    words = set(look_alikes_of(brand))
    syllables = sound_of(brand).split("-")[:-1]
    if len(syllables) >= 3:
        for place in range(len(syllables)):
            words.add("-".join("?" if at == place else syllable for at, syllable in enumerate(syllables)))
    return words


@lru_cache(maxsize=100_000)
def _near_hashes(brand: str) -> tuple[int, ...]:
    return tuple(_hash(word) for word in near_words(brand))


def employer_keys(firm: Organisation) -> Keys:
    """The keys of one employer's name as `parse_employer` described it."""
    if firm.is_nobody or firm.sound is None:
        return Keys()
    keys = Keys()
    word = firm.brand or f"{firm.place}{firm.industry}"
    parts = (firm.sector, firm.province)
    _offer_same(keys, f"{firm.place or ''}{firm.brand or ''}{firm.industry or ''}{firm.form or ''}")
    if firm.place and firm.brand and (firm.industry or firm.form not in _LOOSE_FORMS):
        keys.whole_name = f"{firm.place}{firm.brand}{firm.industry or ''}{firm.form or ''}"
    if firm.industry:
        trade = _hash(f"{word}|{firm.industry[:2]}")
        give, take = _offers((firm.place.rstrip("省市县区") if firm.place else None,))
        keys.same_give.update([trade ^ other for other in give])
        keys.same_take.update([trade ^ other for other in take])
    _offer_all(keys, firm.sound, word, parts)
    if firm.form is None and firm.brand and firm.place and len(firm.place) == 2 and len(firm.brand) <= 2:
        # Without a form the place in front may open the brand: 山东升元|建筑.
        whole = firm.place + firm.brand
        _offer_all(keys, sound_of(whole), whole, (firm.sector, None))
    return keys


def project_keys(project: Project) -> Keys:
    """The keys of one project's name: stem by sound, kind where it is told."""
    if project.is_nobody or not project.stem:
        return Keys()
    keys = Keys()
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
    heard = _hash(sound)
    keys.sounds.add(heard)
    keys.hints.add(heard)
    give, take = _offers(parts)
    keys.give.update([heard ^ other for other in give])
    keys.take.update([heard ^ other for other in take])
    near = _near_hashes(word)
    keys.hints.update(near)
    keys.near_give.update([word ^ other for word in near for other in give])
    keys.near_take.update([word ^ other for word in near for other in take])


def key_employers(connection: duckdb.DuckDBPyConnection, tickets: str, into: str) -> None:
    """Make the temp tables `into` (ticket_id, set_id), `into`_keys (set_id, keys) and `into`_names (name,
    whole_name, keys).

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
    keys_of: Callable[[str], Keys],
) -> None:
    connection.execute(f"create or replace temp view named_tickets as select * from {tickets}")
    run_sql(connection, f"prose/{kind}_names")
    names = connection.execute("select distinct name from ticket_names order by name").fetchall()
    keyed = [(name, keys) for (name,) in names if (keys := keys_of(name)).sounds]
    table = pa.table(
        {
            "name": pa.array([name for name, _ in keyed], pa.string()),
            "whole_name": pa.array([keys.whole_name for _, keys in keyed], pa.string()),
            **{part: _lists([getattr(keys, part) for _, keys in keyed]) for part in _LISTS},
        }
    )
    connection.register("name_keys", table)
    run_sql(connection, "prose/ticket_sets")
    run_sql(connection, "prose/set_keys")
    run_sql(connection, "prose/one_name_keys")
    connection.unregister("name_keys")
    connection.execute(f"create or replace temp table {into}_names as select * from one_name_keys")
    connection.execute(f"create or replace temp table {into} as select ticket_id, set_id from ticket_sets")
    connection.execute(f"create or replace temp table {into}_keys as select set_id, keys from set_keys")
    for name in ("ticket_names", "ticket_sets", "set_keys", "one_name_keys"):
        connection.execute(f"drop table {name}")
    connection.execute("drop view named_tickets")


def _lists(sets: Sequence[Set[int]]) -> pa.Array:
    """Each set as a sorted list. Made flat: Arrow is slow to look into each list by itself."""
    offsets, values = array("i", [0]), array("Q")
    for each in sets:
        values.extend(sorted(each))
        offsets.append(len(values))
    flat = pa.Array.from_buffers(pa.uint64(), len(values), [None, pa.py_buffer(values)])
    return pa.ListArray.from_arrays(
        pa.Array.from_buffers(pa.int32(), len(offsets), [None, pa.py_buffer(offsets)]), flat
    )


def _keys_of_employers(name: str) -> Keys:
    return employer_keys(parse_employer(name))


def _keys_of_projects(name: str) -> Keys:
    return project_keys(parse_project(name))
