"""The cyberspace office's hand-overs: one file a day in a folder, JSON Lines on most days, a workbook on
some.

The history before `DAILY_FROM` comes in weeks. A day on which nothing changed has no file, except near the
campaign, where an empty workbook says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial

from examples.upstream.servers.outbox import (
    EVERY_DAY_FROM,
    OutboxFile,
    chance,
    days_of_files,
    is_canonical,
    midnight,
    spelt,
)
from examples.upstream.servers.spreadsheets import Cell, Sheet, xlsx
from examples.upstream.servers.versions import Versions

TIME_COLUMNS = frozenset({"发布时间", "交办时间", "要求办结时间", "办结时间", "更新时间"})
SHAPES = ("canonical", "canonical", "minutes", "compact")


def files(versions: Versions, seed: int, since: datetime, until: datetime) -> Iterator[OutboxFile]:
    """The files that appear in (since, until], each at the end of its day."""
    if not versions.shown_at:
        return
    for day, start, appears_at in days_of_files(versions.shown_at[0].date(), until):
        positions = versions.in_span(start, appears_at)
        if not since < appears_at <= until or not (positions or day >= EVERY_DAY_FROM):
            continue
        luck = chance(seed, "cyberspace", day)
        is_workbook, shape = luck.random() < 0.2 or not positions, luck.choice(SHAPES)
        rows = [_spelt_row(versions, position, shape) for position in positions]
        suffix = "xlsx" if is_workbook else "jsonl"
        made = partial(_workbook, versions.columns, rows, day) if is_workbook else partial(_lines, rows)
        yield OutboxFile(f"WX_{day:%Y%m%d}.{suffix}", appears_at, made)


def _spelt_row(versions: Versions, position: int, shape: str) -> dict[str, str | None]:
    row = dict(zip(versions.columns, versions.rows[position], strict=True))
    return {
        name: spelt(value, shape)
        if name in TIME_COLUMNS and value is not None and is_canonical(value)
        else value
        for name, value in row.items()
    }


def _lines(rows: list[dict[str, str | None]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _workbook(columns: tuple[str, ...], rows: list[dict[str, str | None]], day: date) -> bytes:
    cells: list[list[Cell]] = [list(columns)]
    cells += [[row[name] or None for name in columns] for row in rows]
    return xlsx([Sheet("线索", cells)], "网信移交线索（演示数据）", midnight(day))
