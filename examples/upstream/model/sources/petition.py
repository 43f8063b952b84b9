"""The petition system's rows, as its exports show them."""

from __future__ import annotations

from examples.upstream.model.matters import Step, Ticket
from examples.upstream.model.sources.base import DIVISION_NAMES, Row, Writer
from examples.upstream.model.telling import Telling
from examples.upstream.model.times import DAY, day_text, moment_text

STATUS = {"received": "受理申请审查中", "accepted": "受理", "handling": "已作出处理意见", "reopened": "复查"}


def masked(phone: str) -> str:
    """138****1234."""
    return f"{phone[:3]}****{phone[7:]}"


def lost_to_excel(phone: str) -> str:
    """What a spreadsheet makes of a number in a narrow cell."""
    return f"{phone[0]}.{phone[1:3]}E+10"


class PetitionWriter(Writer):
    """Petitions; the employer, project, sum and period stand in 概况 only."""

    source = "petition"
    columns = (
        "信访件编号", "姓名", "信访人数", "住址", "手机号码", "问题属地", "信访目的", "内容分类", "信访日期", "登记日期",
        "限办时间", "信访形式", "概况", "是否办结", "是否全国初次信访", "联名信或集体访", "信访件状态", "登记部门", "登记人",
        "受理日期", "办结日期", "办理结果",
    )  # fmt: skip
    number_column, received_column, closed_column = "信访件编号", "登记日期", "办结日期"
    division_column = "问题属地"

    def opening(self, ticket: Ticket, telling: Telling) -> Row:
        luck, lead, teller = self._luck, ticket.lead, self._teller
        phone = telling.phone
        if phone and lead.kind != "agent":
            if teller.happens("masked_phone"):
                phone = masked(phone)
                ticket.traits.append("masked_phone")
            elif teller.happens("phone_lost_to_excel"):
                phone = lost_to_excel(phone)
                ticket.traits.append("phone_lost_to_excel")
        received = moment_text(ticket.received)
        if luck.random() < 0.3:
            received = received[:10] + " 00:00:00"
        limit = ""
        if ticket.limit:
            limit = day_text(ticket.received // DAY + ticket.limit) + " 00:00:00"
        text = telling.text
        if ticket.quoted:
            text += f"此前已反映，编号{ticket.quoted}。"
        is_first = lead.tickets[0] is ticket
        registrar = teller.one(self._words.names["surnames"]) + teller.one(self._words.names["shared_given"])
        return [
            ticket.no, telling.name or "匿名", str(lead.persons), f"{lead.incident.project.place}", phone,
            _place(ticket.steps[0].division), teller.phrase("petition_purposes"), teller.phrase("petition_in_scope"),
            day_text(ticket.received // DAY - (luck.random() < 0.25)) + " 00:00:00", received, limit,
            teller.phrase("petition_forms"), text, "否", "是" if is_first else "否",
            "是" if lead.persons >= 5 else "否", "受理申请审查中",
            f"{DIVISION_NAMES[ticket.steps[0].division]}信访局", registrar, "", "", "",
        ]  # fmt: skip

    def change(self, row: Row, step: Step, ticket: Ticket, telling: Telling) -> None:
        at, kind = self._at, step.kind
        row[at["信访件状态"]] = STATUS.get(kind, row[at["信访件状态"]])
        if kind == "accepted":
            row[at["受理日期"]] = day_text(step.occurred // DAY) + " 00:00:00"
        elif kind == "closed":
            was_reviewed = row[at["信访件状态"]] == "复查"
            row[at["是否办结"]] = "是"
            row[at["信访件状态"]] = (
                "提出复查意见"
                if was_reviewed
                else "审核认定办结"
                if self._luck.random() < 0.3
                else "已作出处理意见"
            )
            row[at["办结日期"]] = moment_text(step.occurred)
            row[at["办理结果"]] = self._teller.reply(ticket, row[at["登记部门"]] or "")
        elif kind == "reopened":
            row[at["是否办结"]] = "否"
            row[at["办结日期"]] = ""
        elif kind == "transferred":
            row[at["问题属地"]] = _place(step.division)


def _place(division: str) -> str:
    return f"宁夏回族自治区_银川市_{DIVISION_NAMES[division]}"
