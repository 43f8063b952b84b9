"""The working calendar: the nation's days, make-up days, Ningxia's own holidays, and years nobody knows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import chinese_calendar
import duckdb
import pytest

from pipelines.clocks import build_calendar, calendar_version, working_day_after, working_days_between
from pipelines.clocks.calendar import national_years
from pipelines.errors import CalendarMissing, ContractError
from tests.clocks_harness import YINCHUAN, city_with, run_clocks, ticket, working_days

NINGXIA_HOLIDAYS = [
    date(2020, 5, 25),
    date(2020, 5, 26),
    date(2020, 7, 30),
    date(2020, 7, 31),
    date(2021, 5, 13),
    date(2021, 5, 14),
    date(2021, 7, 19),
    date(2021, 7, 20),
    date(2022, 7, 11),
    date(2022, 7, 12),
    date(2023, 6, 29),
    date(2023, 6, 30),
]


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema core")
    return connection


@pytest.mark.parametrize("day", NINGXIA_HOLIDAYS)
def test_ningxia_is_off_where_the_national_library_works(day: date) -> None:
    assert chinese_calendar.is_workday(day)
    assert not working_days()[day]


def test_the_fast_ended_on_a_saturday_in_2023_and_the_sunday_was_worked() -> None:
    days = working_days()
    assert (days[date(2023, 4, 22)], days[date(2023, 4, 23)]) == (False, True)


def test_national_holidays_and_make_up_days_with_their_names(con: duckdb.DuckDBPyConnection) -> None:
    build_calendar(con, YINCHUAN, date(2023, 1, 1), date(2023, 10, 31))
    rows = {
        day: rest
        for day, *rest in con.execute("select * exclude (working_day_no) from core.calendar").fetchall()
    }
    assert rows[date(2023, 10, 2)] == [False, "国庆节", "national", None]
    assert rows[date(2023, 10, 7)] == [True, "国庆节调休上班", "national", None]
    assert rows[date(2023, 8, 26)] == [False, None, "weekend", None]
    assert rows[date(2023, 8, 28)] == [True, None, "weekday", None]
    assert rows[date(2023, 6, 29)] == [False, "古尔邦节", "regional", "reported"]


def test_confirmed_and_reported_days_are_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    build_calendar(con, YINCHUAN, date(2020, 1, 1), date(2023, 12, 31))
    found = con.execute(
        "select status, list(distinct year(day)) from core.calendar where basis = 'regional' group by 1"
    )
    assert {status: sorted(years) for status, years in found.fetchall()} == {
        "confirmed": [2020, 2021, 2022],
        "reported": [2023],
    }


def test_the_calendar_reaches_as_far_as_limits_do(con: duckdb.DuckDBPyConnection) -> None:
    build_calendar(con, YINCHUAN, date(2022, 9, 1), date(2023, 8, 31))
    assert con.execute("select min(day), max(day) from core.calendar").fetchone() == (
        date(2022, 8, 2),
        date(2024, 3, 18),
    )


def test_counting_working_days(con: duckdb.DuckDBPyConnection) -> None:
    build_calendar(con, YINCHUAN, date(2023, 6, 1), date(2023, 8, 31))
    assert working_days_between(con, date(2023, 6, 28), date(2023, 7, 3)) == 1, (
        "古尔邦节 and a weekend lie between"
    )
    assert working_days_between(con, date(2023, 7, 3), date(2023, 7, 3)) == 0
    assert working_day_after(con, date(2023, 9, 28), 2) == date(2023, 10, 8), (
        "two make-up days follow the holiday"
    )
    assert working_day_after(con, date(2023, 8, 31), 10_000) is None
    with pytest.raises(CalendarMissing):
        working_days_between(con, date(2023, 6, 28), date(2031, 1, 1))


def test_a_date_in_a_year_that_the_nation_lacks_is_an_error(con: duckdb.DuckDBPyConnection) -> None:
    _, last_year = national_years()
    with pytest.raises(CalendarMissing, match=str(last_year + 1)):
        build_calendar(con, YINCHUAN, date(2023, 1, 1), date(last_year + 1, 1, 1))


def test_a_limit_that_runs_into_such_a_year_is_an_error_and_one_that_ends_before_is_not() -> None:
    _, last_year = national_years()
    rows, _ = run_clocks([ticket("hotline", f"{last_year}-12-01 09:00:00")], date(last_year, 12, 10))
    assert {row["due_at"].year for row in rows} == {last_year}
    with pytest.raises(CalendarMissing, match=f"{last_year + 1}, which 1 clocks need"):
        run_clocks([ticket("national", f"{last_year}-12-20 09:00:00")], date(last_year, 12, 21))


def test_a_year_without_entered_regional_days_is_warned_of_only_where_it_is_used(tmp_path: Path) -> None:
    _, none = run_clocks([ticket("national", "2023-08-01 09:00:00")], date(2023, 8, 31))
    assert none == [], "the calendar reaches into 2024, no limit does"
    _, warnings = run_clocks([ticket("national", "2023-12-20 09:00:00")], date(2023, 12, 21))
    assert len(warnings) == 1 and "2024" in warnings[0]
    rows = "2023-01-02,x,false,reported,x\n2024-06-17,x,false,reported,x\n"
    entered = f"date,name,is_working_day,status,notice\n{rows}"
    city = city_with(tmp_path, calendar=entered)
    assert run_clocks([ticket("national", "2023-12-20 09:00:00")], date(2023, 12, 21), city)[1] == []


@pytest.mark.parametrize(
    "row",
    [
        "2023-05-01,x,maybe,reported,x",
        "2023-05-01,x,false,guessed,x",
        "1 May,x,false,reported,x",
        "2023-06-29",
    ],
)
def test_an_unreadable_regional_day_is_refused_with_its_line(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, row: str
) -> None:
    city = city_with(tmp_path, calendar=f"date,name,is_working_day,status,notice\n{row}\n")
    with pytest.raises(ContractError, match="line 2"):
        build_calendar(con, city, date(2023, 1, 1), date(2023, 6, 1))


def test_a_regional_day_given_twice_is_refused(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    row = "2023-05-04,x,false,reported,x\n"
    city = city_with(tmp_path, calendar=f"date,name,is_working_day,status,notice\n{row}{row}")
    with pytest.raises(ContractError, match="stands twice"):
        build_calendar(con, city, date(2023, 1, 1), date(2023, 6, 1))


def test_a_change_of_the_overlay_changes_the_version_and_every_deadline(tmp_path: Path) -> None:
    city = city_with(
        tmp_path, calendar="date,name,is_working_day,status,notice\n2023-01-03,x,false,reported,x\n"
    )
    assert calendar_version(city) != calendar_version(YINCHUAN)
    supervised = [ticket("supervised", "2023-06-27 09:00:00")]
    with_it, _ = run_clocks(supervised, date(2023, 6, 28))
    without, _ = run_clocks(supervised, date(2023, 6, 28), city)
    assert with_it[0]["due_at"].date() == date(2023, 7, 13)
    assert without[0]["due_at"].date() == date(2023, 7, 11)
