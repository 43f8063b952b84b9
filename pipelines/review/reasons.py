"""Why two tickets are one lead or not, in the words of those who judge. No personal data: words, weights, ids alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.resolve.leads import GREY, LARGEST_BLOCK, THRESHOLD
from pipelines.resolve.verdicts import Verdict
from pipelines.review.evidence import Evidence, Pair, prior

Row = Mapping[str, Any]
PART_NAMES = {
    "person": "姓名", "id_number": "身份证号", "contact": "电话", "employer": "用人单位", "project": "项目",
    "period": "欠薪时段", "claim": "金额", "persons": "人数", "division": "区县", "quoted": "引用编号",
}  # fmt: skip
# What a likeness means, by part; a likeness that stands here for no part is said as name and 不同.
LEVELS: Mapping[str, Mapping[str, str]] = {
    "person": {"same": "姓名相同", "sound": "姓名同音", "near": "姓名仅一字不同", "compatible": "姓氏与称谓相符",
               "told": "一件正文写明另一件的当事人"},
    "id_number": {"same": "身份证号相同"},
    "contact": {"same": "电话相同", "told": "一件的电话写在另一件正文中", "masked": "电话首尾号段相同",
                "shared": "电话相同，但多人共用"},
    "employer": {"same": "用人单位相同", "variant": "用人单位为同一名称的不同写法", "namesake": "用人单位仅字号相同"},
    "project": {"same": "项目相同", "variant": "项目名称相近"},
    "period": {"same": "欠薪时段相同", "overlapping": "欠薪时段重叠", "apart": "欠薪时段不相交"},
    "claim": {"same": "金额相同", "close": "金额相近"},
    "persons": {"same": "人数相同"},
    "division": {"same": "区县相同"},
    "quoted": {"same": "一件引用另一件的编号"},
}  # fmt: skip
STRENGTHS = ((8.0, "极强"), (5.0, "强"), (2.0, "中"), (0.0, "弱"))
RULE_NAMES = {
    "judgement": "人工判定", "same_id": "身份证号与单位相同", "quoted_number": "引用编号", "score": "综合分值",
}  # fmt: skip
FORMULA = (
    f"分值＝先验 {prior():.1f} 加各项分量（以 2 为底的对数：每加 1，可能性加倍），"
    "各项印到 0.1，合计以未舍入的为准；"
    f"满 {THRESHOLD:g} 分且无排除情形的合并，{GREY:g} 至 {THRESHOLD:g} 分的待人工核对"
)


def part_lines(evidence: Evidence) -> list[tuple[float, str]]:
    """Weight and words of every part that says something, the strongest first."""
    found = [
        (evidence.weights[part], level_words(part, level))
        for part, level in evidence.likeness.items()
        if level != "unknown"
    ]
    return sorted(found, key=lambda item: (-abs(item[0]), item[1]))


def level_words(part: str, level: str) -> str:
    """What a likeness of a part means, in words."""
    return LEVELS[part].get(level, f"{PART_NAMES[part]}不同")


def silent_parts(evidence: Evidence) -> list[str]:
    """The parts that say nothing, because a ticket does not state them."""
    return [
        PART_NAMES[part]
        for part, level in evidence.likeness.items()
        if level == "unknown" and part != "quoted"
    ]


def strength(weight: float) -> str:
    """How strongly a part speaks for (极强, 强, 中, 弱) or against (反证) one lead."""
    word = next(word for least, word in STRENGTHS if abs(weight) >= least)
    return f"佐证{word}" if weight >= 0 else f"反证{word}"


def odds(weight: float) -> str:
    """A weight as odds that the two are one matter, in words."""
    ratio = 2 ** min(abs(weight), 40.0)
    said = "超过一百万" if ratio > 1_000_000 else f"约 {round(ratio):,} "
    return f"是同一件事与不是之比{said}比 1" if weight >= 0 else f"不是同一件事与是之比{said}比 1"


def decision_lines(
    pair: Pair,
    leads: tuple[str, str],
    matches: Sequence[Row],
    verdicts: Sequence[Verdict],
    evidence: Evidence,
    *,
    was_candidate: bool,
) -> list[str]:
    """What was decided on a pair and why. The first line says whether the two are one lead as published.

    `matches` are the pair's rows of clearance.matches, `verdicts` the standing ones on it.
    """
    is_one = leads[0] == leads[1]
    lines = [f"已合并：同为线索 {leads[0]}" if is_one else f"未合并：线索 {leads[0]} 与 {leads[1]}"]
    lines += [verdict_line(verdict, is_one=is_one) for verdict in verdicts]
    for row in matches:
        score = "" if row["score"] is None else f"（分值 {row['score']:.1f}）"
        lines.append(f"{RULE_NAMES.get(str(row['rule']), str(row['rule']))}{score}：{row['reasons']}")
    if not matches:
        lines += _without_record(is_one, evidence, was_candidate)
    if evidence.veto is not None:
        what = (
            "任何分值、任何人工判定都不能合并" if evidence.is_absolute else "分值再高也不自动合并，须人工判定"
        )
        lines.append(f"排除情形：{evidence.veto}。{what}。")
    elif not evidence.is_one_matter and not is_one:
        lines.append("证据组合不足以认定同一人、同一事，分值再高也不自动合并，须人工判定。")
    return lines


def verdict_line(verdict: Verdict, *, is_one: bool) -> str:
    """A person's verdict with who, when and why; `is_one`: whether the two are one lead as published."""
    word = "同一线索" if verdict.verdict == "same" else "不同线索"
    waits = "；尚未体现，待下次发布" if (verdict.verdict == "same") != is_one else ""
    return f"人工判定为{word}（第 {verdict.number} 号，{verdict.said}：{verdict.row['why']}）{waits}"


def _without_record(is_one: bool, evidence: Evidence, was_candidate: bool) -> list[str]:
    if is_one:
        lines = ["两件之间没有直接的比对记录，是经其他工单连成一条线索的。"]
    elif was_candidate and evidence.veto is None:
        lines = [f"比对过，分值低于 {GREY:g}，不列入待核。"]
    elif was_candidate:
        lines = ["比对过，因下述排除情形不列入待核。"]
    else:
        lines = []
    if was_candidate:
        return lines
    why = (
        f"共同的查找键（如电话）为 {LARGEST_BLOCK} 件以上工单共用，不据此配对"
        if evidence.has_common_key
        else "两件没有共同的查找键（身份证号、电话，或姓名加单位、金额、区县、项目等），所以没有互相比对"
    )
    return [*lines, f"这两件不在候选之列：{why}。下面的分值是现在按同一模型补算的，仅供参考。"]
