"""The 12345 hotline's work orders."""

from __future__ import annotations

from examples.upstream.model.matters import Step, Ticket
from examples.upstream.model.sources.base import Row, Writer
from examples.upstream.model.telling import WITHHELD, Telling
from examples.upstream.model.times import DAY, HOUR, moment_text

STATUS = {
    "received": "待签收", "dispatched": "已转办处理中", "handling": "办理中", "extended": "延期", "closed": "已办结",
    "returned": "退回", "sent_back": "已转办处理中", "transferred": "已转办处理中", "reopened": "重新办理",
}  # fmt: skip
CLOSING = ("closed", "contradicted")


class HotlineWriter(Writer):
    """Work orders; sent again whenever one changes."""

    source = "hotline"
    columns = (
        "工单编号", "工单类型", "问题分类", "标题", "主要内容", "工单状态", "来电人", "来电号码", "被反映区", "被反映街道",
        "企业名称", "主办单位", "工单性质", "来电时间", "派单时间", "签收时间", "处理时限", "处理时限单位", "截止时间",
        "延期次数", "延期后截止时间", "退回次数", "是否督办", "旧工单编号", "催办单号", "办结时间", "是否解决", "是否满意",
        "办理结果", "回复内容", "更新时间",
    )  # fmt: skip
    number_column, received_column, closed_column = "工单编号", "来电时间", "办结时间"
    division_column = "被反映区"
    has_defects = True

    def opening(self, ticket: Ticket, telling: Telling) -> Row:
        luck, lead, teller = self._luck, ticket.lead, self._teller
        name = telling.name
        phone = telling.phone
        if telling.person is None:
            name, phone = (WITHHELD, "") if luck.random() < 0.8 else ("匿名", "")
        elif name != WITHHELD:
            is_further = lead.tickets[0] is not ticket
            must_be_full = lead.needs_names or lead.kind == "agent" or "changed_phone" in ticket.traits
            name = teller.called(telling.person, must_be_full)
            if not is_further and len(lead.tickets) == 1 and not lead.needs_names and luck.random() < 0.03:
                name, phone = WITHHELD, phone if luck.random() < 0.5 else ""
        chance = luck.random()
        short = telling.employer if chance < 0.3 else lead.incident.employer.name if chance < 0.42 else ""
        is_urging = bool(ticket.quoted) and luck.random() < 0.4
        text = telling.text
        if luck.random() < 0.04:
            text = text.replace("，", "，\n", 1)
        elif luck.random() < 0.02:
            text = f'"{telling.title}"\t{text}'
        elif luck.random() < 0.0006 and teller.noise["text_typo"]:
            text = text[:4] + "\ufffd" + text[5:]
        division = ticket.steps[0].division
        due = "" if not ticket.limit and luck.random() < 0.5 else moment_text(self._due(ticket))
        street = lead.incident.project.street if division == lead.incident.division else ""
        return [
            ticket.no, "投诉" if luck.random() < 0.7 else "求助", teller.phrase("categories_in_scope"), telling.title, text,
            "待签收", name, phone, self.division_text(division), street, short, self.handler(division),
            "主办" if luck.random() < 0.9 else "转办", moment_text(ticket.received), "", "",
            str(ticket.limit) if ticket.limit else "", ticket.limit_unit, due, "0", "", "0",
            "是" if luck.random() < 0.02 else "否", "" if is_urging else ticket.quoted,
            ticket.quoted if is_urging else "", "", "", "", "", "", None,
        ]  # fmt: skip

    def _due(self, ticket: Ticket) -> int:
        """The deadline the order states: ours, and now and then another."""
        if ticket.first_due:
            return ticket.first_due
        if self._luck.random() < 0.03:
            return ticket.received // DAY * DAY + 7 * DAY + 18 * HOUR
        return ticket.due if ticket.limit_unit == "小时" else ticket.due // DAY * DAY + 18 * HOUR

    def change(self, row: Row, step: Step, ticket: Ticket, telling: Telling) -> None:
        at, kind = self._at, step.kind
        row[at["工单状态"]] = STATUS.get(kind, row[at["工单状态"]])
        if kind == "dispatched":
            row[at["派单时间"]] = moment_text(step.occurred)
        elif kind == "handling":
            row[at["签收时间"]] = moment_text(step.occurred)
            row[at["派单时间"]] = row[at["派单时间"]] or moment_text(step.occurred - 600)
        elif kind == "extended":
            row[at["延期次数"]] = "1"
            row[at["延期后截止时间"]] = moment_text(ticket.extended_until)
        elif kind == "closed":
            self._close(row, step, ticket)
        elif kind == "contradicted":
            row[at["来电号码"]] = f"1880000{int(self._luck.random() * 9999):04d}"
        elif kind == "returned":
            row[at["退回次数"]] = "1"
            row[at["办理结果"]] = self._teller.returned_reply()
        elif kind in ("sent_back", "transferred"):
            row[at["被反映区"]] = self.division_text(step.division)
            row[at["主办单位"]] = self.handler(step.division)
            row[at["办理结果"]] = ""
        elif kind == "reopened":
            for name in ("办结时间", "是否解决", "是否满意", "办理结果", "回复内容"):
                row[at[name]] = ""
        elif kind in ("mistaken", "corrected"):
            street = ticket.lead.incident.project.street
            row[at["被反映街道"]] = "街道待核" if kind == "mistaken" else street

    def _close(self, row: Row, step: Step, ticket: Ticket) -> None:
        at, luck, outcome = self._at, self._luck, ticket.lead.outcome
        if outcome == "unfounded" and luck.random() < 0.35:
            row[at["工单状态"]] = "不合理诉求"
        is_paid = outcome == "paid"
        row[at["办结时间"]] = moment_text(step.occurred)
        solved = "解决" if is_paid else "部分解决" if outcome == "paid_by_agreement" else "未解决"
        row[at["是否解决"]] = solved
        chance = luck.random()
        row[at["是否满意"]] = (
            "未评价"
            if chance < 0.3
            else "满意"
            if is_paid or chance < 0.5
            else "基本满意"
            if chance < 0.8
            else "不满意"
        )
        row[at["办理结果"]] = "已办理" if chance < 0.5 else "已协调处理"
        row[at["回复内容"]] = self._teller.reply(ticket, row[at["主办单位"]] or "")

    def stamp(self, row: Row, second: int) -> None:
        row[self._at["更新时间"]] = moment_text(second)
