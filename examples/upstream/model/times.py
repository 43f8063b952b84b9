"""Time as whole seconds of Beijing wall time, and the working days of the city.

A second is counted from 0001-01-01 (`date.toordinal`), so day arithmetic is integer arithmetic.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date

import chinese_calendar
import numpy as np
import numpy.typing as npt

DAY = 86400
HOUR = 3600
EPOCH = date(1970, 1, 1).toordinal() * DAY
_DAYS: dict[int, str] = {}
_TWO = [f"{number:02d}" for number in range(60)]


def day_text(day: int) -> str:
    """'2023-08-15' of a day number."""
    text = _DAYS.get(day)
    if text is None:
        text = _DAYS[day] = date.fromordinal(day).isoformat()
    return text


def moment_text(second: int) -> str:
    """'2023-08-15 10:20:30'."""
    day, rest = divmod(second, DAY)
    hour, rest = divmod(rest, HOUR)
    return f"{day_text(day)} {_TWO[hour]}:{_TWO[rest // 60]}:{_TWO[rest % 60]}"


def as_datetimes(seconds: Iterable[int], micros: Iterable[int] | None = None) -> npt.NDArray[np.datetime64]:
    """datetime64[us] of seconds (and microseconds); 0 is no time."""
    counted = np.fromiter(seconds, dtype=np.int64)
    since = (counted - EPOCH) * 1_000_000
    if micros is not None:
        since = since + np.fromiter(micros, dtype=np.int64)
    found = since.view("datetime64[us]").copy()
    found[counted == 0] = np.datetime64("NaT")
    return found


class WorkingDays:
    """Working days: the national calendar, and the region's own days off."""

    def __init__(self, first: date, last: date, days_off: Iterable[date]) -> None:
        off = {day.toordinal() for day in days_off}
        start, end = first.toordinal() - 40, last.toordinal() + 260
        self._days = [day for day in range(start, end) if day not in off and _is_national_working_day(day)]
        self._known = frozenset(self._days)

    def is_working(self, day: int) -> bool:
        """Whether a day (number) is worked."""
        return day in self._known

    def after(self, day: int, count: int) -> int:
        """The `count`-th working day after a day; 0 is the day itself, or the last one worked before it."""
        return self._days[bisect_right(self._days, day) + count - 1]

    def between(self, day: int, until: int) -> int:
        """How many working days lie in (day, until]."""
        return bisect_right(self._days, until) - bisect_right(self._days, day)


def _is_national_working_day(day: int) -> bool:
    """Whether the nation works on a day. Of a year without data chinese_calendar says nothing, it raises: never a guess."""
    return bool(chinese_calendar.is_workday(date.fromordinal(day)))
