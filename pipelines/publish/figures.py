"""The figures of a day, computed once from schema `clearance`; page, workbook and bulletin only print them.

Totals over divisions or channels stand under `ALL` and are computed, never stored. The same function reads the
warehouse before and the published database after writing, so the two can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from pipelines.contracts import channels

ALL = "ALL"
BASES = ("ticket", "lead")
FLOWS = (
    "opening", "received", "reopened", "transferred_in", "closed", "transferred_out", "withdrawn", "corrections",
    "closing",
)  # fmt: skip
DAY_MEASURES = (*FLOWS, "overdue_open", "due_soon", "closed_on_time", "closed_late", "due_total")
STANDING = (
    "known", "open", "overdue", "known_closed", "known_on_time", "due", "due_on_time", "recovered_persons",
    "recovered_fen",
)  # fmt: skip
CAMPAIGN = (
    "stock_baseline", "stock_cleared", "stock_left", "inflow", "inflow_open", "closed_unpaid", "reply_owed",
    "quarantined",
)  # fmt: skip
# (What the ledger and the campaign count too is taken from there.)
INDICATORS = (
    "overdue_0_7", "overdue_8_15", "overdue_16_30", "overdue_31_60", "overdue_over_60", "repeats", "money_disagrees",
    "promised", "promised_fen", "promised_paid_fen", "promised_unpaid", "extended_repeatedly", "extended_on_last_day",
    "extended_after_deadline", "returned_repeatedly",
)  # fmt: skip
KEY_NAMES = (
    "known", "open", "overdue", "known_closed", "known_on_time", "due", "due_on_time", "stock_baseline",
    "stock_cleared", "closed_unpaid", *FLOWS, "due_soon", *INDICATORS,
)  # fmt: skip
Cell = tuple[str, str, str]
Counts = Mapping[str, int]


@dataclass(frozen=True)
class Pace:
    """How fast the stock is cleared, per working day; None where it is not defined."""

    last_7: float | None
    needed: float | None
    date_at_pace: date | None


@dataclass(frozen=True)
class Figures:
    """The figures of one business date. Cells are (basis, division or ALL, channel or ALL).

    `divisions` and `channels` are names by code, in the order of the tables; `channel_reports` words each channel's
    count, in the order of the bulletin. The flows of a daily publication are the book's and `corrections` what it booked
    late; those of a restated day (`is_restated`) are by all that is known, and `corrections` what the book had otherwise.
    """

    business_date: date
    first_received: date | None
    divisions: Mapping[str, str]
    channels: Mapping[str, str]
    channel_reports: Mapping[str, str]
    day: Mapping[Cell, Counts]
    standing: Mapping[Cell, Counts]
    campaign: Mapping[Cell, Counts]
    pace: Mapping[str, Pace]
    is_campaign_running: bool
    delivered_channels: Mapping[str, bool]
    trend: Sequence[Mapping[str, Any]]
    corrections: Sequence[Mapping[str, Any]]
    quarantine: Sequence[Mapping[str, Any]]
    quarantine_rows: Sequence[Mapping[str, Any]]
    sources: Sequence[Mapping[str, Any]]
    checks: Sequence[Mapping[str, Any]]
    incidents: Mapping[str, Mapping[str, int]]
    indicators: Mapping[Cell, Counts] = field(default_factory=dict)
    cohorts: Sequence[Mapping[str, Any]] = ()
    paces: Mapping[Cell, Pace] = field(default_factory=dict)
    burn_down: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[Mapping[str, Any]] = ()
    replies_owed: Sequence[Mapping[str, Any]] = ()
    moved_deadlines: Mapping[str, int] = field(default_factory=dict)
    known_when: Sequence[Mapping[str, Any]] = ()
    is_restated: bool = False

    def of(self, basis: str, division: str = ALL, channel: str = ALL) -> dict[str, int]:
        """Every count of a cell: the day's flows, what stands at its end (`known_…`: of all known), the campaign's."""
        cell = (basis, division, channel)
        counts = dict.fromkeys((*DAY_MEASURES, *STANDING, *CAMPAIGN, *INDICATORS), 0)
        for part in (self.day, self.campaign, self.standing, self.indicators):
            counts.update(part.get(cell, {}))
        return counts

    def key(self) -> dict[str, int]:
        """The figures that page, workbook, bulletin and database must agree on, by name."""
        found: dict[str, int] = {}
        for basis in BASES:
            counts = self.of(basis)
            plural = f"{basis}s"
            for name in KEY_NAMES:
                found[f"{plural}_{name}"] = counts[name]
        found["replies_owed"] = self.of("ticket")["reply_owed"]
        found["quarantined"] = sum(int(row["unresolved"]) for row in self.quarantine)
        found["recovered_persons"] = self.of("lead")["recovered_persons"]
        found["recovered_fen"] = self.of("lead")["recovered_fen"]
        return found

    def correction_effect(self, basis: str) -> int:
        """The net effect on stock of all that is listed in `corrections`."""
        return sum(int(row["effect"]) for row in self.corrections if row["basis"] == basis)

    def channel_names(self, codes: object) -> str:
        """The names of a comma list of channels."""
        return "、".join(self.channels.get(code, code) for code in str(codes).split(","))

    def waiting_rows(self, source: object) -> int:
        """Rows of a source in quarantine that nothing has settled (未入账); all sources' are the key figure."""
        return sum(int(row["unresolved"]) for row in self.quarantine if row["source"] == source)

    def waiting_by_source(self) -> list[tuple[str, str, int]]:
        """The sources that have rows waiting: title, name and how many; in order of the titles."""
        named = {(str(row["title"]), str(row["source"])) for row in self.quarantine}
        waiting = [(title, source, self.waiting_rows(source)) for title, source in sorted(named)]
        return [found for found in waiting if found[2]]

    @property
    def missing_sources(self) -> list[Mapping[str, Any]]:
        """Sources that did not deliver for the business date."""
        return [source for source in self.sources if not source["is_delivered"]]


