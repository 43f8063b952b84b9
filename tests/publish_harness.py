"""An invented city's schema `clearance`, filled straight from the table contracts: the ground for trying publications.

Nobody and nothing in it exists. The ledger is counted from the invented tickets, so it balances.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.contracts import TableContract, channels, load_tables
from pipelines.publish import PublicationContext
from pipelines.settings import City, load_city

BUSINESS_DATE = date(2023, 8, 31)
BASELINE = date(2023, 8, 29)
DIVISIONS = {
    "640100": "市本级",
    "640104": "兴庆区",
    "640105": "西夏区",
    "640106": "金凤区",
    "640121": "永宁县",
    "640122": "贺兰县",
    "640181": "灵武市",
}
SOURCES = {
    "cyberspace": ("网信部门移交网络线索", ("cyberspace",)),
    "hotline": ("12345便民服务工单", ("hotline",)),
    "national": ("人社部根治欠薪线索反映平台", ("national",)),
    "petition": ("信访信息系统导出", ("petition",)),
    "regional": ("宁夏人社一体化系统（劳动监察）", ("regional", "supervised", "direct")),
}
SOURCE_OF = {channel: source for source, (_, channels) in SOURCES.items() for channel in channels}
WEIGHTS = {
    "hotline": 60,
    "national": 20,
    "direct": 8,
    "regional": 4,
    "supervised": 2,
    "petition": 4,
    "cyberspace": 2,
}
# An employer whose name a spreadsheet would run, were it not written as text.
HOSTILE = '=HYPERLINK("http://invented.example","虚构")<script>alert(\'虚构\')</script>'


@dataclass
class InventedCity:
    """Rows by table; `fill` writes them into a connection."""

    business_date: date = BUSINESS_DATE
    days: int = 60
    tickets: int = 900
    seed: int = 7
    late_source: str | None = "petition"
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def fill(self, connection: duckdb.DuckDBPyConnection) -> dict[str, TableContract]:
        """Create every table of the contracts but `dictionary`, which the publisher makes, and insert the rows."""
        if not self.rows:
            self._invent()
        contracts = load_tables()
        connection.execute("create schema if not exists clearance")
        for name, contract in contracts.items():
            if name == "dictionary":
                continue
            columns = ", ".join(f'"{column}" {entry.type}' for column, entry in contract.columns.items())
            connection.execute(f"create or replace table clearance.{name} ({columns})")
            rows = self.rows[name]
            if rows:
                unknown = {key for row in rows for key in row} - set(contract.columns)
                assert not unknown, f"{name} has no columns {unknown}"
                arriving = pa.table(
                    {column: pa.array([row.get(column) for row in rows]) for column in contract.columns}
                )
                connection.register("arriving", arriving)
                connection.execute(f"insert into clearance.{name} select * from arriving")
                connection.unregister("arriving")
        return contracts

    def _invent(self) -> None:
        draw = random.Random(self.seed)
        first = self.business_date - timedelta(days=self.days - 1)
        for number in range(self.tickets):
            self._ticket(draw, number, first)
        self._leads()
        self._ledger(first)
        self._reference(draw, first)

    def _ticket(self, draw: random.Random, number: int, first: date) -> None:
        channel = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        source = SOURCE_OF[channel]
        received_on = first + timedelta(days=min(self.days - 1, int(self.days * draw.random() ** 0.9)))
        due_on = received_on + timedelta(days=draw.choice((7, 10, 15, 21)))
        closed_on = received_on + timedelta(days=int(draw.expovariate(1 / 8)) + 1)
        is_open = closed_on > self.business_date or draw.random() < 0.03
        outcome = (
            None
            if is_open
            else draw.choices(("paid", "court", "unfounded", "paid_by_agreement"), (70, 8, 12, 10))[0]
        )
        claimed = draw.randint(20, 900) * 10_000
        identifier = f"{source}:{channel[:2].upper()}{number:06d}"
        lead = f"L{number - 1 if number % 6 == 5 else number:06d}"
        row = {
            "ticket_id": identifier, "source": source, "channel": channel, "ticket_no": identifier.split(":")[1],
            "lead_id": lead, "incident_id": f"I{number // 9:05d}", "division_code": draw.choice(list(DIVISIONS)),
            "handler": "虚构劳动监察队", "received_at": _at(received_on, 9), "accepted_at": _at(received_on, 15),
            "due_at": datetime.combine(due_on, time(23, 59, 59)), "due_rule": "invented_rule",
            "is_source_due_different": False, "closed_at": None if is_open else _at(closed_on, 16),
            "status": "handling" if is_open else "closed", "native_status": "办理中" if is_open else "已办结",
            "outcome": outcome, "is_open": is_open, "is_overdue": is_open and due_on <= self.business_date,
            "is_closed_on_time": None if is_open else closed_on <= due_on, "claimed_fen": claimed, "claimed_persons": 1,
            "recovered_fen": claimed if outcome == "paid" else None, "recovered_persons": 1 if outcome == "paid" else None,
            "employer": HOSTILE if number == 0 else f"宁夏虚构第{number % 40}建筑公司", "project": f"虚构花园{number % 25}期",
            "industry": "construction", "is_government_project": False, "claimant_masked": "张*",
            "person_key": f"{number:016x}", "is_group": False, "is_reply_owed": is_open and number % 6 == 5,
            "extension_count": 0, "return_count": 0, "flags": "" if number % 50 else "extended_repeatedly", "delivery_id": f"{number % 5:020x}", "row_no": number + 1,
        }  # fmt: skip
        self.rows["tickets"].append(row)
        events = [("received", row["received_at"]), ("accepted", row["accepted_at"])]
        events += [] if is_open else [("closed", row["closed_at"])]
        self.rows["ticket_events"] += [
            {
                "ticket_id": identifier, "sequence": place, "event": event, "occurred_at": moment,
                "occurred_on": moment.date(), "is_inferred": False, "delivery_id": row["delivery_id"],
            }
            for place, (event, moment) in enumerate(events, start=1)
        ]  # fmt: skip
        self.rows["clocks"].append(
            {
                "ticket_id": identifier, "clock": "closing", "rule": "invented_rule", "clause": "虚构条款", "is_closing": True,
                "is_measurable": True, "starts_at": row["received_at"], "due_at": row["due_at"], "unit": "working_day",
                "limit_value": 5, "stopped_at": row["closed_at"], "state": "running" if is_open else "met",
                "disagrees_with_source": False,
            }
        )  # fmt: skip

    def _leads(self) -> None:
        members: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for ticket in self.rows["tickets"]:
            members[ticket["lead_id"]].append(ticket)
        for lead, tickets in members.items():
            tickets.sort(key=lambda ticket: (ticket["received_at"], ticket["ticket_id"]))
            first = tickets[0]
            still_open = [ticket for ticket in tickets if ticket["is_open"]]
            paid = [ticket["recovered_fen"] for ticket in tickets if ticket["recovered_fen"]]
            due = min(ticket["due_at"] for ticket in (still_open or tickets))
            self.rows["leads"].append(
                {
                    "lead_id": lead, "incident_id": first["incident_id"], "division_code": first["division_code"],
                    "channel": first["channel"], "channels": ",".join(sorted({item["channel"] for item in tickets})),
                    "first_received_at": first["received_at"], "ticket_count": len(tickets),
                    "open_tickets": len(still_open), "replies_owed": len(still_open) if len(still_open) < len(tickets) else 0,
                    "status": "open" if still_open else "closed", "is_settled": bool(paid), "due_at": due,
                    "is_overdue": bool(still_open) and due.date() <= self.business_date,
                    "closed_at": None if still_open else max(ticket["closed_at"] for ticket in tickets),
                    "claimed_fen": first["claimed_fen"], "claimed_persons": 1, "recovered_fen": paid[-1] if paid else 0,
                    "recovered_persons": 1 if paid else 0, "has_amount_disagreement": len(set(paid)) > 1,
                    "is_closed_unpaid": not still_open and not paid and first["outcome"] != "unfounded", "is_group": False,
                }
            )  # fmt: skip
        groups = Counter(lead["incident_id"] for lead in self.rows["leads"])
        for incident, leads in groups.items():
            self.rows["incidents"].append(
                {
                    "incident_id": incident, "division_code": "640104", "employer": "宁夏虚构建筑公司", "lead_count": leads,
                    "ticket_count": leads, "persons": leads, "claimed_fen": leads, "recovered_fen": 0, "open_leads": leads % 3,
                    "first_received_at": _at(self.business_date, 9), "size": "large" if leads > 8 else "ordinary",
                }
            )  # fmt: skip

    def _ledger(self, first: date) -> None:
        received: Counter[tuple[Any, ...]] = Counter()
        closed: Counter[tuple[Any, ...]] = Counter()
        overdue: Counter[tuple[Any, ...]] = Counter()
        for basis, subjects, begins in (
            ("ticket", self.rows["tickets"], "received_at"),
            ("lead", self.rows["leads"], "first_received_at"),
        ):
            for subject in subjects:
                cell = (basis, subject["division_code"], subject["channel"])
                received[(subject[begins].date(), *cell)] += 1
                last = self.business_date
                if subject["closed_at"] is not None:
                    closed[(subject["closed_at"].date(), *cell)] += 1
                    last = subject["closed_at"].date() - timedelta(days=1)
                on = subject["due_at"].date()
                while on <= last:
                    overdue[(on, *cell)] += 1
                    on += timedelta(days=1)
        self._ledger_rows(first, received, closed, overdue)
        self.rows["clearance_restated"] = [dict(row) for row in self.rows["clearance_daily"]]
        self._campaign()

    def _ledger_rows(self, first: date, received: Any, closed: Any, overdue: Any) -> None:
        for basis in ("ticket", "lead"):
            for division in DIVISIONS:
                for channel in channels():
                    closing = 0
                    for offset in range(self.days):
                        on = first + timedelta(days=offset)
                        cell = (on, basis, division, channel)
                        is_today = on == self.business_date
                        corrected = 2 if is_today and (division, channel) == ("640104", "hotline") else 0
                        opening = closing - corrected if is_today else closing
                        closing = opening + received[cell] - closed[cell] + corrected
                        self.rows["clearance_daily"].append(
                            {
                                "business_date": on, "basis": basis, "division_code": division, "channel": channel,
                                "opening": opening, "received": received[cell], "reopened": 0, "transferred_in": 0,
                                "closed": closed[cell], "transferred_out": 0, "withdrawn": 0, "corrections": corrected,
                                "closing": closing, "overdue_open": overdue[cell], "due_soon": 0,
                                "closed_on_time": closed[cell], "closed_late": 0, "due_total": 0, "recovered_persons": 0,
                                "recovered_fen": 0,
                                "is_delivered": not (is_today and SOURCE_OF[channel] == self.late_source),
                            }
                        )  # fmt: skip

    def _campaign(self) -> None:
        today = {
            (row["basis"], row["division_code"], row["channel"]): row
            for row in self.rows["clearance_daily"]
            if row["business_date"] == self.business_date
        }
        unpaid = Counter(
            ("ticket", ticket["division_code"], ticket["channel"])
            for ticket in self.rows["tickets"]
            if ticket["status"] == "closed" and ticket["outcome"] in ("court", "paid_by_agreement")
        )
        owed = Counter(
            ("ticket", ticket["division_code"], ticket["channel"])
            for ticket in self.rows["tickets"]
            if ticket["is_reply_owed"]
        )
        is_running = self.business_date >= BASELINE
        for cell, row in today.items():
            stock = row["closing"] + row["closed"]
            self.rows["campaign"].append(
                {
                    "business_date": self.business_date, "basis": cell[0], "division_code": cell[1], "channel": cell[2],
                    "stock_baseline": stock, "stock_cleared": row["closed"], "stock_left": stock - row["closed"],
                    "clearance_rate": row["closed"] / stock if is_running and stock else None, "inflow": row["received"],
                    "inflow_open": 0, "overdue_open": row["overdue_open"], "closed_unpaid": unpaid[cell],
                    "reply_owed": owed[cell], "quarantined": 0,
                    "pace_last_7": row["closed"] / 2 if is_running else None,
                    "pace_needed": (stock - row["closed"]) / 80 if is_running else None,
                }
            )  # fmt: skip

    def _reference(self, draw: random.Random, first: date) -> None:
        rows = self.rows
        rows["divisions"] = [
            {"division_code": code, "name": name, "level": "city" if code == "640100" else "county"}
            for code, name in DIVISIONS.items()
        ]
        rows["channels"] = [
            {
                "channel": name, "name": channel.title, "position": place, "sources": ",".join(channel.sources),
                "report_as": channel.report_as, "report_position": channel.report_order,
            }
            for place, (name, channel) in enumerate(channels().items(), start=1)
        ]  # fmt: skip
        rows["calendar"] = [
            {
                "day": day,
                "is_working_day": day.weekday() < 5,
                "basis": "weekend" if day.weekday() > 4 else "weekday",
            }
            for day in (first + timedelta(days=offset) for offset in range(self.days + 400))
        ]
        landed = Counter(ticket["source"] for ticket in rows["tickets"])
        rows["quarantine"] = [
            {
                "source": source, "delivery_id": f"{place:020x}", "row_no": place + 1,
                "ticket_no": None if place % 2 else f"XX{place:05d}", "reason": reason, "column_name": "received_at",
                "delivered_for": self.business_date, "is_resolved": place == 3,
            }
            for place, (source, reason) in enumerate(
                (("hotline", "unreadable_received_at"), ("hotline", "missing_ticket_no"), ("petition", "unknown_division"),
                 ("national", "closed_before_received"))
            )
        ]  # fmt: skip
        waiting = Counter(row["source"] for row in rows["quarantine"])
        rows["sources"] = [
            {
                "source": source, "title": title, "channels": ",".join(channels),
                "last_delivered_for": self.business_date - timedelta(days=int(source == self.late_source)),
                "is_delivered": source != self.late_source, "is_waived": source == self.late_source,
                "age_days": int(source == self.late_source), "deliveries": self.days, "rows_landed": landed[source] * 3,
                "rows_version": landed[source] * 2, "rows_same": landed[source] - 1 - waiting[source],
                "rows_out_of_scope": 1, "rows_quarantined": waiting[source], "control_total": None if source == "cyberspace" else landed[source] * 3,
                "control_rows": None if source == "cyberspace" else landed[source] * 3,
                "is_control_total_met": None if source == "cyberspace" else True,
                "pull_problem": "连接不上" if source == self.late_source else None, "refused": int(source == "hotline"),
            }
            for source, (title, channels) in SOURCES.items()
        ]  # fmt: skip
        rows["checks"] = [
            {
                "check_name": name, "subject": subject, "is_blocking": status == "passed", "status": status, "observed": seen,
                "expected": "0", "description": words,
            }
            for name, subject, status, seen, words in (
                ("ledger_identity", "clearance_daily", "passed", 0, "每日、每属地、每渠道的台账平衡"),
                ("divisions_add_up", "clearance_daily", "passed", 0, "各属地之和等于全市"),
                ("phones_lost", "petition", "warned", 12, "手机号码被表格软件改坏的记录"),
            )
        ]  # fmt: skip
        rows["publications"] = [
            {
                "publication_id": f"{self.business_date}_r01", "business_date": self.business_date, "revision": 1,
                "kind": "daily", "deliveries": 5, "rows_landed": len(rows["tickets"]),
                "published_at": _at(self.business_date, 20),
                "code_version": "0", "rules_version": "r", "calendar_version": "c", "model_version": "m",
            }
        ]  # fmt: skip
        rows["corrections"] = [
            {
                "publication_id": f"{self.business_date}_r01", "booked_on": self.business_date,
                "occurred_on": self.business_date - timedelta(days=place + 1), "basis": basis, "subject_id": f"{basis}{place}",
                "flow": "received", "division_code": "640104", "channel": "hotline", "quantity": 1, "effect": 1,
                "cause": "late_row",
            }
            for basis in ("ticket", "lead")
            for place in range(2)
        ]  # fmt: skip
        pairs = rows["tickets"][:40]
        rows["matches"] = [
            {
                "ticket_a": min(a["ticket_id"], b["ticket_id"]), "ticket_b": max(a["ticket_id"], b["ticket_id"]),
                "lead_id": a["lead_id"] if a["lead_id"] == b["lead_id"] else None, "rule": "same_person_same_matter",
                "score": draw.random(), "reasons": "证件号相同；用人单位相同", "decided_by": "rule",
                "is_joined": a["lead_id"] == b["lead_id"],
            }
            for a, b in pairwise(pairs)
        ]  # fmt: skip


def invented_context(city: InventedCity, **changes: Any) -> PublicationContext:
    """A publication of an invented city."""
    settings: dict[str, Any] = {
        "business_date": city.business_date,
        "revision": 1,
        "publication_id": f"{city.business_date.isoformat()}_r01",
        "published_at": datetime.combine(city.business_date, time(20, 0)),
        "deliveries": [
            {"delivery_id": "0" * 20, "source": "hotline", "delivered_for": city.business_date, "name": "GD_invented.csv",
             "rows": 3, "control_total": 3, "sha256": "0" * 64}
        ],
        "versions": {"code": "0.1.0", "rules": "r", "calendar": "c", "model": "m"},
    }  # fmt: skip
    return PublicationContext(**(settings | changes))


def city_settings() -> City:
    """The settings of the city that the repository carries."""
    return load_city()


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour))


def published_files(folder: Path) -> set[str]:
    """The files of a publication, relative to its folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
