"""Working days of the invented city: the national calendar and the two days that Ningxia adds in 2023."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar

DAY = timedelta(days=1)
# 古尔邦节 2023, reported; the national calendar calls both days working days.
REGIONAL_HOLIDAYS = frozenset({date(2023, 6, 29), date(2023, 6, 30)})


@dataclass(frozen=True)
class Calendar:
    """Every working day of a span, in order."""

    working_days: tuple[date, ...]

    @classmethod
    def of(cls, first: date, last: date) -> Calendar:
        """The calendar of [first, last]. Raises NotImplementedError beyond the library's last published year."""
        days = (first + DAY * number for number in range((last - first).days + 1))
        return cls(tuple(day for day in days if is_working_day(day)))

    def after(self, day: date, working_days: int) -> date:
        """The last day of a limit that starts on `day`; the day itself does not count."""
        return self.working_days[bisect_right(self.working_days, day) + working_days - 1]

    def next(self, day: date) -> date:
        """The first working day on or after `day`."""
        return self.working_days[bisect_left(self.working_days, day)]

    def between(self, start: date, end: date) -> int:
        """How many working days lie in (start, end]."""
        return bisect_right(self.working_days, end) - bisect_right(self.working_days, start)


def is_working_day(day: date) -> bool:
    """Whether offices in the city work on `day`."""
    return day not in REGIONAL_HOLIDAYS and chinese_calendar.is_workday(day)
