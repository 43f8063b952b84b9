"""Numbers as officials read them."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.publish.wording import (
    control,
    count,
    day,
    expectation,
    freshness,
    pace,
    share,
    signed,
    thresholds,
    wan,
    weekday,
)
from pipelines.settings import Thresholds


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (1, 3, "33.33%"),
        (0, 5, "0.00%"),
        (5, 5, "100.00%"),
        (99_999_999, 100_000_000, "99.99%"),  # never called all while one is left
        (1, 100_000_000, "<0.01%"),  # never called none while there is one
        (0, 0, "—"),
        (3, 0, "—"),
    ],
)
def test_a_share_is_neither_all_nor_none_unless_it_is(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


def test_money_is_exact_to_two_decimals_of_ten_thousand() -> None:
    assert wan(6_389_850_000) == "6,389.85"
    assert wan(0) == "0.00"
    assert wan(5_000) == "0.01", "half a hundredth of 万元 is rounded up"


def test_counts_and_signs() -> None:
    assert count(1234567) == "1,234,567"
    assert count(-2) == "−2"
    assert count(None) == "—"
    assert (signed(3), signed(-3), signed(0)) == ("+3", "−3", "0")


def test_a_pace_is_not_none_unless_it_is() -> None:
    assert (pace(112.5), pace(0.05), pace(4 / 82), pace(0.0), pace(None)) == (
        "112.5",
        "0.1",
        "<0.1",
        "0.0",
        "—",
    )


def test_days() -> None:
    assert day(date(2023, 8, 31)) == "2023年8月31日"
    assert day(None) == "—"
    assert weekday(date(2023, 8, 31)) == "星期四"


def test_a_late_source_is_said_in_words() -> None:
    late = {"last_delivered_for": date(2023, 8, 29), "is_delivered": False, "is_waived": True, "age_days": 2}
    assert freshness(late, date(2023, 8, 31)) == "未报送8月31日数据，最近报送8月29日，滞后2天（已准予缺报）"
    never = {"last_delivered_for": None, "is_delivered": False, "is_waived": False, "age_days": None}
    assert freshness(never, date(2023, 8, 31)) == "从未报送"


def test_what_the_source_says_of_its_totals() -> None:
    nothing = {"control_total": None, "control_rows": None, "is_control_total_met": None}
    assert control({"last_delivered_for": None} | nothing) == "—", (
        "a source that never delivered withholds no total"
    )
    assert control({"last_delivered_for": date(2023, 8, 30)} | nothing) == "来源不提供总数"
    said = {"last_delivered_for": date(2023, 8, 31), "control_total": 1200, "control_rows": 1200}
    assert control(said | {"is_control_total_met": True}) == "一致 1,200"
    assert (
        control(said | {"control_rows": 1199, "is_control_total_met": False})
        == "不一致：对方 1,200，我方 1,199"
    )


def test_the_bound_of_a_check_is_said_in_chinese() -> None:
    assert [expectation(text) for text in ("0", "at most 5 %", "at least 1")] == ["0", "至多 5 %", "至少 1"]


def test_thresholds_are_said_in_people_and_money() -> None:
    assert thresholds(Thresholds()) == "较大：10人或10万元以上；重大：50人或100万元以上"
