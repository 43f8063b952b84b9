"""Tickets as their sources write them: one row a version, in the native columns, every value text or None."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from examples.upstream.city.calendar import Calendar
from examples.upstream.city.model import Ticket, Version
from examples.upstream.city.prose import Writer, employer_name

Row = list[str | None]
NAMES_OF_COLUMNS = {
    "national": (
        "clueCode clueSource registerTime updateTime reporterName reporterPhone reporterIdCard industryField "
        "projectName employerName employerUscc regionCode address buildUnit generalContractor subContractor "
        "isGovProject arrearsPersons arrearsMoney arrearsFrom arrearsTo summary onceReported onceReportedNote "
        "status acceptTime conclusion solvedPersons solvedMoney finishTime handlerOrg"
    ),
    "regional": (
        "ajbh ajly djsj slsj lasj yqsj jasj tsr zjhm lxdh dwmc tyshxydm xmmc xzqh dz qxje qxrs qxqsny qxzzny "
        "zfje zfrs ajzt jaxs nr ylbh cbdw scbz gxsj"
    ),
    "petition": (
        "信访件编号 姓名 信访人数 住址 手机号码 问题属地 信访目的 内容分类 信访日期 登记日期 限办时间 信访形式 "
        "概况 是否办结 是否全国初次信访 联名信或集体访 信访件状态 登记部门 登记人 受理日期 办结日期 办理结果"
    ),
    "hotline": (
        "工单编号 工单类型 问题分类 标题 主要内容 工单状态 来电人 来电号码 被反映区 被反映街道 企业名称 主办单位 "
        "工单性质 来电时间 派单时间 签收时间 处理时限 处理时限单位 截止时间 延期次数 延期后截止时间 退回次数 "
        "是否督办 旧工单编号 催办单号 办结时间 是否解决 是否满意 办理结果 回复内容 更新时间"
    ),
    "cyberspace": (
        "线索编号 平台 网名 发布时间 标题 内容 链接 属地 联系电话 交办时间 要求办结时间 办结时间 状态 办理结果 更新时间"
    ),
}
COLUMNS = {source: names.split() for source, names in NAMES_OF_COLUMNS.items()}
CATEGORY = "劳动和社会保障->拖欠工资->"
CONCLUSIONS = {
    "paid": "1",
    "court": "2",
    "police": "3",
    "paid_by_agreement": "4",
    "arbitration": "5",
    "unfounded": "6",
    "other": "8",
}
FORMS = {
    "paid": "已支付",
    "court": "申请强制执行",
    "police": "移送公安",
    "paid_by_agreement": "还款协议",
    "arbitration": "仲裁",
    "unfounded": "查无欠薪",
    "other": "其他",
}
NATIONAL = {
    "received": "10",
    "handling": "20",
    "checking": "30",
    "closed": "40",
    "reopened": "20",
    "returned": "90",
}
REGIONAL = {"received": "01", "handling": "03", "closed": "06", "suspended": "10"}
LETTERS = {"direct": "1", "regional": "2", "supervised": "3"}
ONCE = {"hotline": "1", "petition": "2", "regional": "3", "direct": "3", "supervised": "3", "national": "3"}


def text_of(moment: datetime | None) -> str | None:
    """A moment as every source's canonical text."""
    return None if moment is None else moment.isoformat(" ", "seconds")


def month_text(month: int, separator: str = "") -> str:
    """A counted month as '202305' or '2023-05'."""
    year, place = divmod(month, 12)
    return f"{year}{separator}{place + 1:02d}"


