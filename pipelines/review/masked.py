"""Why two tickets are one lead or not, from published columns alone: nobody's name, number or words stand here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from pipelines.publish.terminal import published_database
from pipelines.resolve.leads import GREY
from pipelines.resolve.scoring import PARTS
from pipelines.resolve.verdicts import Verdict
from pipelines.review.evidence import Pair
from pipelines.review.reasons import LEVELS, PART_NAMES, RULE_NAMES, odds, verdict_line
from pipelines.review.terminal import show_fields, show_reasons, show_sum
from pipelines.review.tickets import NEAR, OTHER, SAME, UNKNOWN, Field, moment, status, yuan
from pipelines.store import open_published

Row = Mapping[str, Any]
NOTICE = "只有已发布的栏目，不含个人信息；review show 可看全部（含个人信息）。 Published columns alone."
HIDDEN = "（不公布）"
TICKETS = """
select t.*, s.title as source_title, c.name as channel_name, d.name as division
from clearance.tickets as t
left join clearance.sources as s on s.source = t.source
left join clearance.channels as c on c.channel = t.channel
left join clearance.divisions as d on d.division_code = t.division_code
where t.ticket_id in ($1, $2)
order by t.ticket_id
"""
MATCHES = "select * from clearance.matches where ticket_a = $1 and ticket_b = $2 order by rule"


def show_masked(published: Path, pair: Pair, verdicts: Sequence[Verdict], console: Console) -> None:
    """Print two published tickets side by side and why they are one lead or not; `verdicts` are those that stand on them.

    Raises UnknownSubject where nothing is published; the tickets are known to be.
    """
    with open_published(published_database(published, None)) as connection:
        a, b = _rows(connection, TICKETS, pair)
        matches = _rows(connection, MATCHES, pair)
    # (A publication of before the weights has none.)
    scored = next((row for row in matches if row.get("person_weight") is not None), None)
    show_fields(NOTICE, pair, _fields(a, b, scored), console)
    show_reasons(_decided(a, b, matches, verdicts), console)
    if scored is not None:
        parts = [(float(scored[f"{part}_weight"]), _words(part, scored)) for part in PARTS]
        told = sorted((item for item in parts if item[0]), key=lambda item: (-abs(item[0]), item[1]))
        silent = [PART_NAMES[part] for part in PARTS if not scored[f"{part}_weight"] and part != "quoted"]
        said = odds(float(scored["score"])) if scored["is_joined"] else "没有合并的原因见上"
        show_sum(told, silent, float(scored["score"]), said, console)


def _decided(a: Row, b: Row, matches: Sequence[Row], verdicts: Sequence[Verdict]) -> list[str]:
    is_one = a["lead_id"] == b["lead_id"]
    lines = [
        f"已合并：同为线索 {a['lead_id']}" if is_one else f"未合并：线索 {a['lead_id']} 与 {b['lead_id']}"
    ]
    lines += [verdict_line(verdict, is_one=is_one) for verdict in verdicts]
    for row in matches:
        score = "" if row["score"] is None else f"（分值 {row['score']:.1f}）"
        lines.append(f"{RULE_NAMES.get(str(row['rule']), str(row['rule']))}{score}：{row['reasons']}")
    if not matches and is_one:
        lines.append("两件之间没有直接的比对记录，是经其他工单连成一条线索的。")
    elif not matches:
        lines.append(
            f"比对表中没有这两件：没有共同的查找键，或有排除情形，或分值低于 {GREY:g}；review show 会补算。"
        )
    return lines


def _fields(a: Row, b: Row, scored: Row | None) -> list[Field]:
    weights = {part: None if scored is None else float(scored[f"{part}_weight"]) for part in PARTS}

    def compared(label: str, part: str, left: str, right: str, *, is_hidden: bool = False) -> Field:
        weight = weights[part]
        if weight is None:
            mark = UNKNOWN if is_hidden or not left or not right else SAME if left == right else OTHER
        else:
            mark = _mark(part, weight, scored) if weight else UNKNOWN
        return Field(
            label, HIDDEN if is_hidden else left, HIDDEN if is_hidden else right, mark, weight or None
        )

    def plain(label: str, left: str, right: str) -> Field:
        return Field(
            label, left, right, UNKNOWN if not left or not right else SAME if left == right else OTHER, None
        )

    def texts(name: str) -> tuple[str, str]:
        return str(a[name] or ""), str(b[name] or "")

    return [
        plain("编号", *texts("ticket_no")),
        plain("来源", *texts("source_title")),
        plain("渠道", *texts("channel_name")),
        plain("接收时间", moment(a["received_at"]), moment(b["received_at"])),
        _person(a, b, compared("诉求人", "person", *texts("claimant_masked"))),
        compared("身份证号", "id_number", "", "", is_hidden=True),
        compared("电话", "contact", "", "", is_hidden=True),
        compared("用人单位", "employer", *texts("employer")),
        compared("项目", "project", *texts("project")),
        compared("区县", "division", *texts("division")),
        compared("欠薪时段", "period", "", "", is_hidden=True),
        compared("诉求金额", "claim", yuan(a["claimed_fen"]), yuan(b["claimed_fen"])),
        compared("人数", "persons", *texts("claimed_persons")),
        plain("追回金额", yuan(a["recovered_fen"]), yuan(b["recovered_fen"])),
        plain("状态", status(a), status(b)),
    ]


def _person(a: Row, b: Row, field: Field) -> Field:
    """The key of a person tells more than a masked name: equal ones are one person, masked names alone tell nothing."""
    if a["person_key"] is not None and a["person_key"] == b["person_key"]:
        return Field(field.label, field.left, field.right, SAME, field.weight)
    return field if field.weight is not None else Field(field.label, field.left, field.right, UNKNOWN, None)


def _mark(part: str, weight: float, scored: Row | None) -> str:
    if weight < 0:
        return OTHER
    return SAME if part in ("id_number", "division", "persons") or _is_said(part, scored) else NEAR


def _is_said(part: str, scored: Row | None) -> bool:
    return LEVELS[part]["same"] in str((scored or {}).get("reasons", "")).split("；")


def _words(part: str, scored: Row) -> str:
    weight = float(scored[f"{part}_weight"])
    said = [words for words in LEVELS[part].values() if words in str(scored["reasons"]).split("；")]
    if said:
        return said[0]
    if part in ("division", "persons", "id_number", "quoted") and weight > 0:
        return LEVELS[part]["same"]
    return f"{PART_NAMES[part]}{'相近' if weight > 0 else '不同'}"


def _rows(connection: duckdb.DuckDBPyConnection, query: str, pair: Pair) -> list[Row]:
    result = connection.execute(query, list(pair))
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
