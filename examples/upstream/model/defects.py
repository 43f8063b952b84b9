"""Rows beyond the count: those that cannot be read, and those of other matters.

A row that cannot be read is a worker's claim as good as any; one thing in it is broken, and the truth says
what. Out of scope is what another category says, whatever the text tells.
"""

from __future__ import annotations

from random import Random

from examples.upstream.model.matters import Ticket
from examples.upstream.model.plan import Plan
from examples.upstream.model.settle import claim
from examples.upstream.model.sources import Writer
from examples.upstream.model.sources.base import Row
from examples.upstream.model.telling import Teller
from examples.upstream.model.times import DAY, HOUR, moment_text

REASONS: tuple[tuple[str, str], ...] = (
    ("hotline", "missing_ticket_no"), ("national", "unknown_division"), ("petition", "unreadable_received_at"),
    ("hotline", "cut_record"), ("regional", "negative_amount"), ("cyberspace", "impossible_received_at"),
    ("hotline", "closed_before_received"), ("national", "impossible_received_at"), ("petition", "unknown_division"),
    ("hotline", "unreadable_ticket_no"), ("regional", "closed_before_received"), ("national", "negative_amount"),
    ("hotline", "unreadable_received_at"), ("cyberspace", "missing_ticket_no"), ("hotline", "unknown_division"),
    ("regional", "impossible_received_at"), ("petition", "impossible_received_at"), ("national", "missing_ticket_no"),
    ("hotline", "impossible_received_at"), ("regional", "unknown_division"), ("hotline", "cut_record"),
    ("national", "closed_before_received"), ("petition", "closed_before_received"), ("cyberspace", "unknown_division"),
    ("regional", "unreadable_received_at"), ("national", "unreadable_received_at"), ("petition", "negative_amount"),
    ("petition", "missing_ticket_no"), ("cyberspace", "unreadable_received_at"), ("regional", "missing_ticket_no"),
    ("cyberspace", "closed_before_received"),
)  # fmt: skip
CHANNELS = {"national": "national", "regional": "direct", "petition": "petition", "hotline": "hotline",
            "cyberspace": "cyberspace"}  # fmt: skip
CLOSED_CODES = {
    "national": ("status", "40"),
    "regional": ("ajzt", "06"),
    "petition": ("是否办结", "是"),
    "hotline": ("工单状态", "已办结"),
    "cyberspace": ("状态", "已办结"),
}
UNKNOWN_DIVISIONS = {
    "national": ("649999", "641299"),
    "regional": ("649999", "000000"),
    "petition": ("宁夏回族自治区_银川市_未知区", "宁夏回族自治区_银川市未知"),
    "hotline": ("未知区", "银川市未知"),
    "cyberspace": ("银川市未知", "未知区"),
}
NEGATIVE = {
    "national": ("arrearsMoney", "-38000"),
    "regional": ("qxje", "-12500.00"),
    "petition": ("信访人数", "-3"),
}
UNREADABLE = ("待补录", "2023年13月45日", "不详", "00000000")
RECEIVED_COLUMNS = {"petition": ("登记日期", "信访日期")}


class Beyond:
    """Makes the extra tickets through the plan and damages what its writers wrote."""

    def __init__(self, plan: Plan, teller: Teller, luck: Random, first: int, last: int) -> None:
        self._plan = plan
        self._teller = teller
        self._luck = luck
        self._first = first
        self._last = last

    def unreadable(self, writers: dict[str, Writer], number: int) -> Ticket:
        """The `number`-th ticket that cannot be read; its version is in the writer's table."""
        source, reason = REASONS[number % len(REASONS)]
        ticket = self._ticket(CHANNELS[source])
        ticket.quarantine = reason
        ticket.steps = ticket.steps[:1]
        writer = writers[source]
        second, row = writer.write(ticket, self._teller.tell(ticket))[0]
        places = {name: place for place, name in enumerate(writer.columns)}
        self._damage(row, places, ticket, writer, reason)
        if reason in ("missing_ticket_no", "unreadable_ticket_no"):
            ticket.no = f"{reason}-{number + 1}"
        writer.add(ticket.no, [(second, row)], "cut_record" if reason == "cut_record" else None)
        return ticket

    def spoilt_version(self, writer: Writer, row: Row, at: int) -> tuple[int, Row]:
        """A later version of a good ticket that cannot be read: it names no known division."""
        row = row.copy()
        row[list(writer.columns).index(writer.division_column)] = UNKNOWN_DIVISIONS[writer.source][0]
        writer.stamp(row, at)
        return at, row

    def out_of_scope(self, writer: Writer) -> Ticket:
        """A ticket of another matter (hotline or petition)."""
        ticket = self._ticket(writer.source)
        versions = writer.write(ticket, self._teller.tell(ticket))
        columns = list(writer.columns)
        is_hotline = writer.source == "hotline"
        category = self._teller.phrase("categories_out_of_scope" if is_hotline else "petition_out_of_scope")
        text = self._teller.phrase("out_of_scope_texts")
        for _, row in versions:
            row[columns.index("问题分类" if is_hotline else "内容分类")] = category
            if self._luck.random() < 0.8:
                row[columns.index("主要内容" if is_hotline else "概况")] = text
        writer.add(ticket.no, versions)
        return ticket

    def _ticket(self, channel: str) -> Ticket:
        luck, plan = self._luck, self._plan
        incident = plan.incidents[int(luck.random() * len(plan.incidents))]
        lead = plan.new_lead(incident)
        lead.is_fixed, lead.outcome = True, "other"
        is_new = luck.random() < 0.4
        day = (
            self._last - int(luck.random() * 3)
            if is_new
            else self._first + int(luck.random() * (self._last - self._first))
        )
        received = day * DAY + 9 * HOUR + int(luck.random() * 8 * HOUR)
        ticket = plan.add_ticket(lead, channel, received, is_plain=True)
        ticket.stratum = "beyond"
        plan.set_period(lead)
        claim(lead, luck)
        return ticket

    def _damage(self, row: Row, places: dict[str, int], ticket: Ticket, writer: Writer, reason: str) -> None:
        luck, source = self._luck, writer.source
        received_columns = RECEIVED_COLUMNS.get(source, (writer.received_column,))
        if reason == "missing_ticket_no":
            row[places[writer.number_column]] = None if source == "national" else ""
        elif reason == "unreadable_ticket_no":
            row[places[writer.number_column]] = ticket.no[:9] + "\ufffd" + ticket.no[10:]
        elif reason == "unreadable_received_at":
            for name in received_columns:
                row[places[name]] = UNREADABLE[int(luck.random() * len(UNREADABLE))]
        elif reason == "impossible_received_at":
            for name in received_columns:
                row[places[name]] = "3021年8月15日" if source == "petition" else "3021-08-15 10:20:00"
        elif reason == "closed_before_received":
            name, code = CLOSED_CODES[source]
            row[places[name]] = code
            row[places[writer.closed_column]] = moment_text(ticket.received - 3 * DAY)
        elif reason == "negative_amount":
            name, value = NEGATIVE[source]
            row[places[name]] = value
        elif reason == "unknown_division":
            names = UNKNOWN_DIVISIONS[source]
            row[places[writer.division_column]] = names[int(luck.random() * len(names))]
