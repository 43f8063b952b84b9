"""Which days are worked, and which time limits run on a ticket.

Called from outside: `build_calendar` (makes core.calendar), `build_clocks` (makes core.clocks), `load_rules`,
`rules_version` and `calendar_version` (what a publication records), `working_days_between` and
`working_day_after` (the campaign's pace), `days_of_year` and `unentered_years` (a year to check by eye). Rules and
regional days are data of the city: clocks.yml and calendar.csv.
"""

from pipelines.clocks.build import build_clocks
from pipelines.clocks.calendar import (
    Day,
    build_calendar,
    calendar_version,
    days_of_year,
    unentered_years,
    working_day_after,
    working_days_between,
)
from pipelines.clocks.rules import Rule, load_rules, rules_version

__all__ = [
    "Day",
    "Rule",
    "build_calendar",
    "build_clocks",
    "calendar_version",
    "days_of_year",
    "load_rules",
    "rules_version",
    "unentered_years",
    "working_day_after",
    "working_days_between",
]
