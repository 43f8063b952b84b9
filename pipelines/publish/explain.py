"""`clearance explain`: how a lead came to be, in the terminal. Published columns only: nobody's name stands here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.text import Text

from pipelines.contracts import load_tables
from pipelines.errors import UnknownSubject
from pipelines.harmless import visible
from pipelines.publish.figures import channel_rows
from pipelines.publish.lines import LEAST_WIDTH, folded, side_by_side
from pipelines.publish.origins import Origin, origins
from pipelines.publish.terminal import published_database
from pipelines.store import open_published

Row = Mapping[str, Any]
# Chinese words of the codes that tell the story; the code stands behind the word, as queries need it.
WORDS: Mapping[str, Mapping[str, str]] = {
    "status": {
        "open": "在办", "received": "已接收", "accepted": "已受理", "handling": "办理中", "closed": "已办结",
        "returned": "已退回", "withdrawn": "已撤回", "reopened": "重新办理", "suspended": "中止",
    },
    "outcome": {
        "paid": "已支付", "paid_by_agreement": "还款协议", "court": "法院", "police": "公安", "arbitration": "仲裁",
        "unfounded": "诉求不成立", "duplicate_of": "重复件", "other": "其他",
    },
    "event": {
        "received": "接收", "accepted": "受理", "extended": "延期", "suspended": "中止", "resumed": "恢复",
        "transferred": "移转", "returned": "退回", "withdrawn": "撤回", "closed": "办结", "reopened": "重新办理",
    },
    "clock": {
        "closing": "办结", "accept": "受理", "dispatch": "转派", "investigate": "调查", "sign": "签收", "verify": "核实",
        "tell": "告知",
    },
    "state": {
        "running": "计时中", "met": "按时完成", "late": "逾期完成", "overdue": "超期未完成", "not_measurable": "无法计量",
        "suspended": "中止",
    },
    "decided_by": {"rule": "规则", "model": "模型", "person": "人工"},
}  # fmt: skip
# (Its number and status stand in the heading.)
LEAD = (
    "incident_id", "division_code", "channel", "channels", "first_received_at", "due_at", "is_overdue", "closed_at",
    "ticket_count", "open_tickets", "replies_owed", "is_settled", "claimed_fen", "claimed_persons", "recovered_fen",
    "recovered_persons", "has_amount_disagreement", "is_closed_unpaid", "is_group", "repeat_of",
)  # fmt: skip
TICKET = (
    "channel", "division_code", "native_status", "outcome", "received_at", "due_at", "due_rule", "closed_at",
    "claimed_fen", "recovered_fen", "flags", "delivery_id", "row_no",
)  # fmt: skip
MOST_OTHERS = 3
MATCHES = """
select distinct m.* from clearance.matches as m
join clearance.tickets as t on t.ticket_id in (m.ticket_a, m.ticket_b)
where t.lead_id = $1
order by m.is_joined desc, m.ticket_a, m.ticket_b, m.rule
"""
EVENTS = """
select e.* from clearance.ticket_events as e
join clearance.tickets as t using (ticket_id)
where t.lead_id = $1
order by e.ticket_id, e.sequence
"""
CLOCKS = """
select c.* from clearance.clocks as c
join clearance.tickets as t using (ticket_id)
where t.lead_id = $1
order by c.ticket_id, c.is_closing desc, c.clock
"""


def explain_subject(published: Path, subject: str, console: Console) -> None:
    """Print a lead's tickets with their events and clocks, and why they are one. No line is wider than the terminal.

    Raises UnknownSubject where no published ticket or lead is called so.
    """
    with open_published(published_database(published, None)) as connection:
        leads = _rows(
            connection,
            "select * from clearance.leads where lead_id in (select lead_id from clearance.tickets "
            "where ticket_id = $1 or lead_id = $1 or ticket_no = $1) order by lead_id",
            subject,
        )
        if not leads:
            raise UnknownSubject(
                f"no published ticket or lead is called {visible(subject)}",
                remedy="a ticket is written as source:number",
            )
        story = _Story(connection, console)
        for lead in leads:
            story.tell(lead)


class _Story:
    """One connection and one console; `tell` prints a lead."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, console: Console) -> None:
        self.connection, self.console = connection, console
        self.width = max(console.width, LEAST_WIDTH)
        self.tables = load_tables()
        divisions = connection.execute("select division_code, name from clearance.divisions").fetchall()
        self.divisions = {str(code): str(name) for code, name in divisions}
        self.channels = {str(row["channel"]): str(row["name"]) for row in channel_rows(connection)}

    def tell(self, lead: Row) -> None:
        of_lead = str(lead["lead_id"])
        self._print([""])
        self._heading(f"线索 {of_lead}   {self._word('status', lead['status'])}", 0)
        self._print(side_by_side(self._pieces("leads", lead, LEAD), self.width, 2))
        events = self._by_ticket(EVENTS, of_lead)
        clocks = self._by_ticket(CLOCKS, of_lead)
        tickets = _rows(
            self.connection,
            "select * from clearance.tickets where lead_id = $1 order by received_at, ticket_id",
            of_lead,
        )
        self._print([""])
        self._heading("取值 where each value comes from", 0)
        for origin in origins(tickets):
            self._print(folded(self._origin(origin), self.width, 2, 4))
        self._print([""])
        self._heading(f"工单 tickets ({len(tickets)})", 0)
        for place, ticket in enumerate(tickets):
            self._print([""] if place else [])
            name = str(ticket["ticket_id"])
            self._heading(f"{name}   {self._word('status', ticket['status'])}", 2)
            self._print(side_by_side(self._pieces("tickets", ticket, TICKET), self.width, 4))
            self._part("办理过程 events", [self._event(row) for row in events[name]])
            self._part("时限 clocks", [self._clock(row) for row in clocks[name]])
        matches = _rows(self.connection, MATCHES, of_lead)
        self._print([""])
        self._heading(f"比对 matches ({len(matches)})", 0)
        for match in matches:
            self._print(folded(self._match(match), self.width, 2, 4))

    def _by_ticket(self, query: str, lead: str) -> Mapping[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in _rows(self.connection, query, lead):
            found[str(row["ticket_id"])].append(row)
        return found

    def _part(self, title: str, texts: Sequence[Sequence[str]]) -> None:
        if texts:
            self._print([f"    {title}"])
        for lines in texts:
            self._print(lines)

    def _event(self, row: Row) -> list[str]:
        places = [self._place(row[name]) for name in ("from_division", "to_division") if row[name]]
        parts = [str(row["occurred_at"] or row["occurred_on"]), self._word("event", row["event"])]
        parts += [" → ".join(places)] if places else []
        # (Of an extension the detail is the new deadline.)
        parts += [f"延至 {_one_line(row['detail'])}"] if row["detail"] else []
        return folded("  ".join(parts) + ("（推断）" if row["is_inferred"] else ""), self.width, 6, 8)

    def _clock(self, row: Row) -> list[str]:
        begins = f"{self._word('clock', row['clock'])}：{self._word('state', row['state'])}"
        times = [
            f"{label} {row[name]}"
            for label, name in (("起", "starts_at"), ("到期", "due_at"), ("完成", "stopped_at"))
            if row[name] is not None
        ]
        basis = "，".join(_one_line(row[name]) for name in ("clause", "rule") if row[name])
        lines = folded(begins, self.width, 6, 8) + side_by_side(times, self.width, 8)
        return lines + (folded(f"依据：{basis}", self.width, 8, 10) if basis else [])

    def _origin(self, origin: Origin) -> str:
        columns = self.tables["leads"].columns
        column = columns.get(origin.column) or self.tables["tickets"].columns[origin.of_ticket]
        value = f"{column.zh.removesuffix('代码')} {self._value(origin.column, origin.value)}"
        said = f"{value} ← {origin.ticket['ticket_id']}：{origin.why}"
        others = [
            f"{row['ticket_id']} {self._value(origin.column, row[origin.of_ticket])}"
            for row in origin.others[:MOST_OTHERS]
        ]
        more = f"等 {len(origin.others)} 件" if len(origin.others) > MOST_OTHERS else ""
        return _one_line(said + (f"（另有：{'、'.join(others)}{more}）" if others else ""))

    def _match(self, row: Row) -> str:
        verdict = "合并" if row["is_joined"] else "未合并"
        score = "" if row["score"] is None else f"，分值 {row['score']:.2f}"
        decided = self._word("decided_by", row["decided_by"])
        pair = f"{_one_line(row['ticket_a'])} + {_one_line(row['ticket_b'])}"
        reasons = f"\n{_one_line(row['reasons'])}" if row["reasons"] else ""
        return f"{verdict}  {pair}\n{_one_line(row['rule'])}，{decided}{score}{reasons}"

    def _pieces(self, table: str, row: Row, names: Sequence[str]) -> list[str]:
        """`label value` of the columns that say something; labels are the dictionary's."""
        columns = self.tables[table].columns
        found = []
        for name in names:
            value = row[name]
            if value is None or value is False or value == "":
                continue
            label = columns[name].zh.removesuffix("代码")
            found.append(label if value is True else f"{label} {self._value(name, value)}")
        return found

    def _value(self, name: str, value: object) -> str:
        if name in WORDS:
            return self._word(name, value)
        if name == "division_code":
            return self._place(value)
        if name in ("channel", "channels"):
            return "、".join(self.channels.get(code, code) for code in str(value).split(","))
        if name.endswith("_fen"):
            return f"{int(str(value)) // 100:,}.{int(str(value)) % 100:02d} 元"
        return _one_line(value)

    def _place(self, code: object) -> str:
        return f"{self.divisions.get(str(code), '')} {_one_line(code)}".strip()

    def _word(self, column: str, code: object) -> str:
        return f"{WORDS[column].get(str(code), '')} {_one_line(code)}".strip()

    def _heading(self, text: str, indent: int) -> None:
        self._print(folded(_one_line(text), self.width, indent), style="bold")

    def _print(self, lines: Sequence[str], style: str = "") -> None:
        # (As Text: brackets in a value are no markup. What steers a terminal is shown as U+FFFD.)
        for line in lines:
            self.console.print(Text(visible(line), style=style), soft_wrap=True)


def _one_line(value: object) -> str:
    return visible(str(value)).replace("\n", " ")


def _rows(connection: duckdb.DuckDBPyConnection, query: str, subject: str) -> list[Row]:
    result = connection.execute(query, [subject])
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
