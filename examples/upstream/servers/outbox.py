"""What the file-delivering sources have in common: when a file appears, how it is written, how dates are
spelt.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
# Before this day hotline and cyberspace rows come in one file a week, from it on every day.
DAILY_FROM = date(2023, 8, 1)
# From this day on every file source delivers every day, also when nothing happened.
EVERY_DAY_FROM = date(2023, 8, 28)
CANONICAL = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
DAY = timedelta(days=1)
Content = Callable[[], bytes]


@dataclass(frozen=True)
class OutboxFile:
    """A file of an outbox: its name, and its bytes made when asked for. `appears_at` is simulated Beijing
    time.
    """

    name: str
    appears_at: datetime
    content: Content


class Once:
    """Bytes made at the first call and kept."""

    def __init__(self, make: Content) -> None:
        self._make = make
        self._made: bytes | None = None

    def __call__(self) -> bytes:
        if self._made is None:
            self._made = self._make()
        return self._made


def midnight(day: date) -> datetime:
    """The first instant of a day."""
    return datetime.combine(day, time())


def days_of_files(first: date, until: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    """The days in files' names up to `until`, each with the span [since, before) of its rows.

    Whole weeks (Monday to Sunday, named after their last day) before `DAILY_FROM`, then days.
    """
    day = first
    while midnight(day) < until:
        last = day if day >= DAILY_FROM else min(day + (6 - day.weekday()) * DAY, DAILY_FROM - DAY)
        yield last, midnight(day), midnight(last + DAY)
        day = last + DAY


def chance(seed: int, *what: object) -> random.Random:
    """A source of chance that depends on the city's seed and on what it decides, and on nothing else."""
    return random.Random("/".join(map(str, (seed, *what))))


def write_file(folder: Path, name: str, content: bytes, appears_at: datetime) -> Path:
    """Write a file so that nobody sees half of it; its time stamp is the simulated time."""
    folder.mkdir(parents=True, exist_ok=True)
    path, unfinished = folder / name, folder / f".{name}.part"
    unfinished.write_bytes(content)
    stamp = appears_at.replace(tzinfo=BEIJING).timestamp()
    os.utime(unfinished, (stamp, stamp))
    unfinished.replace(path)
    return path


def is_canonical(value: str | None) -> bool:
    """Whether a value is a moment spelt 'YYYY-MM-DD HH:MM:SS' (anything else is passed on untouched)."""
    return value is not None and CANONICAL.fullmatch(value) is not None


def spelt(value: str, shape: str) -> str:
    """A canonical moment in another spelling that says the same: seconds are dropped only where they are 0.

    Shapes: 'canonical', 'minutes' (2023-08-15 10:20), 'slashes' (2023/8/15 10:20:00), 'compact'
    (20230815102000).
    """
    day, clock = value.split(" ")
    if shape == "compact":
        return re.sub(r"\D", "", value)
    if shape == "slashes":
        year, month, day_of_month = day.split("-")
        return f"{year}/{int(month)}/{int(day_of_month)} {clock}"
    if shape == "minutes" and clock.endswith(":00"):
        return f"{day} {clock[:5]}"
    return value


def spelt_day(value: str, shape: str) -> str:
    """The day of a canonical moment: 'dashes' 2023-08-15, 'slashes' 2023/8/15, 'chinese' 2023年8月15日."""
    year, month, day = value[:10].split("-")
    if shape == "chinese":
        return f"{year}年{int(month)}月{int(day)}日"
    if shape == "slashes":
        return f"{year}/{int(month)}/{int(day)}"
    return value[:10]
