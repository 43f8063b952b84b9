"""Rows that no table can hold, one kind after another over the sources; each is a claim all the same.

The reasons are the words in which the quarantine names them.
"""

from __future__ import annotations

from datetime import timedelta

from examples.upstream.city.model import ALL_TICKETS, NOISE, CityParameters, Ticket
from examples.upstream.city.rows import Row, index_of, text_of

AT_DEFAULT_SIZE = 36
# Channel and reason, in turn.
KINDS = (
    ("hotline", "missing_ticket_no"),
    ("hotline", "cut_record"),
    ("national", "negative_amount"),
    ("petition", "unreadable_received_at"),
    ("hotline", "unknown_division"),
    ("direct", "closed_before_received"),
    ("cyberspace", "impossible_received_at"),
    ("national", "missing_ticket_no"),
    ("direct", "negative_amount"),
    ("hotline", "unreadable_received_at"),
    ("national", "unknown_division"),
    ("hotline", "closed_before_received"),
    ("petition", "impossible_received_at"),
    ("direct", "impossible_received_at"),
    ("cyberspace", "unknown_division"),
    ("national", "impossible_received_at"),
    ("petition", "unknown_division"),
    ("hotline", "cut_record"),
)
COLUMN = {
    "number": {
        "national": "clueCode",
        "regional": "ajbh",
        "petition": "信访件编号",
        "hotline": "工单编号",
        "cyberspace": "线索编号",
    },
    "received": {
        "national": "registerTime",
        "regional": "djsj",
        "petition": "登记日期",
        "hotline": "来电时间",
        "cyberspace": "交办时间",
    },
    "closed": {
        "national": "finishTime",
        "regional": "jasj",
        "petition": "办结日期",
        "hotline": "办结时间",
        "cyberspace": "办结时间",
    },
    "status": {
        "national": "status",
        "regional": "ajzt",
        "petition": "信访件状态",
        "hotline": "工单状态",
        "cyberspace": "状态",
    },
    "division": {
        "national": "regionCode",
        "regional": "xzqh",
        "petition": "问题属地",
        "hotline": "被反映区",
        "cyberspace": "属地",
    },
}
CLOSED = {
    "national": "40",
    "regional": "06",
    "petition": "审核认定办结",
    "hotline": "已办结",
    "cyberspace": "已办结",
}
AMOUNT = {"national": ("arrearsMoney", "-5000"), "regional": ("qxje", "-5000.00")}


def kinds(parameters: CityParameters) -> list[tuple[str, str]]:
    """The defects of a city of this size and noise: channel and reason."""
    share = NOISE[parameters.noise] * parameters.tickets
    from_figures = round(AT_DEFAULT_SIZE * share / ALL_TICKETS)
    count = max(6, from_figures) if share else 0
    return [KINDS[number % len(KINDS)] for number in range(count)]


def spoil(row: Row, ticket: Ticket) -> None:
    """Make the row as broken as the ticket's defect says."""
    source, reason = ticket.source, ticket.defect

    def put(what: str, value: str | None) -> None:
        row[index_of(source, COLUMN[what][source])] = value

    if reason == "missing_ticket_no":
        put("number", "")
    elif reason == "unreadable_received_at":
        put("received", "日期不详")
        if source == "petition":
            row[index_of(source, "信访日期")] = "不详"
    elif reason == "impossible_received_at":
        put("received", f"3021{(text_of(ticket.received_at) or '')[4:]}".replace("-02-29", "-02-28"))
    elif reason == "closed_before_received":
        put("closed", text_of(ticket.received_at - timedelta(days=5)))
        put("status", CLOSED[source])
    elif reason == "unknown_division":
        put("division", "649999" if source in ("national", "regional") else "未知区")
    elif reason == "negative_amount":
        column, value = AMOUNT[source]
        row[index_of(source, column)] = value


def flag(fault: float, row: Row, ticket: Ticket, noise: int) -> None:
    """Now and then a fault that is kept and flagged: a wrong check digit, a phone lost to a spreadsheet, a broken
    byte, text that looks like a formula. `fault` is a number in [0, 1) that the ticket has drawn.
    """
    roll = fault / max(noise, 1)
    source = ticket.source
    if not noise or roll > 0.004:
        return
    if source in ("national", "regional"):
        place = index_of(source, "reporterIdCard" if source == "national" else "zjhm")
        value = row[place] or ""
        if value:
            row[place] = value[:-1] + ("3" if value[-1] != "3" else "5")
    elif source == "petition":
        row[index_of(source, "手机号码")] = "1.38E+10"
    elif source == "hotline":
        place = index_of(source, "主要内容")
        text = row[place] or ""
        row[place] = f"{text[:6]}\ufffd{text[7:]}" if roll < 0.002 else f"=1+1 {text}"
