"""Tickets by hand for the clocks, and the time limits once more in plain Python to compare with the SQL."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.clocks import Rule, build_calendar, build_clocks
from pipelines.settings import DEFAULT_CITY_DIR, City, load_city

YINCHUAN = load_city()
DAY_END = time(23, 59, 59)

STATE_SCHEMA = pa.schema(
    [
        ("ticket_id", pa.string()),
        ("channel", pa.string()),
        ("native_status", pa.string()),
        ("status", pa.string()),
        ("received_at", pa.timestamp("us")),
        ("received_has_time", pa.bool_()),
        ("accepted_at", pa.timestamp("us")),
        ("filed_at", pa.timestamp("us")),
        ("dispatched_at", pa.timestamp("us")),
        ("signed_at", pa.timestamp("us")),
        ("closed_at", pa.timestamp("us")),
        ("closed_has_time", pa.bool_()),
        ("extended_until", pa.timestamp("us")),
        ("source_due_at", pa.timestamp("us")),
        ("source_due_has_time", pa.bool_()),
        ("limit_value", pa.int32()),
        ("limit_unit", pa.string()),
    ]
)
EVENT_SCHEMA = pa.schema(
    [
        ("ticket_id", pa.string()),
        ("sequence", pa.int32()),
        ("event", pa.string()),
        ("occurred_at", pa.timestamp("us")),
        ("occurred_on", pa.date32()),
        ("has_time", pa.bool_()),
    ]
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ticket(
    channel: str, received: str, *, events: tuple[tuple[str, str], ...] = (), **fields: Any
) -> dict[str, Any]:
    """A ticket's state. Times are ISO texts, with or without a time of day. `events`: (event, time)."""
    row: dict[str, Any] = {
        "channel": channel,
        "status": "handling",
        "native_status": "x",
        "received_at": received,
    }
    row |= fields
    row["received_has_time"] = " " in received
    row["closed_has_time"] = " " in row["closed_at"] if row.get("closed_at") else None
    row["source_due_has_time"] = " " in row["source_due_at"] if row.get("source_due_at") else None
    for name in STATE_SCHEMA.names:
        if name.endswith(("_at", "_until")) and row.get(name):
            row[name] = at(row[name])
    if row.get("closed_at"):
        row["status"] = "closed"
    return row | {"events": (("received", received), *events)}


def run_clocks(
    tickets: list[dict[str, Any]], business_date: date, city: City = YINCHUAN
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of core.clocks (with the ticket's place in the list as `number`), and the warnings."""
    con = duckdb.connect()
    con.execute("create schema core")
    states, events = [], []
    for number, entry in enumerate(tickets):
        states.append(entry | {"ticket_id": f"t:{number:06}"})
        for sequence, (event, occurred) in enumerate(entry["events"], start=1):
            when = at(occurred)
            events.append(
                {"ticket_id": f"t:{number:06}", "sequence": sequence, "event": event, "occurred_at": when}
                | {"occurred_on": when.date(), "has_time": " " in occurred}
            )
    state_rows = pa.Table.from_pylist(
        [{key: row.get(key) for key in STATE_SCHEMA.names} for row in states], STATE_SCHEMA
    )
    event_rows = pa.Table.from_pylist(events, EVENT_SCHEMA)
    con.register("state_rows", state_rows)
    con.register("event_rows", event_rows)
    con.execute("create table core.ticket_state as select * from state_rows")
    con.execute("create table core.ticket_events as select * from event_rows")
    first = min(row["received_at"].date() for row in states)
    warnings = build_calendar(con, city, first, business_date) + build_clocks(con, city, business_date)
    rows = con.execute("select * from core.clocks order by ticket_id, clock").fetch_arrow_table().to_pylist()
    con.close()
    return [row | {"number": int(row["ticket_id"][2:])} for row in rows], warnings


def clock_of(
    entry: dict[str, Any], business_date: str, clock: str = "closing", city: City = YINCHUAN
) -> dict[str, Any]:
    """The one row of that clock of one ticket."""
    rows, _ = run_clocks([entry], date.fromisoformat(business_date), city)
    chosen = [row for row in rows if row["clock"] == clock]
    assert len(chosen) == 1, f"{len(chosen)} rows of the clock {clock}"
    return chosen[0]


def city_with(folder: Path, *changes: tuple[str, str], calendar: str | None = None) -> City:
    """A copy of the city whose clocks.yml has each first text replaced by the second."""
    target = folder / "city"
    shutil.copytree(DEFAULT_CITY_DIR, target)
    text = (target / "clocks.yml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"clocks.yml no longer says {old!r}"
        text = text.replace(old, new)
    (target / "clocks.yml").write_text(text, encoding="utf-8")
    if calendar is not None:
        (target / "calendar.csv").write_text(calendar, encoding="utf-8")
    return load_city(target)


def working_days(city: City = YINCHUAN, first: int = 2020, last: int = 2024) -> dict[date, bool]:
    """Is each day of these years worked: read from core.calendar."""
    con = duckdb.connect()
    con.execute("create schema core")
    build_calendar(con, city, date(first, 1, 1), date(last, 12, 31))
    days = dict(con.execute("select day, is_working_day from core.calendar").fetchall())
    con.close()
    return days


def due_date(
    rule: Rule, start: datetime, calendar: Mapping[date, bool], *, extended: bool = False
) -> datetime:
    """The last second of a limit, the slow way: walk day by day. The day of the start does not count."""
    assert rule.limit is not None
    limit = rule.limit + (rule.extension.add or 0 if extended and rule.extension else 0)
    if rule.unit == "hour":
        return start + timedelta(hours=limit)
    day = start.date()
    if rule.unit == "calendar_day":
        day += timedelta(days=limit)
        while rule.ends_on_holiday == "next_working_day" and not calendar[day]:
            day += timedelta(days=1)
        return datetime.combine(day, DAY_END)
    while limit > 0:
        day += timedelta(days=1)
        limit -= calendar[day]
    return datetime.combine(day, DAY_END)
