"""The SQL that runs all limits at once says what a walk from day to day says."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.clocks import load_rules
from tests.clocks_harness import YINCHUAN, due_date, run_clocks, ticket, working_days

RULES = {rule.id: rule for rule in load_rules(YINCHUAN).rules}
CALENDAR = working_days(last=2025)
CHANNEL_RULES = {
    "national": "national_close",
    "regional": "inspection_close",
    "direct": "inspection_close",
    "supervised": "supervised_close",
    "cyberspace": "cyberspace_close",
    "petition": "petition_handle_inspection",
    "hotline": "hotline_handle",
}
BOUNDARIES = [
    datetime(2023, 8, 25, 23, 59, 59),  # the last second of a Friday
    datetime(2023, 8, 26, 10, 0),  # a Saturday
    datetime(2023, 1, 20, 16, 0),  # the day before Spring Festival
    datetime(2023, 1, 28, 9, 0),  # a make-up Saturday after it
    datetime(2023, 6, 28, 12, 0),  # the day before 古尔邦节
    datetime(2023, 6, 29, 12, 0),  # on it
    datetime(2023, 9, 28, 0, 0, 1),  # before Mid-Autumn and National Day, two make-up days after
    datetime(2022, 7, 8, 18, 0),
    datetime(2020, 1, 23, 18, 0),  # the Spring Festival that was prolonged
]
starts = st.one_of(
    st.sampled_from(BOUNDARIES),
    st.datetimes(datetime(2020, 1, 1, 0, 0, 1), datetime(2023, 8, 31, 23, 59, 59)).map(
        lambda d: d.replace(microsecond=0)
    ),
)
cases = st.lists(
    st.tuples(
        st.sampled_from(sorted(CHANNEL_RULES)), starts, st.booleans(), st.integers(1, 100), st.booleans()
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=25, deadline=None)
@given(cases)
@example([(channel, start, False, 5, False) for channel in CHANNEL_RULES for start in BOUNDARIES])
@example([("hotline", start, True, hours, True) for start in BOUNDARIES for hours in (1, 24, 48, 72)])
def test_every_limit_ends_where_the_walk_ends(drawn: list[tuple[str, datetime, bool, int, bool]]) -> None:
    tickets, expected = [], []
    for channel, start, is_special, limit, is_in_hours in drawn:
        rule = RULES[CHANNEL_RULES[channel]]
        fields: dict[str, object] = {}
        is_extended = is_special and channel in ("regional", "direct")
        if is_extended:
            fields["extended_until"] = (start + timedelta(days=100)).isoformat(" ")
        if is_special and channel == "hotline":
            fields |= {"limit_value": limit, "limit_unit": "小时" if is_in_hours else "工作日"}
            rule = rule.model_copy(update={"limit": limit, "unit": "hour" if is_in_hours else "working_day"})
        tickets.append(ticket(channel, start.isoformat(" "), **fields))
        expected.append(due_date(rule, start, CALENDAR, extended=is_extended))
    rows, _ = run_clocks(tickets, date(2023, 8, 31))
    found = {row["number"]: row["due_at"] for row in rows if row["is_closing"]}
    assert len(found) == len(tickets), "exactly one closing clock a ticket"
    for number, due_at in enumerate(expected):
        assert found[number] == due_at, f"{drawn[number]}: {found[number]} instead of {due_at}"


@settings(max_examples=15, deadline=None)
@given(st.lists(starts, min_size=2, max_size=40))
def test_who_comes_later_is_never_due_earlier(received: list[datetime]) -> None:
    ordered = sorted(received)
    rows, _ = run_clocks([ticket("national", start.isoformat(" ")) for start in ordered], date(2023, 8, 31))
    due = [row["due_at"] for row in rows if row["is_closing"]]
    assert due == sorted(due)
    assert all(CALENDAR[limit.date()] for limit in due), "a limit in working days ends on one"
