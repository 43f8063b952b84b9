"""What can go wrong at the five source systems, by name, and when it does.

`Faults(seed, rates)` switches each fault on at a rate between 0 (never) and 1 (whenever it can). Whether one
strikes follows from the seed, the fault and what it would strike (a simulated day, a request's number, a file's
name), never from the clock: the same city, faults and requests meet the same. `met` counts what was shown.

Every fault is made good: at most five simulated days later everything is there as it is in a city without
faults, row for row. Nothing that would be made good later than the start of `calm_from` strikes at all, so from
that day on the city is as it should be.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

# After so many faulty answers in a row the next one is as it should be.
MOST_IN_A_ROW = 3
# A fault that lasts a day leaves every third day alone.
DAYS_OF_A_ROUND = 3


class Fault(StrEnum):
    """The faults, each with what is seen and how it is made good."""

    # national: one request is answered wrongly; the same request asked again is answered well
    HTTP_401_ONCE = "http_401_once"  # a well signed request is refused; the next one is not
    NONCE_REPEATED = "nonce_repeated"  # a fresh nonce is refused (401) as used before; the next one is not
    HTTP_429 = "http_429"  # too many requests, Retry-After in seconds or as an HTTP date; well after it
    HTTP_5XX = "http_5xx"  # 500, 502, 503 or 504; the next request is answered
    ERROR_UNDER_200 = "error_under_200"  # HTTP 200 with a code other than 0; the next request is answered
    CUT_CONNECTION = "cut_connection"  # the connection ends after the headers; the next request is answered
    HALF_BODY = "half_body"  # half of what Content-Length promises; the next request is answered
    SLOW = "slow"  # half of the answer, a pause, the rest: whole, only late
    TOTAL_WRONG = "total_wrong"  # an answer's total is one off; the next answer's is right
    ROWS_SHIFT = (
        "rows_shift"  # between two pages rows move to the window's end; they stay there, none is lost
    )
    # national: a whole simulated day, good again the next
    PAGE_SMALLER = "page_smaller"  # pages hold half of the rows asked for, and say so in pageSize
    CLOCK_SKEW = "clock_skew"  # the platform's clock is minutes off: 401 for every request
    UNAUTHORIZED = "unauthorized"  # the account is locked: 401 for every request
    NATIONAL_DOWN = "national_down"  # connection refused
    # regional
    LATE_COMMIT = "late_commit"  # a row is seen up to 24 h after its gxsj; then it is there
    VERY_LATE_COMMIT = "very_late_commit"  # a row is seen 2 to 5 days after its gxsj; then it is there
    RESTART_IN_READ = "restart_in_read"  # a reading session is terminated; the next one is not
    COLUMN_DROPPED = "column_dropped"  # a column has another name for a day; then its own again
    COLUMN_RETYPED = "column_retyped"  # a column is text for a day; then of its own type again, same values
    PERMISSION_DENIED = "permission_denied"  # the reader may not select for a day; then again
    REGIONAL_DOWN = "regional_down"  # connection refused for a simulated day
    # hotline: the marker alone
    MARKER_MISSING = "marker_missing"  # the marker comes 6 or 24 h after its file
    MARKER_WRONG_HASH = "marker_wrong_hash"  # a marker of other bytes; the right one a day later
    MARKER_WRONG_COUNT = "marker_wrong_count"  # a marker of other rows; the right one a day later
    # files of hotline, petition and cyberspace
    REPLACED_AFTER_READ = "replaced_after_read"  # without its last rows (a workbook: in other bytes); as it should be a day later
    APPEARS_LATE = "appears_late"  # comes 1 to 3 days after the day in its name, unchanged
    APPEARS_TWICE = "appears_twice"  # lies there under a second name too, for good: it is one delivery
    RENAMED = "renamed"  # lies under another name first; a day later under its own alone
    HALF_WRITTEN = "half_written"  # a beginning of its bytes (and no marker); whole 6 or 24 h later
    OTHER_ENCODING = "other_encoding"  # hotline: GB18030 sent as UTF-8 without a mark; GB18030 a day later
    COLUMN_RENAMED = "column_renamed"  # a required column under an unknown name; the right name a day later
    SYMLINK = "symlink"  # for a day a link named like a file points out of the outbox; never anything of ours
    # SFTP
    PATH_IN_NAME = "path_in_name"  # a day's listings name a file '../…'; never anything of ours
    SFTP_HANG = "sftp_hang"  # a session's first listing is never answered; the next session's is
    SFTP_CUT = "sftp_cut"  # the connection ends in the middle of a file; the next session reads it
    SFTP_DOWN = "sftp_down"  # connection refused for a simulated day


@dataclass(frozen=True)
class Faults:
    """Which faults strike how often (see Fault), and how often each was met. Unnamed faults never strike.

    Raises ValueError for an unknown name or a rate outside 0 to 1. What is asked or opened counts in `met` when a
    client was answered so; what stands there (a file, a column, a closed port) counts once, when an `advance` ends
    with it.
    """

    seed: int
    rates: Mapping[str, float]
    calm_from: date | None = None
    met: Counter[str] = field(default_factory=Counter, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name, rate in self.rates.items():
            if not 0 <= rate <= 1:
                raise ValueError(f"the rate of {name} is {rate}: it is a share between 0 and 1")
        rates = {Fault(name): float(rate) for name, rate in self.rates.items()}
        object.__setattr__(self, "rates", MappingProxyType(rates))

    def is_on(self, fault: Fault) -> bool:
        """Whether the fault can strike at all."""
        return self.rates.get(fault, 0.0) > 0

    def strikes(self, fault: Fault, *what: object, good_at: datetime | None = None) -> bool:
        """Whether the fault strikes this; `good_at` is when it is made good. Counts nothing."""
        if not self.is_on(fault) or not self._may_last_until(good_at):
            return False
        return self.chance(fault, *what).random() < self.rates[fault]

    def strikes_day(self, fault: Fault, day: date) -> bool:
        """Whether a fault that lasts a day strikes this one; a round's last day is always left alone."""
        if day.toordinal() % DAYS_OF_A_ROUND == DAYS_OF_A_ROUND - 1:
            return False
        good_at = datetime.combine(day, datetime.min.time()) + timedelta(days=1)
        return self.strikes(fault, day, good_at=good_at)

    def one_of(self, faults: Sequence[Fault], *what: object, good_at: datetime | None = None) -> Fault | None:
        """One of those that strike this, if any does."""
        struck = [fault for fault in faults if self.strikes(fault, *what, good_at=good_at)]
        return self.chance("one of", *what).choice(struck) if struck else None

    def chance(self, *what: object) -> random.Random:
        """A source of chance that depends on the seed and on what it decides, and on nothing else."""
        return random.Random("/".join(map(str, (self.seed, "fault", *what))))

    def meet(self, fault: Fault) -> None:
        """Count a fault that was shown (from any thread)."""
        with self._lock:
            self.met[fault] += 1

    def counts(self) -> dict[str, int]:
        """How often each fault was shown so far, by name."""
        with self._lock:
            return {str(fault): count for fault, count in sorted(self.met.items())}

    def _may_last_until(self, good_at: datetime | None) -> bool:
        if self.calm_from is None or good_at is None:
            return True
        return good_at <= datetime.combine(self.calm_from, datetime.min.time())


NO_FAULTS = Faults(0, {})


def day_shown(until: datetime) -> date:
    """The simulated day whose end or middle an instant is: midnight belongs to the day before."""
    return date.min if until <= datetime.min else (until - timedelta(microseconds=1)).date()
