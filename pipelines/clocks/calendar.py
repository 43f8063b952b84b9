"""Working days of the city: the nation's (a library, with make-up days) and the region's (`calendar.csv`).

The library alone is wrong in Ningxia, whose own holidays (开斋节, 古尔邦节) the region declares
(全国年节及纪念日放假办法 art. 4). No day is ever guessed: a day of a year that the library lacks is
not in the calendar, and a limit that needs it raises CalendarMissing.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

import chinese_calendar
import duckdb
import pyarrow as pa
from pydantic import Field, ValidationError

from pipelines.errors import CalendarMissing, ContractError
from pipelines.settings import City, Frozen
from pipelines.store import run_sql

DAYS_AHEAD = 200
"""Calendar days that the calendar reaches after the business date: more than the longest limit, extended."""

DAYS_BEFORE = 30
"""Calendar days before the first receipt; also how far before its receipt a ticket's step may be dated."""


class RegionalDay(Frozen):
    """One row of `calendar.csv`: a day the region declared, or one whose entry says that nothing changes."""

    day: date = Field(alias="date")
    name: str
    is_working_day: bool
    status: Literal["confirmed", "reported"]
    notice: str


def load_regional_days(city: City) -> dict[date, RegionalDay]:
    """The region's days by date. Raises ContractError for an unreadable row and for a date given twice."""
    path = city.directory / "calendar.csv"
    days: dict[date, RegionalDay] = {}
    number = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for number, row in enumerate(csv.DictReader(handle), start=2):
                entry = RegionalDay.model_validate(row)
                if entry.day in days:
                    raise ContractError(f"{entry.day} stands twice", where=f"{path}, line {number}")
                days[entry.day] = entry
    except FileNotFoundError:
        return {}
    except (ValidationError, TypeError) as error:
        raise ContractError(
            f"the regional day cannot be used: {error}",
            where=f"{path}, line {number}",
            remedy="write date,name,is_working_day,status,notice with true/false and confirmed/reported",
        ) from error
    return days


def national_years() -> tuple[int, int]:
    """First and last year the national library knows."""
    known = chinese_calendar.holidays
    return min(known).year, max(known).year


def build_calendar(con: duckdb.DuckDBPyConnection, city: City, first: date, last: date) -> list[str]:
    """Make core.calendar, and the macros that count in it, for starts from `first` and business date `last`.

    It reaches from 30 days before `first` to 200 days after `last`, and over the campaign's dates.
    `working_day_no` counts working days up to and including the day. Days of years that the national library
    lacks are left out; `build_clocks` raises where a limit needs one, and warns of years in use whose
    regional days nobody entered. Returns warnings (none at present).
    Raises CalendarMissing where `first` or `last` lies in a year without data, ContractError for a broken
    `calendar.csv`.
    """
    first_year, last_year = national_years()
    for needed in (first, last):
        if not first_year <= needed.year <= last_year:
            raise missing_year(needed.year)
    campaign = (city.campaign.baseline_date, city.campaign.target_date) if city.campaign else ()
    known_first = max(min(first - timedelta(days=DAYS_BEFORE), *campaign, last), date(first_year, 1, 1))
    known_last = min(max(last + timedelta(days=DAYS_AHEAD), *campaign, first), date(last_year, 12, 31))
    regional = load_regional_days(city)
    rows, working_day_no = [], 0
    for offset in range((known_last - known_first).days + 1):
        day = known_first + timedelta(days=offset)
        is_working_day, name, basis, status = _describe(day, regional.get(day))
        working_day_no += is_working_day
        rows.append((day, is_working_day, working_day_no, name, basis, status))
    schema = pa.schema(
        [
            ("day", pa.date32()),
            ("is_working_day", pa.bool_()),
            ("working_day_no", pa.int32()),
            ("name", pa.string()),
            ("basis", pa.string()),
            ("status", pa.string()),
        ]
    )
    con.register(
        "arriving",
        pa.Table.from_arrays([pa.array(column) for column in zip(*rows, strict=True)], schema=schema),
    )
    con.execute("create or replace table core.calendar as select * from arriving order by day")
    con.unregister("arriving")
    run_sql(con, "clocks/working_days_between")
    run_sql(con, "clocks/working_day_after")
    return []


