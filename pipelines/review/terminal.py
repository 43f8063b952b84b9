"""Two tickets side by side in the terminal. Personal data: for the reviewer's eyes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pipelines.harmless import visible
from pipelines.publish.lines import folded
from pipelines.resolve.leads import THRESHOLD
from pipelines.review.evidence import Pair, prior
from pipelines.review.pairs import PairInReview
from pipelines.review.reasons import FORMULA, decision_lines, odds, part_lines, silent_parts, strength
from pipelines.review.tickets import MARK_WORDS, NEAR, OTHER, SAME, Field, fields_of

NOTICE = "本页含个人信息：仅限核对人员在本机查看，不得截图外传。 It holds personal data: for reviewers alone."
LEGEND = (
    "异同："
    + "  ".join(f"{mark} {word}" for mark, word in MARK_WORDS.items())
    + "；分量为正说明是同一件事，为负说明不是"
)
STYLES = {SAME: "green", NEAR: "yellow", OTHER: "red"}
LEAST_WIDTH = 56
LABEL, MARK, WEIGHT, GAP = 8, 2, 6, 2
TEXT_CELLS = 900
"""So much of a text is shown of each ticket; the whole stands in the source's own system."""


def show_pair(item: PairInReview, console: Console) -> None:
    """Print two tickets side by side, what they have in common, and why they are one lead or not."""
    evidence = item.evidence
    show_fields(NOTICE, item.pair, fields_of(*item.tickets, evidence), console)
    decided = decision_lines(
        item.pair, item.leads, item.matches, item.verdicts, evidence, was_candidate=item.was_candidate
    )
    show_reasons(decided, console)
    # (A veto stands outside the sum: odds beside it would mislead.)
    said = odds(evidence.weight) if evidence.veto is None else f"未计排除情形（{evidence.veto}）"
    show_sum(part_lines(evidence), silent_parts(evidence), evidence.weight, said, console)
    for row in item.matches:
        # (A published score is rounded down to a tenth.)
        if row["score"] is not None and abs(row["score"] + 0.05 - evidence.weight) > 0.1:
            said = f"发布时的分值是 {row['score']:.1f}：此后模型或读法有更新，下次发布按新的分值。"
            _print(console, folded(said, _width(console), 2))


def show_fields(notice: str, pair: Pair, fields: Sequence[Field], console: Console) -> None:
    """Print a notice and the fields of two tickets side by side, with mark and weight."""
    _print(console, folded(notice, _width(console)), "bold")
    _print(console, [""])
    half = _half(console)
    heads = [f"甲 {pair[0]}", f"乙 {pair[1]}"]
    _line(console, "", "", "分量", *(folded(head, half) for head in heads), style="bold")
    for field in fields:
        _field(console, field, half)
    _print(console, folded(LEGEND, _width(console)), "dim")


def show_reasons(lines: Sequence[str], console: Console) -> None:
    """Print what was decided, and why."""
    _print(console, ["", "为什么"], "bold")
    for line in lines:
        _print(console, folded(line, _width(console), 2, 4))


def show_sum(
    parts: Sequence[tuple[float, str]], silent: Sequence[str], weight: float, said: str, console: Console
) -> None:
    """Print what each part weighs, from the prior to the sum."""
    width = _width(console)
    _print(console, ["", "分值怎么来的"], "bold")
    _print(console, [f"  {prior():+6.1f}  先验：任取两件工单"])
    for part, words in parts:
        _print(console, folded(f"{part:+6.1f}  {words}（{strength(part)}）", width, 2, 10))
    if silent:
        _print(console, folded(f"   0.0  无从比较（至少一件未写明）：{'、'.join(silent)}", width, 2, 10))
    _print(console, folded(f"{weight:+6.1f}  合计（合并线 {THRESHOLD:g}）：{said}", width, 2, 10), "bold")
    _print(console, folded(FORMULA, width, 2), "dim")


def _field(console: Console, field: Field, half: int) -> None:
    weight = "" if field.weight is None else f"{field.weight:+.1f}"
    sides = [folded(visible(_cut(text)) or "—", half) for text in (field.left, field.right)]
    _line(console, field.label, field.mark, weight, *sides, style=STYLES.get(field.mark, "dim"))


def _line(
    console: Console,
    label: str,
    mark: str,
    weight: str,
    left: Sequence[str],
    right: Sequence[str],
    *,
    style: str,
) -> None:
    gap, half = " " * GAP, _half(console)
    for place, (one, other) in enumerate(zip_longest(left, right, fillvalue="")):
        text = Text()
        text.append(_padded(label if place == 0 else "", LABEL) + gap, style="bold")
        text.append(_padded(mark if place == 0 else "", MARK) + gap, style=style)
        text.append(f"{weight if place == 0 else '':>{WEIGHT - _wide(weight)}}{gap}")
        text.append(_padded(one, half) + gap + other)
        text.rstrip()
        console.print(text, soft_wrap=True)


def _half(console: Console) -> int:
    """How many cells a ticket's column is wide."""
    return (_width(console) - LABEL - MARK - WEIGHT - 4 * GAP) // 2


def _width(console: Console) -> int:
    return max(console.width, LEAST_WIDTH)


def _wide(text: str) -> int:
    return cell_len(text) - len(text)


def _padded(text: str, width: int) -> str:
    return text + " " * max(width - cell_len(text), 0)


def _cut(text: str) -> str:
    """The beginning of a text that is too long for a comparison, with a mark that it goes on."""
    if cell_len(text) <= TEXT_CELLS:
        return text
    end = TEXT_CELLS // 2
    return f"{text[:end]}…（全文 {len(text)} 字）"


def _print(console: Console, lines: Sequence[str], style: str = "") -> None:
    for line in lines:
        console.print(Text(visible(line), style=style), soft_wrap=True)