def collect(connection: duckdb.DuckDBPyConnection, business_date: date) -> Figures:
    """Compute the figures of a business date from schema `clearance` of the current database."""
    incidents = {
        str(row["size"]): {"known": int(row["known"]), "open": int(row["open"])}
        for row in _rows(
            connection,
            "select size, count(*) as known, count(*) filter (where open_leads > 0) as open "
            "from clearance.incidents group by size order by size",
        )
    }
    first = connection.execute("select min(cast(received_at as date)) from clearance.tickets").fetchone()
    is_restated = is_reissue(connection, business_date)
    ledger = "clearance_restated" if is_restated else "clearance_daily"
    day = _cells(
        connection,
        DAY_MEASURES,
        f"select * from clearance.{ledger} where business_date = $1",
        business_date,
    )
    campaign_rows = "select * from clearance.campaign where business_date = $1"
    paces = _paces(connection, campaign_rows, business_date)
    pace = {basis: entry for (basis, *place), entry in paces.items() if place == [ALL, ALL]}
    standing_channels = channel_rows(connection)
    return Figures(
        business_date=business_date,
        first_received=first[0] if first else None,
        divisions={
            str(row["division_code"]): str(row["name"])
            for row in _rows(
                connection, "select division_code, name from clearance.divisions order by division_code"
            )
        },
        channels={str(row["channel"]): str(row["name"]) for row in standing_channels},
        channel_reports={
            str(row["channel"]): str(row["report_as"])
            for row in sorted(standing_channels, key=lambda row: int(row["report_position"]))
        },
        day=day,
        standing=_standing(connection, business_date),
        campaign=_cells(connection, CAMPAIGN, campaign_rows, business_date),
        pace=pace,
        is_campaign_running=any(
            entry.needed is not None or entry.last_7 is not None for entry in pace.values()
        ),
        delivered_channels={
            str(row["channel"]): bool(row["is_delivered"])
            for row in _rows(
                connection,
                f"select channel, bool_and(is_delivered) as is_delivered from clearance.{ledger} "
                "where business_date = $1 group by channel order by channel",
                business_date,
            )
        },
        trend=_rows(connection, TREND.format(ledger=ledger), business_date),
        corrections=_rows(connection, DIFFERENCES)
        if is_restated
        else _rows(connection, CORRECTIONS, business_date),
        quarantine=_rows(connection, QUARANTINE),
        quarantine_rows=_rows(connection, QUARANTINE_ROWS),
        sources=_rows(connection, "select * from clearance.sources order by source"),
        checks=_rows(
            connection,
            "select * from clearance.checks order by status = 'passed', is_blocking desc, check_name, subject",
        ),
        incidents=incidents,
        indicators=_cells(
            connection,
            INDICATORS,
            "select * from clearance.indicators where business_date = $1",
            business_date,
        )
        if _has_table(connection, "indicators")
        else {},
        cohorts=_rows(connection, COHORTS) if _has_table(connection, "cohorts") else (),
        replies_owed=_rows(connection, REPLIES_OWED),
        paces=paces,
        burn_down=_rows(connection, BURN_DOWN) if _has_table(connection, "burn_down") else (),
        warnings=_rows(connection, WARNINGS) if _has_table(connection, "warnings") else (),
        moved_deadlines={str(row["cause"]): int(row["tickets"]) for row in _rows(connection, MOVED_DEADLINES)}
        if _has_table(connection, "moved_deadlines")
        else {},
        known_when=_rows(connection, KNOWN_WHEN, business_date),
        is_restated=is_restated,
    )


