"""`clearance calendar YEAR` prints what the clocks run on; a year without data is an error, never a guess."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.clocks.calendar import national_years


def printed(year: int, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["calendar", str(year)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_year_is_printed_for_checking() -> None:
    text = printed(2023)
    # 260 weekdays, less 18 national holidays on weekdays, 7 make-up days more, less two days of 古尔邦节.
    assert "2023 年：工作日 247 天，共 365 天" in text
    assert "2023-10-07 星期六 上班  国庆节调休上班" in text
    assert "2023-06-29 星期四 休息  古尔邦节  reported：据报道放假；通知待确认" in text
    assert "其中 4 天只据报道" in text
    june = next(line for line in text.splitlines() if line.strip().startswith("6 月"))
    assert june.split("休")[1].split() == ["3", "4", "10", "11", "17", "18", "22", "23", "24", "29", "30"]


@pytest.mark.parametrize("year", [2024, 2026])
def test_a_year_whose_regional_days_nobody_entered_is_warned_of(year: int) -> None:
    assert f"nobody has entered the regional holidays (开斋节、古尔邦节) of {year}" in printed(year)


def test_a_year_that_the_nation_has_not_published_is_an_error() -> None:
    _, last = national_years()
    assert f"no official calendar of working days for {last + 1}" in " ".join(
        printed(last + 1, code=3).split()
    )
