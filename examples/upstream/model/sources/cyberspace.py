"""The cyberspace office's hand-overs."""

from __future__ import annotations

from examples.upstream.model.matters import Step, Ticket
from examples.upstream.model.sources.base import Row, Writer
from examples.upstream.model.telling import Telling
from examples.upstream.model.times import DAY, HOUR, moment_text

STATUS = {
    "received": "已交办", "handling": "办理中", "closed": "已办结", "returned": "退回", "reopened": "办理中",
}  # fmt: skip


class CyberspaceWriter(Writer):
    """Posts that were handed over: a screen name, seldom a phone, the matter as prose."""

    source = "cyberspace"
    columns = (
        "线索编号", "平台", "网名", "发布时间", "标题", "内容", "链接", "属地", "联系电话", "交办时间", "要求办结时间",
        "办结时间", "状态", "办理结果", "更新时间",
    )  # fmt: skip
    number_column, received_column, closed_column = "线索编号", "交办时间", "办结时间"
    division_column = "属地"

    def opening(self, ticket: Ticket, telling: Telling) -> Row:
        luck, teller = self._luck, self._teller
        names = self._words.names
        screen = teller.one(names["screen_heads"]) + teller.one(names["screen_tails"])
        if luck.random() < 0.3:
            screen += str(int(luck.random() * 9999))
        text = telling.text
        if ticket.quoted:
            text += f"（之前的编号{ticket.quoted}）"
        due = moment_text(ticket.due // DAY * DAY + 18 * HOUR) if ticket.limit else ""
        return [
            ticket.no, teller.phrase("platforms"), screen,
            moment_text(ticket.received - DAY - int(luck.random() * 3 * DAY)), telling.title, text,
            f"https://example.invalid/p/{int(luck.random() * 1e9):09d}", self.division_text(ticket.steps[0].division),
            telling.phone if luck.random() < 0.4 else "", moment_text(ticket.received), due, "", "已交办", "", None,
        ]  # fmt: skip

    def change(self, row: Row, step: Step, ticket: Ticket, telling: Telling) -> None:
        at, kind = self._at, step.kind
        row[at["状态"]] = STATUS.get(kind, row[at["状态"]])
        if kind == "closed":
            row[at["办结时间"]] = moment_text(step.occurred)
            row[at["办理结果"]] = self._teller.reply(ticket, "属地人社部门")
        elif kind == "returned":
            row[at["办理结果"]] = self._teller.returned_reply()
        elif kind == "reopened":
            row[at["办结时间"]] = ""
        elif kind == "transferred":
            row[at["属地"]] = self.division_text(step.division)

    def stamp(self, row: Row, second: int) -> None:
        row[self._at["更新时间"]] = moment_text(second)
