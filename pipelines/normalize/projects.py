"""Names of projects taken apart: 金贵镇的|丰庆|写字楼|B区|建设项目 → stem 丰庆, kind 写字楼.

`core` (stem + kind) is what stays when the place in front, building numbers, phases, sections and words such as
工程, 项目, 工地 are gone: 掌政仓库工程 and 掌政仓库 have one core.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import duckdb
import pyarrow as pa

from pipelines.normalize.organisation_words import PROJECT_KINDS, PROJECT_TAILS
from pipelines.normalize.organisations import (
    clean_name,
    is_nobody,
    misspellings,
    misspelt,
    places_in_front,
    word_table,
)
from pipelines.normalize.sounds import sound_of

_TAILS = word_table(PROJECT_TAILS)
_KINDS = word_table(PROJECT_KINDS)
_KIND_KEYS = misspellings(kind for kind in PROJECT_KINDS if len(kind) >= 2)
_NO_STEM = frozenset(kind for kind in PROJECT_KINDS if len(kind) >= 2)
"""Kinds that name no project when they stand alone: 那个大厦."""
_NUMBER = "[0-9一二三四五六七八九十两#A-Z,、&-]"
_PART = re.compile(
    rf"(?:第?{_NUMBER}+(?:号楼|号院|栋|幢|楼|期|标段|标|区|地块|组团|单元|号)+|[东西南北中](?:[区侧段片]|标段)|[首末]期|[一二三四五六七八九十]+期[一二三四五六七八九十]+标"
    r"|[0-9#]+|标段|号楼|[一二三四五六七八九十两]期)$"
)
_ROAD = re.compile(
    r"^(?:.{2,8}?的|.{0,8}?[那这]个|.{1,6}?(?:路|大街|大道|街道|街|巷|镇|乡|村委会|开发区|保税区|工业园区|城区|市区)的?)(?=..)"
)


@dataclass(frozen=True)
class Project:
    """One project's name; `core` is stem + kind, None for a placeholder."""

    core: str | None = None
    stem: str | None = None
    kind: str | None = None
    is_nobody: bool = False

    @property
    def sound(self) -> str | None:
        """Folded syllables of the core."""
        return sound_of(self.core) or None if self.core else None


@lru_cache(maxsize=200_000)
def parse_project(name: str) -> Project:
    """Take one project's name apart. Nothing raises."""
    text, _ = clean_name(name)
    if is_nobody(text) or text.endswith("为"):
        return Project(is_nobody=True)
    if (
        (places := places_in_front(text))
        and len(text) - places[-1][0] >= 4
        and text[places[-1][0] - 1] in "省市县区"
    ):
        text = text[places[-1][0] :].removeprefix("的")
    core = trim_project(text)
    road = _ROAD.match(core)
    if road and (
        road[0].endswith(("那个", "这个"))
        or core[road.end() :] not in PROJECT_KINDS
        or core[road.end() :].endswith("府")
    ):
        core = core[road.end() :]
    if core in _NO_STEM:
        return Project(core=core, kind=core)
    kind = _KINDS.ending(core, keep=2)
    heard = next(
        (
            size
            for size in range(6, max(1, len(kind)), -1)
            if len(core) >= size + 2 and _misspelt_kind(core[-size:])
        ),
        0,
    )
    if heard:
        # 白土岗|商叶广场: the kind as it is spelt right, of as many signs.
        kind = _misspelt_kind(core[-heard:]) or kind
    stem = core[: len(core) - len(kind)]
    return Project(core=core or None, stem=stem or None, kind=kind or None, is_nobody=not core)


@lru_cache(maxsize=100_000)
def _misspelt_kind(text: str) -> str | None:
    return misspelt(text, _KIND_KEYS)


def trim_project(text: str) -> str:
    """`text` without sections, building numbers and words for a site at its end; two signs stay at least."""
    while True:
        tail = _TAILS.ending(text)
        if tail and len(text) - len(tail) >= 2:
            text = text[: -len(tail)].removesuffix("的")
            continue
        part = _PART.search(text)
        if part and part.start() >= 2:
            text = text[: part.start()]
            continue
        return text


def describe_projects(connection: duckdb.DuckDBPyConnection, names: str, into: str) -> None:
    """Make the temp table `into`: one row a distinct name of `names` (name VARCHAR), described.

    Columns: name, core, sound, is_nobody, stem, kind. NULL names are left out.
    """
    rows = connection.execute(
        f"select distinct name from {names} where name is not null order by name"
    ).fetchall()
    found = [(name, parse_project(name)) for (name,) in rows]
    columns: dict[str, pa.Array] = {"name": pa.array([name for name, _ in found], pa.string())}
    for column in ("core", "sound", "stem", "kind"):
        columns[column] = pa.array([getattr(project, column) for _, project in found], pa.string())
    columns["is_nobody"] = pa.array([project.is_nobody for _, project in found], pa.bool_())
    connection.register("described_projects", pa.table(columns))
    connection.execute(
        f"create or replace temp table {into} as select name, core, sound, is_nobody, stem, kind"
        " from described_projects"
    )
    connection.unregister("described_projects")
