"""The check digits in SQL are those of the well-kept library, and one wrong character is always noticed."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from pipelines.store import run_sql

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.fixture(scope="module")
def macros() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in ("clean_text", "is_valid_id_number", "is_valid_organisation_code"):
        run_sql(connection, f"macros/{name}")
    return connection


def is_valid(connection: duckdb.DuckDBPyConnection, macro: str, text: str) -> bool:
    row = connection.execute(f"select {macro}($1)", [text]).fetchone()
    assert row is not None
    return bool(row[0])


@settings(max_examples=60, deadline=None)
@given(
    county=st.sampled_from(["110105", "440524", "330102"]),
    birth=st.dates(date(1930, 1, 1), date(2007, 12, 31)),
    order=st.integers(0, 999),
    place=st.integers(0, 17),
    step=st.integers(1, 9),
)
def test_resident_ids(
    macros: duckdb.DuckDBPyConnection, county: str, birth: date, order: int, place: int, step: int
) -> None:
    body = f"{county}{birth:%Y%m%d}{order:03d}"
    number = body + ric.calc_check_digit(body + "0")
    assert is_valid(macros, "is_valid_id_number", number)
    wrong = number[:place] + str((int(number[place].replace("X", "0")) + step) % 10) + number[place + 1 :]
    if wrong != number:
        assert not is_valid(macros, "is_valid_id_number", wrong), "one changed digit was not noticed"


@settings(max_examples=60, deadline=None)
@given(
    body=st.text(ALPHABET, min_size=17, max_size=17),
    place=st.integers(0, 16),
    other=st.sampled_from(ALPHABET),
)
def test_organisation_codes(macros: duckdb.DuckDBPyConnection, body: str, place: int, other: str) -> None:
    code = body + uscc.calc_check_digit(body)
    assert is_valid(macros, "is_valid_organisation_code", code)
    wrong = code[:place] + other + code[place + 1 :]
    assert is_valid(macros, "is_valid_organisation_code", wrong) == (wrong == code)


@pytest.mark.parametrize("text", ["", "64010419900101", "64010419901301001X", "640104199002300010", "保密"])
def test_what_is_no_id_at_all(macros: duckdb.DuckDBPyConnection, text: str) -> None:
    assert not is_valid(macros, "is_valid_id_number", text)


def test_a_county_that_was_renamed_is_still_valid(macros: duckdb.DuckDBPyConnection) -> None:
    """The library refuses 640104 for people born before 2002; the check digit alone decides here."""
    born = date(1980, 1, 1) + timedelta(days=123)
    body = f"640104{born:%Y%m%d}012"
    assert is_valid(macros, "is_valid_id_number", body + ric.calc_check_digit(body + "0"))
