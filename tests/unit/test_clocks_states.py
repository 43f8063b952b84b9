"""Which clocks a ticket runs, where they end, and how they stand at the end of the business date."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.clocks_harness import at, city_with, clock_of, run_clocks, ticket

NATIONAL = "2023-08-18 10:00:00"  # a Friday; 15 working days end on 2023-09-08


def due(entry: dict[str, Any], business_date: str = "2023-08-31", clock: str = "closing") -> str:
    return str(clock_of(entry, business_date, clock)["due_at"])


def state(entry: dict[str, Any], business_date: str, clock: str = "closing") -> str:
    return str(clock_of(entry, business_date, clock)["state"])


# ---- where limits end ------------------------------------------------------------------------------------


def test_the_day_of_receipt_does_not_count_and_the_last_day_counts_to_its_end() -> None:
    assert due(ticket("national", NATIONAL)) == "2023-09-08 23:59:59"
    assert due(ticket("national", "2023-08-18 23:59:59")) == "2023-09-08 23:59:59"
    assert due(ticket("national", "2023-08-18")) == "2023-09-08 23:59:59"
    assert due(ticket("national", "2023-08-19 08:00:00")) == "2023-09-08 23:59:59", "received on a Saturday"


def test_inspection_counts_from_filing_then_acceptance_then_receipt() -> None:
    steps = {"filed_at": "2023-03-07", "accepted_at": "2023-03-03"}
    assert due(ticket("direct", "2023-03-01 09:00:00", **steps)) == due(
        ticket("direct", "2023-03-07 09:00:00")
    )
    accepted = ticket("direct", "2023-03-01 09:00:00", accepted_at="2023-03-03")
    assert due(accepted) == due(ticket("regional", "2023-03-03 09:00:00"))
    # Between: 清明 (one day off), 五一 (three, two make-up days), 端午 (two, one make-up day).
    assert due(ticket("direct", "2023-03-01 09:00:00", **steps)) == "2023-06-25 23:59:59"


def test_an_extension_adds_thirty_working_days_and_one_into_the_past_adds_none() -> None:
    plain = ticket("regional", "2023-06-01 09:00:00")
    extended = ticket("regional", "2023-06-01 09:00:00", extended_until="2023-12-01")
    stale = ticket("regional", "2023-06-01 09:00:00", extended_until="2023-05-01")
    assert (due(plain), due(extended)) == ("2023-09-19 23:59:59", "2023-11-06 23:59:59")
    assert due(stale) == due(plain)
    assert clock_of(extended, "2023-08-31")["limit_value"] == 105


def test_a_petition_takes_its_own_deadline_and_else_the_inspection_limit() -> None:
    with_date = clock_of(ticket("petition", "2023-08-01", source_due_at="2023-09-30"), "2023-08-31")
    assert (str(with_date["due_at"]), with_date["rule"]) == (
        "2023-09-30 23:59:59",
        "petition_handle_source_date",
    )
    assert not with_date["disagrees_with_source"] and with_date["limit_value"] is None
    without = clock_of(ticket("petition", "2023-03-01", accepted_at="2023-03-07"), "2023-08-31")
    assert (str(without["due_at"]), without["rule"]) == ("2023-06-25 23:59:59", "petition_handle_inspection")


def test_a_deadline_before_the_receipt_is_not_believed_and_shown() -> None:
    row = clock_of(ticket("petition", "2023-08-01", source_due_at="2022-08-15"), "2023-08-31")
    assert row["rule"] == "petition_handle_inspection"
    assert row["disagrees_with_source"] and row["source_due_at"] == datetime(2022, 8, 15)


@pytest.mark.parametrize(
    ("channel", "fields", "rule"),
    [
        (
            "petition",
            {"source_due_at": "2023-08-10", "accepted_at": "2023-08-14"},
            "petition_handle_source_date",
        ),
        ("petition", {"source_due_at": "2023-08-01 08:00:00"}, "petition_handle_inspection"),
        ("supervised", {"source_due_at": "2023-08-01 08:00:00"}, "supervised_close"),
        ("cyberspace", {"source_due_at": "2023-08-01"}, "cyberspace_date"),
        ("hotline", {"extended_until": "2023-08-01 08:00:00"}, "hotline_handle"),
        ("hotline", {"extended_until": "2023-08-01"}, "hotline_handle"),
    ],
)
def test_no_limit_ends_before_it_starts(channel: str, fields: dict[str, Any], rule: str) -> None:
    row = clock_of(ticket(channel, "2023-08-01 10:00:00", **fields), "2023-08-31")
    assert row["rule"] == rule
    assert row["due_at"] >= row["starts_at"]


@pytest.mark.parametrize(
    ("stated", "expected", "rule"),
    [
        ({"limit_value": 3, "limit_unit": "工作日"}, "2023-08-30 23:59:59", "hotline_handle_stated"),
        ({"limit_value": 24, "limit_unit": "小时"}, "2023-08-26 16:30:00", "hotline_handle_stated"),
        ({"limit_value": 72, "limit_unit": " 小时 "}, "2023-08-28 16:30:00", "hotline_handle_stated"),
        ({}, "2023-09-01 23:59:59", "hotline_handle"),
        ({"limit_value": 3}, "2023-09-01 23:59:59", "hotline_handle"),
        ({"limit_value": 3, "limit_unit": "个月"}, "2023-09-01 23:59:59", "hotline_handle"),
        ({"limit_value": 0, "limit_unit": "工作日"}, "2023-09-01 23:59:59", "hotline_handle"),
        ({"limit_value": 99999, "limit_unit": "工作日"}, "2023-09-01 23:59:59", "hotline_handle"),
    ],
)
def test_a_work_order_states_its_own_limit_or_has_five_days(
    stated: dict[str, Any], expected: str, rule: str
) -> None:
    row = clock_of(ticket("hotline", "2023-08-25 16:30:00", **stated), "2023-08-25")  # a Friday
    assert (str(row["due_at"]), row["rule"]) == (expected, rule)


def test_hours_from_a_call_without_a_time_of_day_end_with_the_day() -> None:
    call = ticket("hotline", "2023-08-25", limit_value=24, limit_unit="小时")
    assert due(call) == "2023-08-26 23:59:59"


def test_an_extended_work_order_is_due_at_its_new_deadline() -> None:
    by_time = ticket("hotline", "2023-08-01 10:00:00", extended_until="2023-08-29 18:00:00")
    by_date = ticket(
        "hotline", "2023-08-01 10:00:00", extended_until="2023-08-29", source_due_at="2023-08-29"
    )
    assert (due(by_time), due(by_date)) == ("2023-08-29 18:00:00", "2023-08-29 23:59:59")
    assert not clock_of(by_date, "2023-08-31")["disagrees_with_source"]


def test_supervised_and_cyberspace_take_the_letters_date_and_else_ten_days() -> None:
    for channel in ("supervised", "cyberspace"):
        assert due(ticket(channel, "2023-08-18 10:00:00")) == "2023-09-01 23:59:59"
        dated = ticket(channel, "2023-08-18 10:00:00", source_due_at="2023-08-25 12:00:00")
        assert due(dated) == "2023-08-25 12:00:00"


def test_a_differing_deadline_of_the_source_is_shown_and_overwrites_nothing() -> None:
    order = ticket("hotline", "2023-08-15 14:05:06", source_due_at="2023-10-30 18:00:00")
    row = clock_of(order, "2023-08-31")
    assert row["disagrees_with_source"] and str(row["due_at"]) == "2023-08-22 23:59:59"
    same_day = ticket("hotline", "2023-08-15 14:05:06", source_due_at="2023-08-22 18:00:00")
    assert not clock_of(same_day, "2023-08-31")["disagrees_with_source"], "compared by date"


def test_a_limit_in_calendar_days_ends_on_the_holiday_unless_the_rule_moves_it(tmp_path: Path) -> None:
    inspection = "id: petition_handle_inspection\n    clock: closing\n"
    start = "start: [accepted_at, received_at]\n"
    title = "    title: 办理（无其他法定程序）"
    changes = (
        (inspection, f"{inspection}    is_enabled: false\n"),
        (f"    is_enabled: false\n{title}", title),
        (f"{start}    extension", f"{start}    ends_on_holiday: same_day\n    extension"),
    )
    coverage = ("valid_from: 2022-05-01\n\n  # ---- hotline", "\n  # ---- hotline")
    stays = city_with(tmp_path / "stays", *changes, coverage)
    moves = city_with(
        tmp_path / "moves", *changes, coverage, ("holiday: same_day", "holiday: next_working_day")
    )
    petition = ticket("petition", "2023-08-02")  # 60 days later is 2023-10-01, National Day
    assert str(clock_of(petition, "2023-08-31", city=stays)["due_at"]) == "2023-10-01 23:59:59"
    assert str(clock_of(petition, "2023-08-31", city=moves)["due_at"]) == "2023-10-07 23:59:59", (
        "a make-up Saturday"
    )


# ---- states ----------------------------------------------------------------------------------------------


def test_open_on_its_last_day_it_is_overdue_when_that_day_has_ended() -> None:
    entry = ticket("national", NATIONAL)
    assert [state(entry, day) for day in ("2023-09-07", "2023-09-08", "2023-09-09")] == [
        "running",
        "overdue",
        "overdue",
    ]


@pytest.mark.parametrize(
    ("closed_at", "expected"),
    [
        ("2023-09-08 23:59:59", "met"),
        ("2023-09-08", "met"),
        ("2023-09-09 00:00:00", "late"),
        ("2023-09-09", "late"),
    ],
)
def test_a_closing_is_late_after_the_end_of_the_last_day(closed_at: str, expected: str) -> None:
    row = clock_of(ticket("national", NATIONAL, closed_at=closed_at), "2023-09-30")
    assert row["state"] == expected
    assert row["stopped_at"] == at(closed_at)


def test_hours_are_judged_to_the_second_and_by_date_where_no_time_is_given() -> None:
    call = {"limit_value": 24, "limit_unit": "小时"}
    states = [
        state(ticket("hotline", "2023-08-25 16:30:00", closed_at=closed, **call), "2023-08-31")
        for closed in ("2023-08-26 16:30:00", "2023-08-26 16:30:01", "2023-08-26", "2023-08-27")
    ]
    assert states == ["met", "late", "met", "late"]
    assert state(ticket("hotline", "2023-08-25 16:30:00", **call), "2023-08-25") == "running"
    assert state(ticket("hotline", "2023-08-25 16:30:00", **call), "2023-08-26") == "overdue"


def test_a_returned_or_withdrawn_ticket_stops_and_is_not_late() -> None:
    for event in ("returned", "withdrawn"):
        entry = ticket(
            "national", "2023-03-01 09:00:00", status=event, events=((event, "2023-08-30 09:00:00"),)
        )
        row = clock_of(entry, "2023-08-31")
        assert (row["state"], row["stopped_at"]) == ("met", datetime(2023, 8, 30, 9))


def test_a_reopened_ticket_runs_its_limit_again_and_its_old_deadline_is_shown() -> None:
    events = (("closed", "2023-08-10 09:00:00"), ("reopened", "2023-08-25 09:00:00"))
    row = clock_of(ticket("hotline", "2023-08-01 09:00:00", status="reopened", events=events), "2023-08-31")
    assert (str(row["starts_at"]), str(row["due_at"])) == ("2023-08-25 09:00:00", "2023-09-01 23:59:59")
    dated = ticket("petition", "2023-08-01", status="reopened", events=events, source_due_at="2023-08-20")
    row = clock_of(dated, "2023-08-31")
    assert row["rule"] == "petition_handle_inspection" and row["disagrees_with_source"]


def test_coming_back_after_a_return_buys_no_time() -> None:
    events = (("returned", "2023-08-03 09:00:00"), ("reopened", "2023-08-25 09:00:00"))
    row = clock_of(ticket("hotline", "2023-08-01 09:00:00", events=events), "2023-08-31")
    assert (str(row["starts_at"]), row["state"]) == ("2023-08-01 09:00:00", "overdue")


def test_what_happens_after_the_business_date_does_not_count() -> None:
    events = (("closed", "2023-08-10 09:00:00"), ("reopened", "2023-09-25 09:00:00"))
    row = clock_of(
        ticket("hotline", "2023-08-01 09:00:00", closed_at="2023-08-10 09:00:00", events=events), "2023-08-31"
    )
    assert (str(row["starts_at"]), row["state"]) == ("2023-08-01 09:00:00", "late")
    later = ticket("hotline", "2023-08-30 09:00:00", dispatched_at="2023-09-04 09:00:00")
    assert state(later, "2023-08-30", "dispatch") == "running"


# ---- the other clocks ------------------------------------------------------------------------------------


def test_acceptance_within_five_working_days() -> None:
    received = "2023-08-18 10:00:00"  # due 2023-08-25
    assert (
        state(ticket("direct", received, accepted_at="2023-08-25 17:00:00"), "2023-08-31", "accept") == "met"
    )
    assert state(ticket("regional", received, accepted_at="2023-08-28"), "2023-08-31", "accept") == "late"
    assert state(ticket("direct", received), "2023-08-31", "accept") == "overdue"
    refused = ticket("direct", received, closed_at="2023-08-22")
    assert state(refused, "2023-08-31", "accept") == "met", "a refusal within the limit answers too"
    rows, _ = run_clocks([ticket("supervised", received)], date(2023, 8, 31))
    assert [row["clock"] for row in rows] == ["closing"], "a supervised transfer runs its own clock alone"


def test_dispatch_is_judged_by_the_dispatch_and_else_by_the_signing_as_its_latest_end() -> None:
    call = "2023-08-25 16:30:00"  # due 2023-08-28
    cases = [
        ({"dispatched_at": "2023-08-28 09:00:00"}, "met"),
        ({"dispatched_at": "2023-08-29 09:00:00"}, "late"),
        ({"signed_at": "2023-08-28 09:00:00"}, "met"),
        ({"signed_at": "2023-08-29 09:00:00"}, "not_measurable"),
        ({}, "overdue"),
    ]
    for fields, expected in cases:
        assert state(ticket("hotline", call, **fields), "2023-08-31", "dispatch") == expected, fields


def test_an_investigation_longer_than_sixty_days_is_not_called_late_when_nobody_says_when_it_ended() -> None:
    filed = {"filed_at": "2023-03-07"}  # 60 working days end on 2023-06-01, 75 on 2023-06-25
    between = ticket("direct", "2023-03-06", closed_at="2023-06-20", **filed)
    assert state(between, "2023-08-31") == "met"
    row = clock_of(between, "2023-08-31", "investigate")
    assert (row["state"], row["is_measurable"], row["stopped_at"]) == ("not_measurable", False, None)
    assert str(row["due_at"]) == "2023-06-01 23:59:59"
    assert (
        state(ticket("direct", "2023-03-06", closed_at="2023-06-01", **filed), "2023-08-31", "investigate")
        == "met"
    )
    investigating = ticket("direct", "2023-03-06", native_status="04", **filed)
    assert state(investigating, "2023-06-02", "investigate") == "overdue"
    deciding = ticket("direct", "2023-03-06", native_status="05", **filed)
    assert state(deciding, "2023-06-02", "investigate") == "not_measurable"
    assert state(deciding, "2023-05-30", "investigate") == "met"


def test_the_extension_a_case_states_is_compared_with_the_investigation_limit() -> None:
    case = ticket("direct", "2023-03-06", filed_at="2023-03-07", extended_until="2023-08-01")
    row = clock_of(case, "2023-08-31", "investigate")
    assert row["disagrees_with_source"] and row["source_due_at"] == datetime(2023, 8, 1)
    assert not clock_of(case, "2023-08-31")["disagrees_with_source"]


def test_clocks_that_no_source_measures_are_listed_and_invent_nothing() -> None:
    rows, _ = run_clocks([ticket("national", NATIONAL), ticket("petition", "2023-08-01")], date(2023, 8, 31))
    unknown = [row for row in rows if row["state"] == "not_measurable"]
    assert [row["clock"] for row in unknown] == ["sign", "verify", "tell"]
    assert all(row["due_at"] is None and row["stopped_at"] is None and row["clause"] for row in unknown)
    assert not any(row["is_measurable"] or row["is_closing"] for row in unknown)


def test_suspension_is_off_and_where_it_is_on_the_rest_resumes(tmp_path: Path) -> None:
    events = (("suspended", "2023-06-05 09:00:00"), ("resumed", "2023-06-19 09:00:00"))  # ten working days
    resumed = ticket("direct", "2023-03-06", filed_at="2023-03-07", events=events)
    waiting = ticket("direct", "2023-03-06", filed_at="2023-03-07", status="suspended", events=events[:1])
    assert due(resumed) == "2023-06-25 23:59:59"
    assert state(waiting, "2023-08-31") == "overdue"
    city = city_with(tmp_path, ("has_suspension: false", "has_suspension: true"))
    assert str(clock_of(resumed, "2023-08-31", city=city)["due_at"]) == "2023-07-11 23:59:59"
    row = clock_of(waiting, "2023-08-31", city=city)
    assert row["state"] == "suspended"


def test_a_ticket_older_than_every_rule_is_reported() -> None:
    rows, warnings = run_clocks([ticket("direct", "2004-05-10 09:00:00")], date(2004, 6, 1))
    assert rows == []
    assert any("1 tickets of direct have no closing clock" in warning for warning in warnings)
