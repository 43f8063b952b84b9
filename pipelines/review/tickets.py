"""What two tickets say, field by field, with a mark for how alike they are. Personal data: for the reviewer alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.publish.explain import WORDS
from pipelines.publish.figures import channel_rows
from pipelines.review.evidence import Evidence
from pipelines.store import read_sql

Row = Mapping[str, Any]
SAME, NEAR, OTHER, UNKNOWN = "＝", "≈", "≠", "？"
MARK_WORDS = {SAME: "同", NEAR: "近似", OTHER: "异", UNKNOWN: "未知"}
MARKS = {
    "same": SAME, "sound": NEAR, "near": NEAR, "compatible": NEAR, "told": NEAR, "masked": NEAR, "shared": NEAR,
    "variant": NEAR, "namesake": NEAR, "overlapping": NEAR, "close": NEAR, "apart": OTHER, "different": OTHER,
    "unknown": UNKNOWN,
}  # fmt: skip
ROLES = {
    "claimant": "本人", "agent": "代理人", "representative": "集体代表", "reporter": "举报人", "member": "集体成员",
}  # fmt: skip
NO_PART = ""
ALIKE_TEXTS = 0.5
"""Share of the pairs of signs that two texts have in common, from which they are called alike."""
PUBLISHED = """
select t.ticket_id, t.ticket_no, t.source, s.title as source_title, t.channel, t.lead_id, t.division_code, d.name as division,
       t.received_at, t.closed_at, t.is_open, t.status, t.native_status, t.outcome, t.recovered_fen, t.delivery_id, t.row_no,
       l.claimed_fen as lead_claimed_fen, l.claimed_persons as lead_claimed_persons
from clearance.tickets as t
left join clearance.sources as s on s.source = t.source
left join clearance.divisions as d on d.division_code = t.division_code
left join clearance.leads as l on l.lead_id = t.lead_id
where t.ticket_id in (select unnest($1))
"""


@dataclass(frozen=True)
class Field:
    """One line of the comparison: what the one ticket says, what the other, how alike, and its weight (log2 of m/u)."""

    label: str
    left: str
    right: str
    mark: str
    weight: float | None


def published_tickets(published: duckdb.DuckDBPyConnection, tickets: Sequence[str]) -> dict[str, Row]:
    """The tickets as published, with the names of source, channel and division; one that is not there is left out."""
    channels = {str(row["channel"]): str(row["name"]) for row in channel_rows(published)}
    result = published.execute(PUBLISHED, [list(tickets)])
    names = [column[0] for column in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return {row["ticket_id"]: {**row, "channel_name": channels.get(row["channel"], "")} for row in rows}


def told_tickets(connection: duckdb.DuckDBPyConnection, tickets: Mapping[str, Row]) -> dict[str, Row]:
    """What published tickets say, joined to how they are published. One that stands otherwise in
    the warehouse is left out: another day was made there since."""
    table = pa.table(
        {
            "ticket_id": pa.array(list(tickets), pa.string()),
            "delivery_id": pa.array([row["delivery_id"] for row in tickets.values()], pa.string()),
            "row_no": pa.array([row["row_no"] for row in tickets.values()], pa.int64()),
            "is_open": pa.array([row["is_open"] for row in tickets.values()], pa.bool_()),
            "closed_at": pa.array([row["closed_at"] for row in tickets.values()], pa.timestamp("us")),
        }
    )
    connection.register("review_tickets", table)
    result = connection.execute(read_sql("review/told"))
    names = [column[0] for column in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    connection.unregister("review_tickets")
    return {row["ticket_id"]: {**row, **tickets[row["ticket_id"]]} for row in rows}


def fields_of(a: Row, b: Row, evidence: Evidence) -> list[Field]:
    """The comparison of two tickets, in the order in which a person reads it."""
    likeness, weights = evidence.likeness, evidence.weights

    def compared(label: str, part: str, left: str, right: str) -> Field:
        is_told = likeness[part] != "unknown"
        return Field(label, left, right, MARKS[likeness[part]], weights[part] if is_told else None)

    def plain(label: str, left: str, right: str, *, is_near: bool = False) -> Field:
        mark = UNKNOWN if not left or not right else SAME if left == right else NEAR if is_near else OTHER
        return Field(label, left, right, mark, None)

    return [
        Field(
            "编号", _number(a), _number(b),
            NEAR if likeness["quoted"] == "same" else OTHER,
            weights["quoted"] if likeness["quoted"] == "same" else None,
        ),
        plain("来源", _source(a), _source(b)),
        plain("渠道", str(a["channel_name"]), str(b["channel_name"])),
        plain("接收时间", moment(a["received_at"]), moment(b["received_at"]),
              is_near=a["received_at"].date() == b["received_at"].date()),
        compared("诉求人", "person", _person(a), _person(b)),
        compared("身份证号", "id_number", _id_number(a), _id_number(b)),
        compared("电话", "contact", _phone(a), _phone(b)),
        plain("身份", ROLES.get(str(a["role"]), str(a["role"])), ROLES.get(str(b["role"]), str(b["role"]))),
        compared("用人单位", "employer", _employer(a), _employer(b)),
        compared("项目", "project", _project(a), _project(b)),
        compared("区县", "division", _division(a), _division(b)),
        compared("欠薪时段", "period", _period(a), _period(b)),
        compared("诉求金额", "claim", _claim(a), _claim(b)),
        compared("人数", "persons", _persons(a), _persons(b)),
        plain("追回金额", yuan(a["recovered_fen"]), yuan(b["recovered_fen"])),
        plain("状态", status(a), status(b)),
        Field("正文", _text(a), _text(b), _text_mark(_text(a), _text(b)), None),
    ]  # fmt: skip


def compared_values(row: Row) -> list[object]:
    """What of a ticket a judgement rests on: where this changes, a judgement made before is on something else."""
    names = (
        "ticket_id", "role", "claimant_name", "person", "claimant_id_number", "id_number", "claimant_phone", "told_phones",
        "employer", "employer_code", "told_employers", "project", "told_projects", "division_code", "period_from", "period_to",
        "claimed_fen", "persons", "quoted",
    )  # fmt: skip
    return [row[name] for name in names]


def _number(row: Row) -> str:
    quoted = row["quoted"] or []
    return f"{row['ticket_no']}" + (f"（引用 {'、'.join(quoted)}）" if quoted else "")


def _source(row: Row) -> str:
    return str(row["source_title"] or row["source"])


def moment(at: datetime | None) -> str:
    """To the minute."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _person(row: Row) -> str:
    """The name in the field; who is owed, where the text says another one."""
    person = row["person"] or {}
    owed = "".join(person.get(part) or "" for part in ("surname", "given", "title"))
    stated = str(row["claimant_name"] or "")
    if owed and owed.replace("*", "") not in stated.replace("*", ""):
        return f"{stated}（正文：{owed}）" if stated else f"{owed}（正文）"
    return stated


