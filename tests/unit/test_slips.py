"""A column sorted by itself is found out; an honest correction goes through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import load_sources
from pipelines.slips import Correction, slipped

HOTLINE = load_sources()["hotline"]
ROWS = [
    {
        "工单编号": f"GD2023083000000{at}",
        "来电人": name,
        "来电号码": f"1380951000{at}",
        "被反映区": division,
        "主要内容": f"第{at}件",
    }
    for at, (name, division) in enumerate(
        [("甲一", "未知区"), ("乙二", "金凤区"), ("丙三", "某某区"), ("丁四", "西夏区")]
    )
]  # everyone is invented


def corrections(after: list[dict[str, str]], reason: str = "unknown_division") -> list[Correction]:
    return [
        Correction(f"row {at}", reason, dict(before), dict(row))
        for at, (before, row) in enumerate(zip(ROWS, after, strict=True))
    ]


@given(st.sampled_from(sorted(ROWS[0])), st.permutations(range(len(ROWS))))
def test_a_column_in_another_order_is_refused(column: str, order: list[int]) -> None:
    after = [row | {column: ROWS[other][column]} for row, other in zip(ROWS, order, strict=True)]
    assert bool(slipped(HOTLINE, corrections(after))) == (order != sorted(order))


@given(st.permutations(range(len(ROWS))))
def test_references_in_another_order_are_refused(order: list[int]) -> None:
    after = [dict(ROWS[other]) for other in order]
    assert bool(slipped(HOTLINE, corrections(after, "missing_ticket_no"))) == (order != sorted(order))


def test_a_corrected_and_sorted_column_is_refused_too() -> None:
    after = [row | {"来电人": ROWS[(at + 1) % 4]["来电人"]} for at, row in enumerate(ROWS)]
    after[0]["来电人"] = "改正后"
    assert slipped(HOTLINE, corrections(after))


def test_a_number_is_corrected_only_where_it_was_wrong() -> None:
    after = [dict(row) for row in ROWS]
    after[0]["工单编号"] = "GD20230830000099"
    assert slipped(HOTLINE, corrections(after))
    assert not slipped(HOTLINE, corrections(after, "unreadable_ticket_no"))


def test_divisions_mended_to_what_other_rows_have_are_honest() -> None:
    after = [row | {"被反映区": "金凤区"} for row in ROWS]
    assert slipped(HOTLINE, corrections(after)) == []
    assert slipped(HOTLINE, corrections([dict(row) for row in ROWS])) == []


def test_what_is_said_holds_no_value() -> None:
    after = [row | {"来电人": ROWS[(at + 1) % 4]["来电人"]} for at, row in enumerate(ROWS)]
    said = "\n".join(slipped(HOTLINE, corrections(after)))
    assert "来电人" in said and not any(row["来电人"] in said for row in ROWS)