class Rows:
    """Makes the rows of tickets; free text and what chance decides are the same in every version."""

    def __init__(
        self, luck: random.Random, names: dict[str, Any], calendar: Calendar, writer: Writer
    ) -> None:
        self._luck = luck
        self._names = names
        self._calendar = calendar
        self._writer = writer

    def of(self, ticket: Ticket) -> Iterator[tuple[datetime, Row]]:
        """Every version's time of change and row."""
        make = getattr(self, f"_{ticket.source}")
        return make(ticket)  # type: ignore[no-any-return]

    def _handler(self, division: str, kind: str) -> str:
        name = self._names["divisions"][division]
        place = "银川市" if division == "640100" else name
        return f"{place}{kind}"

    def _street(self, ticket: Ticket) -> str:
        return ticket.claim.project.street

    def _end_of(self, day: date) -> str:
        return f"{day.isoformat()} 23:59:59"

    def _national(self, ticket: Ticket) -> Iterator[tuple[datetime, Row]]:
        luck, claim = self._luck, ticket.claim
        employer, project = claim.employer, claim.project
        is_full = ticket.spelling == "full"
        source = luck.choice(("微信小程序", "网站", "微信小程序", "APP", "电话"))
        summary = self._writer.narrative(ticket, "national")
        name = employer.name if is_full else employer_name(ticket, luck)
        code = employer.code if is_full and luck.random() < 0.55 else ""
        first, last = (
            (month_text(claim.first_month, "-"), month_text(claim.last_month, "-"))
            if ticket.has_period
            else ("", "")
        )
        once, note = "0", ""
        if ticket.quotes is not None:
            once = ONCE[ticket.quotes.channel]
            note = luck.choice(("曾反映，编号{}", "已在其他渠道反映过：{}", "原单号 {} 未解决")).format(
                ticket.quotes.number
            )
        elif ticket.is_repeat:
            once, note = "3", "之前反映过"
        conclusion = CONCLUSIONS[ticket.outcome]
        if ticket.outcome == "other" and luck.random() < 0.96:
            conclusion = "6"
        for version in ticket.versions:
            is_closed = version.status == "closed"
            paid = is_closed and ticket.paid_fen > 0
            yield (
                version.changed_at,
                [
                    ticket.number,
                    source,
                    text_of(ticket.received_at),
                    text_of(version.changed_at),
                    ticket.name,
                    ticket.phone,
                    ticket.id_number,
                    employer.industry,
                    project.name,
                    name,
                    code,
                    version.division,
                    f"{self._names['divisions'][version.division]}{project.street}",
                    project.builder,
                    project.contractor,
                    employer.name if employer.industry == "1" and is_full else "",
                    "1" if project.is_government else "0",
                    str(claim.persons),
                    f"{claim.claimed_fen / 100:.2f}".removesuffix(".00"),
                    first,
                    last,
                    summary,
                    once,
                    note,
                    NATIONAL[version.status],
                    text_of(version.accepted_at),
                    conclusion if is_closed else "",
                    str(ticket.paid_persons) if paid else None,
                    f"{ticket.paid_fen // 1_000_000}.{ticket.paid_fen % 1_000_000:06d}" if paid else None,
                    text_of(version.closed_at),
                    self._handler(version.division, "劳动保障监察大队"),
                ],
            )

    def _regional(self, ticket: Ticket) -> Iterator[tuple[datetime, Row]]:
        luck, claim = self._luck, ticket.claim
        employer, project = claim.employer, claim.project
        text = self._writer.narrative(ticket, "regional")
        is_full = ticket.spelling == "full"
        name = employer.name if is_full else employer_name(ticket, luck)
        code = employer.code if is_full and luck.random() < 0.6 else ""
        first, last = (
            (month_text(claim.first_month), month_text(claim.last_month)) if ticket.has_period else ("", "")
        )
        filed_late = timedelta(days=1 if luck.random() < 0.02 else 0)
        closing = "06"
        if not ticket.paid_fen and ticket.outcome in ("unfounded", "police", "other") and luck.random() < 0.5:
            closing = {"unfounded": "07", "police": "08", "other": "09"}[ticket.outcome]
        address = f"{project.street}{project.nickname}"
        for version in ticket.versions:
            is_closed = version.status == "closed"
            paid = is_closed and ticket.paid_fen > 0
            accepted = version.accepted_at
            filed = accepted + filed_late if accepted is not None and closing == "06" else None
            extended = (
                self._end_of(self._calendar.after(ticket.received_at.date(), 90))
                if version.extended
                else None
            )
            claimed = claim.claimed_fen * (2 if version.claimed_fen else 1)
            changed_at = version.changed_at.replace(
                microsecond=(version.changed_at.second * 16_127 + claim.number) % 10**6
            )
            yield (
                changed_at,
                [
                    ticket.number,
                    LETTERS[ticket.channel],
                    text_of(ticket.received_at),
                    text_of(accepted),
                    text_of(filed),
                    extended,
                    text_of(version.closed_at),
                    ticket.name,
                    ticket.id_number,
                    ticket.phone,
                    name,
                    code,
                    project.name,
                    version.division,
                    address,
                    f"{claimed // 100}.{claimed % 100:02d}",
                    str(claim.persons),
                    first,
                    last,
                    f"{ticket.paid_fen // 100}.{ticket.paid_fen % 100:02d}" if paid else None,
                    str(ticket.paid_persons) if paid else None,
                    closing if is_closed else REGIONAL[version.status],
                    FORMS[ticket.outcome] if is_closed and closing == "06" else None,
                    text,
                    ticket.quotes.number if ticket.quotes else None,
                    self._handler(version.division, "人力资源和社会保障局"),
                    "1" if version.is_deleted else "0",
                    changed_at.isoformat(" ", "microseconds"),
                ],
            )

    def _petition(self, ticket: Ticket) -> Iterator[tuple[datetime, Row]]:
        luck, claim = self._luck, ticket.claim
        is_wage = not ticket.other_matter
        text = self._writer.narrative(ticket, "petition") if is_wage else ticket.other_matter[1]
        category = (
            "劳动和社会保障_劳动报酬" + luck.choice(("_拖欠农民工工资", "_拖欠工资", ""))
            if is_wage
            else ticket.other_matter[0]
        )
        purpose, form = (
            luck.choice(("求决", "投诉", "申诉")),
            luck.choice(("网上信访", "来信", "来访", "手机信访")),
        )
        clerk, is_first = luck.choice(self._names["surnames"]) + "科员", luck.choice(("是", "是", "否"))
        received = ticket.received_at.replace(second=0)
        written = f"{received.date().isoformat()} 00:00:00"
        for version in ticket.versions:
            is_closed = version.status == "closed"
            status = {
                "received": "受理申请审查中",
                "handling": "受理",
                "reopened": "复查",
                "closed": "审核认定办结",
            }
            accepted = f"{version.accepted_at.date().isoformat()} 00:00:00" if version.accepted_at else None
            closed = version.closed_at.replace(second=0) if version.closed_at else None
            place = "" if version.division == "640100" else self._names["divisions"][version.division]
            yield (
                version.changed_at,
                [
                    ticket.number,
                    ticket.name,
                    str(claim.persons),
                    f"{self._names['divisions'][version.division]}{claim.project.street}",
                    ticket.phone,
                    f"宁夏回族自治区_银川市_{place or '市本级'}",
                    purpose,
                    category,
                    written,
                    text_of(received),
                    self._end_of(ticket.limit),
                    form,
                    text,
                    "是" if is_closed else "否",
                    is_first,
                    "是" if claim.persons >= 5 else "否",
                    status[version.status],
                    self._handler(version.division, "信访局"),
                    clerk,
                    accepted,
                    text_of(closed),
                    self._writer.reply(ticket, "closed") if is_closed else None,
                ],
            )

    def _hotline(self, ticket: Ticket) -> Iterator[tuple[datetime, Row]]:
        luck, claim = self._luck, ticket.claim
        employer, person = claim.employer, claim.person
        is_wage = not ticket.other_matter
        text = self._writer.narrative(ticket, "hotline") if is_wage else ticket.other_matter[2]
        title = (
            luck.choice(("拖欠工资", "反映欠薪问题", "农民工工资", f"{employer.short}欠薪"))
            if is_wage
            else ticket.other_matter[1]
        )
        category = (
            CATEGORY + ("工程建设领域" if employer.industry == "1" else "其他领域")
            if is_wage
            else ticket.other_matter[0]
        )
        name = ticket.name
        if ticket.role != "reporter" and luck.random() < 0.5:
            name = name[0] + ("女士" if person.is_woman else "先生")
        company = "" if luck.random() < 0.45 or not is_wage else employer_name(ticket, luck)
        sent = ticket.received_at + timedelta(seconds=luck.randrange(15, 20))
        old, urged = (
            (None, None)
            if ticket.quotes is None
            else luck.choice(((ticket.quotes.number, None), (None, ticket.quotes.number)))
        )
        due, longer = (
            self._end_of(ticket.limit),
            self._end_of(self._calendar.after(ticket.received_at.date(), 10)),
        )
        kind, share = (
            luck.choice(("投诉", "求助", "投诉", "咨询")),
            luck.choice(("主办", "主办", "主办", "转办")),
        )
        first_status = luck.choice(("待签收", "已转办处理中"))
        is_unfounded = ticket.outcome == "unfounded" and luck.random() < 0.3
        happy = luck.choice(("满意", "基本满意", "未评价", "未评价", "不满意"))
        solved = "解决" if ticket.outcome == "paid" else luck.choice(("解决", "部分解决", "未解决"))
        for version in ticket.versions:
            is_closed, is_returned = version.status == "closed", version.status == "returned"
            status = {
                "received": first_status,
                "handling": "延期" if version.extended else "办理中",
                "reopened": "重新办理",
                "returned": "退回",
                "closed": "不合理诉求" if is_unfounded else "已办结",
            }[version.status]
            yield (
                version.changed_at,
                [
                    ticket.number,
                    kind,
                    category,
                    title,
                    text,
                    status,
                    name,
                    ticket.phone,
                    self._names["divisions"][version.division],
                    claim.project.street,
                    company,
                    self._handler(version.division, "人力资源和社会保障局"),
                    share,
                    text_of(ticket.received_at),
                    text_of(sent),
                    text_of(version.accepted_at),
                    "5",
                    "工作日",
                    due,
                    "1" if version.extended else "0",
                    longer if version.extended else None,
                    "1" if is_returned else "0",
                    "是" if urged else "否",
                    old,
                    urged,
                    text_of(version.closed_at),
                    solved if is_closed else None,
                    happy if is_closed else None,
                    "已答复" if is_closed else None,
                    self._writer.reply(ticket, version.status) if is_closed or is_returned else None,
                    text_of(version.changed_at),
                ],
            )

    def _cyberspace(self, ticket: Ticket) -> Iterator[tuple[datetime, Row]]:
        luck = self._luck
        text = self._writer.narrative(ticket, "cyberspace")
        platform = luck.choice(self._names["platforms"])
        nick = f"{luck.choice(self._names['nicknames'])}{luck.randrange(10, 9999)}"
        posted = datetime.combine(
            ticket.received_at.date() - timedelta(days=luck.randint(1, 5)), time(luck.randint(7, 22), 0)
        )
        phone = ticket.phone if luck.random() < 0.45 else ""
        link = f"https://example.invalid/post/{luck.randrange(10**9)}"
        status = {"received": "已交办", "handling": "办理中", "closed": "已办结", "returned": "退回"}
        for version in ticket.versions:
            is_done = version.status in ("closed", "returned")
            yield (
                version.changed_at,
                [
                    ticket.number,
                    platform,
                    nick,
                    text_of(posted),
                    "网民反映欠薪",
                    text,
                    link,
                    self._names["divisions"][version.division],
                    phone,
                    text_of(ticket.received_at),
                    self._end_of(ticket.limit),
                    text_of(version.closed_at),
                    status[version.status],
                    self._writer.reply(ticket, version.status) if is_done else None,
                    text_of(version.changed_at),
                ],
            )


def index_of(source: str, column: str) -> int:
    """Where a native column stands in a row."""
    return COLUMNS[source].index(column)


__all__ = ["COLUMNS", "Row", "Rows", "Version", "index_of", "month_text", "text_of"]