def is_reissue(connection: duckdb.DuckDBPyConnection, business_date: date) -> bool:
    """Whether the newest revision of a date that a database knows of restates it."""
    found = connection.execute(
        "select kind from clearance.publications where business_date = $1 order by revision desc limit 1",
        [business_date],
    ).fetchone()
    return found is not None and found[0] == "reissue"


TREND = """
select business_date,
       cast(sum(closing) filter (where basis = 'ticket') as integer) as tickets_open,
       cast(sum(closing) filter (where basis = 'lead') as integer) as leads_open,
       cast(sum(overdue_open) filter (where basis = 'ticket') as integer) as tickets_overdue,
       cast(sum(received + reopened) filter (where basis = 'ticket') as integer) as tickets_received,
       cast(sum(closed) filter (where basis = 'ticket') as integer) as tickets_closed
from clearance.{ledger}
where business_date <= $1 and business_date > cast($1 as date) - 60
group by business_date
order by business_date
"""
CORRECTIONS = """
select cause, basis, flow, cast(sum(quantity) as integer) as quantity, cast(sum(effect) as integer) as effect,
       count(distinct subject_id) as subjects, min(occurred_on) as first_on, max(occurred_on) as last_on
from clearance.corrections
where booked_on = $1
group by cause, basis, flow
order by cause, basis desc, flow
"""
DIFFERENCES = """
select cause, basis, flow, cast(sum(quantity) as integer) as quantity, cast(sum(effect) as integer) as effect,
       count(distinct subject_id) as subjects, min(occurred_on) as first_on, max(occurred_on) as last_on
from clearance.differences
group by cause, basis, flow
order by cause, basis desc, flow
"""
COHORTS = """
select month, basis, cast(sum(received) as integer) as received, cast(sum(closed) as integer) as closed,
       cast(sum(still_open) as integer) as still_open
from clearance.cohorts
group by month, basis
order by month desc, basis desc
limit 24
"""
BURN_DOWN = """
select day, basis, cast(sum(stock_baseline) as integer) as stock_baseline, cast(sum(stock_left) as integer) as stock_left,
       cast(sum(inflow_on_day) as integer) as inflow_on_day, cast(sum(inflow) as integer) as inflow,
       cast(sum(inflow_open) as integer) as inflow_open
from clearance.burn_down
group by day, basis
order by day, basis desc
"""
WARNINGS = """
select w.kind, w.level, w.division_code, w.channel, w.incident_id, w.observed, w.threshold, i.employer, i.project,
       i.persons, i.claimed_fen, i.lead_count
from clearance.warnings as w
left join clearance.incidents as i on i.incident_id = w.incident_id
order by case w.level when 'red' then 0 when 'yellow' then 1 else 2 end, w.kind, w.division_code nulls first,
         w.channel nulls first, w.incident_id
"""
# (A ticket that itself says otherwise is no news; a change of calendar or rule is.)
MOVED_DEADLINES = """
select cause, count(*) as tickets from clearance.moved_deadlines where cause <> 'source' group by cause order by cause
"""
REPLIES_OWED = """
select t.source, coalesce(s.title, t.source) as title, t.ticket_no, t.division_code, t.channel, t.handler, t.received_at,
       t.due_at, t.is_overdue, t.lead_id
from clearance.tickets as t
left join clearance.sources as s on s.source = t.source
where t.is_reply_owed
order by t.source, t.received_at, t.ticket_id
limit 2000
"""
# What was said of the last days, and what is known of them now.
KNOWN_WHEN = """
select d.business_date, d.basis,
       cast(sum(d.received) as integer) as received_said, cast(sum(r.received) as integer) as received_known,
       cast(sum(d.closed) as integer) as closed_said, cast(sum(r.closed) as integer) as closed_known,
       cast(sum(d.closing) as integer) as closing_said, cast(sum(r.closing) as integer) as closing_known
from clearance.clearance_daily as d
join clearance.clearance_restated as r using (business_date, basis, division_code, channel)
where d.business_date <= $1 and d.business_date > cast($1 as date) - 10
group by d.business_date, d.basis
order by d.business_date desc, d.basis desc
"""
QUARANTINE = """
select q.source, coalesce(any_value(s.title), q.source) as title, q.reason, count(*) as rows,
       count(*) filter (where not q.is_resolved) as unresolved
from clearance.quarantine as q
left join clearance.sources as s on s.source = q.source
group by q.source, q.reason
order by q.source, q.reason
"""
QUARANTINE_ROWS = """
select source, delivered_for, ticket_no, reason, column_name, delivery_id, row_no
from clearance.quarantine
where not is_resolved
order by source, delivered_for, delivery_id, row_no
limit 2000
"""
# Due by now: the limit ended on or before the business date, and the matter is still ours. A lead was closed late
# when one of its tickets was (as in the ledger).
STANDING_ROWS = """
with late as (
    select distinct lead_id from clearance.tickets where not is_closed_on_time
),
ticket_rows as (
    select 'ticket' as basis, division_code, channel, status, is_open, is_overdue, due_at,
           coalesce(is_closed_on_time, false) as is_on_time,
           cast(null as bigint) as recovered_fen, cast(null as integer) as recovered_persons
    from clearance.tickets
),
lead_rows as (
    select 'lead' as basis, e.division_code, e.channel, e.status, e.status = 'open' as is_open, e.is_overdue, e.due_at,
           e.status = 'closed' and l.lead_id is null as is_on_time, e.recovered_fen, e.recovered_persons
    from clearance.leads as e
    left join late as l on l.lead_id = e.lead_id
),
all_rows as (
    select *, coalesce(cast(due_at as date) <= $1 and status not in ('returned', 'withdrawn'), false) as is_due
    from (select * from ticket_rows union all by name select * from lead_rows)
)
select
    basis, division_code, channel, count(*) as known, count(*) filter (where is_open) as open,
    count(*) filter (where is_overdue) as overdue, count(*) filter (where status = 'closed') as known_closed,
    count(*) filter (where status = 'closed' and is_on_time) as known_on_time,
    count(*) filter (where is_due) as due,
    count(*) filter (where is_due and status = 'closed' and is_on_time) as due_on_time,
    coalesce(sum(recovered_persons), 0) as recovered_persons, coalesce(sum(recovered_fen), 0) as recovered_fen
from all_rows
group by basis, division_code, channel
"""
# The day on which the city reaches zero at its pace: so many working days after the business date.
DATE_AT_PACE = """
select day from clearance.calendar where is_working_day and day > $1 order by day limit 1 offset $2
"""


