"""`clearance calendar YEAR`: the year's working days, to be checked by eye against the notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from pipelines.commands.context import Session, say
from pipelines.publish.wording import weekday


def calendar(
    context: typer.Context, year: Annotated[int, typer.Argument(help="The year, as in 2023.")]
) -> None:
    """Print a year's calendar: working days a month, what is off and why, make-up days, the region's own days."""
    from pipelines.clocks import Day, days_of_year, unentered_years

    session: Session = context.obj
    city = session.city
    days = days_of_year(city, year)
    say(f"{city.name} {year} 年：工作日 {sum(day.is_working_day for day in days)} 天，共 {len(days)} 天")
    for month in range(1, 13):
        own = [day for day in days if day.day.month == month]
        rest = " ".join(str(day.day.day) for day in own if not day.is_working_day)
        say(f"  {month:2} 月  工作日 {sum(day.is_working_day for day in own):2}  休 {rest}")

    def listed(title: str, chosen: Sequence[Day]) -> None:
        say(f"{title}（{len(chosen)} 天）")
        for day in chosen:
            what = "上班" if day.is_working_day else "休息"
            said = f"  {day.status}：{day.notice}" if day.status else ""
            say(f"  {day.day} {weekday(day.day)} {what}  {day.name or ''}{said}")

    national = [day for day in days if day.basis == "national"]
    listed("全国调休上班", [day for day in national if day.is_working_day])
    listed("全国节假日", [day for day in national if not day.is_working_day])
    regional = [day for day in days if day.basis == "regional"]
    listed(f"{city.directory.name}/calendar.csv 所列地方假日", regional)
    sure = Counter(str(day.status) for day in regional)
    if sure["reported"]:
        say(f"其中 {sure['reported']} 天只据报道，通知待确认 (reported, notice to confirm)")
    for warning in unentered_years(city, [year]):
        say(warning)