@dataclass(frozen=True)
class Day:
    """A day of the city's calendar. `basis` says what decides: regional, national, weekend or weekday."""

    day: date
    is_working_day: bool
    name: str | None
    basis: str
    status: str | None
    notice: str


def days_of_year(city: City, year: int) -> list[Day]:
    """Every day of a year, in order. Raises CalendarMissing for a year that the national calendar lacks."""
    first_year, last_year = national_years()
    if not first_year <= year <= last_year:
        raise missing_year(year)
    regional, first = load_regional_days(city), date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    return [
        Day(day, *_describe(day, regional.get(day)), notice=regional[day].notice if day in regional else "")
        for day in days
    ]


def unentered_years(city: City, years: list[int]) -> list[str]:
    """A warning for each of the years in use for which `calendar.csv` has no row at all."""
    entered = {day.year for day in load_regional_days(city)}
    return [
        f"calendar: nobody has entered the regional holidays (开斋节、古尔邦节) of {year}; its "
        f"deadlines count the national calendar alone. Enter them in {city.directory.name}/calendar.csv"
        for year in years
        if year not in entered
    ]


def missing_year(year: int, *, clocks: int = 0) -> CalendarMissing:
    """The error for a needed year without data. `clocks` is the number of clocks that need it."""
    first, last = national_years()
    needed_by = f", which {clocks} clocks need" if clocks else ""
    return CalendarMissing(
        f"there is no official calendar of working days for {year}{needed_by}",
        where=f"the national calendar (chinesecalendar) knows {first} to {last}",
        remedy="update the package chinesecalendar once the State Council has published that year, and enter "
        "the region's own days in calendar.csv",
    )


def working_days_between(con: duckdb.DuckDBPyConnection, first: date, last: date) -> int:
    """Working days after `first` up to and including `last`, by core.calendar; 0 where `last` is not later.

    In SQL the same is `working_days_between(first, last)`. Raises CalendarMissing where a day is not in it.
    """
    row = con.execute("select working_days_between($first, $last)", {"first": first, "last": last}).fetchone()
    if row is None or row[0] is None:
        raise missing_year(max(first, last).year)
    return int(row[0])


def working_day_after(con: duckdb.DuckDBPyConnection, day: date, count: int) -> date | None:
    """The `count`th working day after `day`, or None where the calendar does not reach so far."""
    row = con.execute("select working_day_after($day, $count)", {"day": day, "count": count}).fetchone()
    return None if row is None else row[0]


def calendar_version(city: City) -> str:
    """A hash of the nation's days and of the region's: 16 hex digits."""
    regional = [entry.model_dump(mode="json") for _, entry in sorted(load_regional_days(city).items())]
    content = json.dumps([_national_digest(), regional], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _describe(day: date, regional: RegionalDay | None) -> tuple[bool, str | None, str, str | None]:
    """Is it worked, its name, what says so (regional, national, weekend, weekday), and how sure that is."""
    if regional is not None:
        return regional.is_working_day, regional.name, "regional", regional.status
    if day in chinese_calendar.workdays:
        return True, f"{_chinese_name(chinese_calendar.workdays[day])}调休上班", "national", None
    if day in chinese_calendar.holidays:
        return False, _chinese_name(chinese_calendar.holidays[day]), "national", None
    is_weekend = day.weekday() >= 5
    return not is_weekend, None, "weekend" if is_weekend else "weekday", None


@cache
def _chinese_name(english: str) -> str:
    names = {holiday.value: str(holiday.chinese) for holiday in chinese_calendar.Holiday}
    return names.get(english, english)


@cache
def _national_digest() -> str:
    days = [
        sorted((day.isoformat(), name) for day, name in table.items())
        for table in (chinese_calendar.holidays, chinese_calendar.workdays)
    ]
    return hashlib.sha256(json.dumps(days).encode()).hexdigest()
