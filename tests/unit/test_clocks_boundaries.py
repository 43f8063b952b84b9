"""The edges of a limit, each counted by hand: midnight, holidays, make-up days, hours over a weekend."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clocks_harness import clock_of, ticket

CASES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    # 08-28 is the first day, 09-15 the fifteenth: three whole weeks.
    "received at 23:59:59 of a Friday": ("national", "2023-08-25 23:59:59", {}, "2023-09-15 23:59:59"),
    "received in the first second of a Friday": ("national", "2023-08-25 00:00:01", {}, "2023-09-15 23:59:59"),
    # 10-07 and 10-08 are worked: they are the first two.
    "received on National Day": ("national", "2023-10-01 10:00:00", {}, "2023-10-25 23:59:59"),
    "received on the last day off, make-up days next": ("hotline", "2023-10-06 10:00:00", {}, "2023-10-11 23:59:59"),
    "received on a make-up Saturday": ("hotline", "2023-10-07 09:00:00", {}, "2023-10-12 23:59:59"),
    # Off from 01-21 to 01-27; the 28th and 29th, a weekend, are worked.
    "across Spring Festival": ("hotline", "2023-01-20 16:00:00", {}, "2023-02-01 23:59:59"),
    # 06-29 and 06-30 off in Ningxia alone.
    "across 古尔邦节": ("hotline", "2023-06-28 12:00:00", {}, "2023-07-07 23:59:59"),
    "received on 古尔邦节": ("hotline", "2023-06-29 12:00:00", {}, "2023-07-07 23:59:59"),
    "across the weekend that 开斋节 fell on": ("hotline", "2023-04-21 12:00:00", {}, "2023-04-27 23:59:59"),
    "48 hours over a weekend": (
        "hotline", "2023-08-25 16:30:00", {"limit_value": 48, "limit_unit": "小时"}, "2023-08-27 16:30:00"
    ),
    "24 hours into a holiday": (
        "hotline", "2023-09-28 18:00:00", {"limit_value": 24, "limit_unit": "小时"}, "2023-09-29 18:00:00"
    ),
    "over the end of the year": ("hotline", "2022-12-30 09:00:00", {}, "2023-01-09 23:59:59"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_where_a_limit_ends(name: str) -> None:
    channel, received, fields, due_at = CASES[name]
    row = clock_of(ticket(channel, received, **fields), received[:10])
    assert str(row["due_at"]) == due_at


@pytest.mark.parametrize(
    ("channel", "fields", "in_time", "late"),
    [
        ("national", {}, "2023-09-15 23:59:59", "2023-09-16 00:00:00"),
        ("hotline", {"limit_value": 48, "limit_unit": "小时"}, "2023-08-27 16:30:00", "2023-08-27 16:30:01"),
    ],
)
def test_the_last_moment_of_a_limit_is_in_time_and_the_next_is_late(
    channel: str, fields: dict[str, Any], in_time: str, late: str
) -> None:
    received = "2023-08-25 16:30:00"
    for closed_at, state in ((in_time, "met"), (late, "late")):
        row = clock_of(ticket(channel, received, closed_at=closed_at, **fields), "2023-09-20")
        assert row["state"] == state, closed_at
    open_ticket = ticket(channel, received, **fields)
    days = {"national": ("2023-09-14", "2023-09-15"), "hotline": ("2023-08-26", "2023-08-27")}[channel]
    assert [clock_of(open_ticket, day)["state"] for day in days] == ["running", "overdue"]