def _id_number(row: Row) -> str:
    stated, used = str(row["claimant_id_number"] or ""), str(row["id_number"] or "")
    if stated:
        return stated if row["is_id_valid"] else f"{stated}（校验不符，不作依据）"
    return f"{used}（正文）" if used else ""


def _phone(row: Row) -> str:
    stated = str(row["claimant_phone"] or "")
    told = [phone for phone in row["told_phones"] or [] if phone != stated]
    shared = "（多人共用）" if row["is_phone_shared"] else ""
    return stated + shared + (f"（正文：{'、'.join(told)}）" if told else "")


def _employer(row: Row) -> str:
    code = f"（{row['employer_code']}）" if row["employer_code"] else ""
    return _stated_or_told(row["employer"], row["told_employers"]) + code


def _project(row: Row) -> str:
    return _stated_or_told(row["project"], row["told_projects"])


def _stated_or_told(stated: str | None, told: Sequence[str] | None) -> str:
    if stated:
        return stated
    return f"{'、'.join(told)}（正文）" if told else ""


def _division(row: Row) -> str:
    return str(row["division"] or row["division_code"] or "")


def _period(row: Row) -> str:
    first, last = row["period_from"], row["period_to"]
    if first is None:
        return ""
    months = "至".join(
        f"{month // 100}-{month % 100:02d}" for month in dict.fromkeys((first, last)) if month is not None
    )
    return months if row["is_period_a_field"] else f"{months}（正文）"


def _claim(row: Row) -> str:
    return yuan(row["claimed_fen"]) + (
        "" if row["is_claim_a_field"] or row["claimed_fen"] is None else "（正文）"
    )


def yuan(fen: int | None) -> str:
    """20,300.00 元."""
    return "" if fen is None else f"{fen // 100:,}.{fen % 100:02d} 元"


def _persons(row: Row) -> str:
    return f"{row['persons'] or row['claimed_persons'] or ''}"


def status(row: Row) -> str:
    """Condition, outcome and day of closing of a published ticket."""
    condition = WORDS["status"].get(str(row["status"]), str(row["status"]))
    outcome = WORDS["outcome"].get(str(row["outcome"]), str(row["outcome"])) if row["outcome"] else ""
    closed = f"，{row['closed_at']:%Y-%m-%d} 办结" if row["closed_at"] else ""
    return condition + (f"：{outcome}" if outcome else "") + closed


def _text(row: Row) -> str:
    return "\n".join(part.strip() for part in (row["title"] or "", row["narrative"] or "") if part.strip())


def _text_mark(left: str, right: str) -> str:
    if not left or not right:
        return UNKNOWN
    if left == right:
        return SAME
    one, other = ({text[at : at + 2] for at in range(len(text) - 1)} for text in (left, right))
    return NEAR if len(one & other) >= ALIKE_TEXTS * max(len(one | other), 1) else OTHER