def channel_rows(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The channels of a day; of a day that was published without the table, those of the contracts."""
    try:
        found = _rows(connection, "select * from clearance.channels order by position")
    except duckdb.CatalogException:
        found = []
    return found or [
        {
            "channel": name,
            "name": entry.title,
            "report_as": entry.report_as,
            "report_position": entry.report_order,
        }
        for name, entry in channels().items()
    ]


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the current database has a table: a day that was published before it came has none."""
    found = connection.execute(
        "select count(*) from duckdb_tables() where table_name = $1 and database_name = current_database()",
        [name],
    ).fetchone()
    return bool(found and found[0])


def _standing(connection: duckdb.DuckDBPyConnection, business_date: date) -> dict[Cell, Counts]:
    return _cells(connection, STANDING, STANDING_ROWS, business_date)


def _paces(connection: duckdb.DuckDBPyConnection, rows: str, business_date: date) -> dict[Cell, Pace]:
    found = {}
    for basis, division, channel, last_7, needed, left in connection.execute(
        f"""
        select basis, case when grouping(division_code) = 1 then '{ALL}' else division_code end,
               case when grouping(channel) = 1 then '{ALL}' else channel end,
               sum(pace_last_7), sum(pace_needed), sum(stock_left)
        from ({rows})
        group by grouping sets ((basis), (basis, division_code), (basis, channel))
        """,
        [business_date],
    ).fetchall():
        reached = None
        if last_7 and left:
            days = -(-float(left) // float(last_7))
            day = connection.execute(DATE_AT_PACE, [business_date, int(days) - 1]).fetchone()
            reached = day[0] if day else None
        found[(str(basis), str(division), str(channel))] = Pace(last_7, needed, reached)
    return found


def _cells(
    connection: duckdb.DuckDBPyConnection, measures: Sequence[str], rows: str, business_date: date
) -> dict[Cell, Counts]:
    sums = ", ".join(f"cast(coalesce(sum({name}), 0) as bigint)" for name in measures)
    return {
        (basis, division, channel): dict(zip(measures, counts, strict=True))
        for basis, division, channel, *counts in connection.execute(
            f"""
            select basis,
                   case when grouping(division_code) = 1 then '{ALL}' else coalesce(division_code, '') end,
                   case when grouping(channel) = 1 then '{ALL}' else coalesce(channel, '') end,
                   {sums}
            from ({rows})
            group by grouping sets ((basis), (basis, division_code), (basis, channel), (basis, division_code, channel))
            """,
            [business_date],
        ).fetchall()
    }


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, business_date: date | None = None
) -> list[dict[str, Any]]:
    result = connection.execute(query, [] if business_date is None else [business_date])
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
