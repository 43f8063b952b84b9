"""Run the city's time limits on all tickets at once: core.clocks."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from pipelines.clocks.calendar import DAYS_BEFORE, missing_year, unentered_years
from pipelines.clocks.rules import Rules, load_rules, rule_rows
from pipelines.settings import City
from pipelines.store import run_sql

RULE_SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("clock", pa.string()),
        ("clause", pa.string()),
        ("channel", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
        ("basis", pa.string()),
        ("yields_to_date", pa.bool_()),
        ("yields_to_stated", pa.bool_()),
        ("limit_value", pa.int32()),
        ("unit", pa.string()),
        ("is_closing", pa.bool_()),
        ("is_measurable", pa.bool_()),
        ("starts_when_filed", pa.bool_()),
        ("starts_when_accepted", pa.bool_()),
        ("starts_when_dispatched", pa.bool_()),
        ("starts_when_received", pa.bool_()),
        ("stops_when_accepted", pa.bool_()),
        ("stops_when_dispatched", pa.bool_()),
        ("stops_when_closed", pa.bool_()),
        ("ends_latest_when_signed", pa.bool_()),
        ("ends_latest_when_closed", pa.bool_()),
        ("ended_by_status", pa.list_(pa.string())),
        ("extension_adds", pa.int32()),
        ("extension_takes_date", pa.bool_()),
        ("moves_to_working_day", pa.bool_()),
        ("compares_due", pa.bool_()),
        ("compares_extension", pa.bool_()),
        ("has_suspension", pa.bool_()),
    ]
)
UNIT_SCHEMA = pa.schema([("native_unit", pa.string()), ("unit", pa.string()), ("at_most", pa.int32())])


def build_clocks(con: duckdb.DuckDBPyConnection, city: City, business_date: date) -> list[str]:
    """Make core.clocks: every clock of every ticket of core.ticket_state, at the end of `business_date`.

    Reads core.ticket_state, core.ticket_events and core.calendar. `due_at` is the last second of the limit
    (Beijing time); a state is 'running', 'met', 'late', 'overdue', 'suspended' or 'not_measurable'.
    Returns warnings: years in use whose regional holidays nobody entered, tickets without a closing clock.
    Raises CalendarMissing where a limit needs a day of a year without calendar, ContractError for bad rules.
    """
    _load_rules(con, load_rules(city))
    run_sql(con, "clocks/clock_turns", {"business_date": business_date})
    run_sql(con, "clocks/clocks", {"business_date": business_date, "days_before": DAYS_BEFORE})
    missing = run_sql(con, "clocks/missing_days", {"business_date": business_date}).fetchone()
    if missing is not None:
        raise missing_year(missing[0], clocks=missing[1])
    years = [year for (year,) in run_sql(con, "clocks/years_in_use").fetchall()]
    warnings = unentered_years(city, years)
    for channel, tickets in run_sql(con, "clocks/without_closing_clock").fetchall():
        warnings.append(f"clocks: {tickets} tickets of {channel} have no closing clock: no rule was in force")
    return warnings


def _load_rules(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Make core.clock_rules and core.stated_units."""
    units = [
        {"native_unit": native, "unit": stated.unit, "at_most": stated.at_most}
        for native, stated in rules.stated_units.items()
    ]
    tables = (
        ("core.clock_rules", pa.Table.from_pylist(rule_rows(rules.rules), schema=RULE_SCHEMA)),
        ("core.stated_units", pa.Table.from_pylist(units, schema=UNIT_SCHEMA)),
    )
    for name, table in tables:
        con.register("arriving", table)
        con.execute(f"create or replace table {name} as select * from arriving")
        con.unregister("arriving")
