"""The worklist of doubtful pairs as a workbook: a block a pair, in which a person chooses 同一线索 or 不同线索."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from pipelines.errors import UnknownSubject
from pipelines.harmless import visible
from pipelines.publish.sheet import FONT, HEAD_FONT, RULE, Column, Sheet, lines_of
from pipelines.resolve.leads import THRESHOLD
from pipelines.review.evidence import prior
from pipelines.review.pairs import PairInReview
from pipelines.review.reasons import FORMULA, decision_lines
from pipelines.review.tickets import MARK_WORDS, NEAR, OTHER, SAME, UNKNOWN, Field, fields_of
from pipelines.review.worklist import BAND_WORDS, Waiting, check_code, numbers, waiting_pairs
from pipelines.settings import City
from pipelines.store import Workspace
from pipelines.worklist import refuse_place, write_private
from pipelines.worksheet import EXCEL_ROWS, PERSONAL, shown

NO, FIELD, TICKET_A, TICKET_B, MARK, WEIGHT = "序号", "项目", "工单甲", "工单乙", "异同", "分量"
JUDGEMENT, WHY, JUDGE, CODE = "判断", "理由", "判断人", "核对码"
ONE_LEAD, TWO_LEADS = "同一线索", "不同线索"
VERDICTS = {ONE_LEAD: "same", TWO_LEADS: "different"}
COLUMNS = (
    Column(NO, 6), Column(FIELD, 10), Column(TICKET_A, 36, "wrap"), Column(TICKET_B, 36, "wrap"), Column(MARK, 6),
    Column(WEIGHT, 8), Column(JUDGEMENT, 11), Column(WHY, 22, "wrap"), Column(JUDGE, 9), Column(CODE, 20),
)  # fmt: skip
TO_FILL_IN = (6, 7, 8)
FILLS = {SAME: "#E2F0D9", NEAR: "#FFF2CC", OTHER: "#F8D7DA", UNKNOWN: "#EDEDED"}
NOTES = (
    PERSONAL,
    "This file holds personal data: for those who judge it alone; delete it afterwards.",
    "",
    "怎么填",
    "“待核对”表中每一对工单是一块。逐项对照后，在“判断”栏选“同一线索”或“不同线索”，并在“理由”栏写明依据（如“电话核实：同一笔工资”）。",
    "看不准的请留空：空着不作任何决定，两件仍分开计，下次导出时还在。系统从不因为没有人回答而自动合并。",
    "“判断人”写作出判断的人；空着时记为导入人。理由中不要写姓名、证号、电话：clearance review list 会显示理由。",
    "其余各栏（特别是工单甲、工单乙、核对码）请勿改动，也不要排序；改动过的、或导出后工单内容已有变化的，导入时会逐行拒收并说明原因。",
    "填好后执行 clearance review import 本文件 --by 导入人姓名；同一文件重复导入不会重复记账。"
    "判断在下一次发布时生效，可用 clearance review undo 撤销。",
    "",
    "怎么看",
    "异同：" + "，".join(f"{mark} {word}" for mark, word in MARK_WORDS.items())
    + "。分量：正数说明是同一件事，负数说明不是，绝对值越大越有力；没有分量的项目只供参考，不参与计算。",
    FORMULA + "。",
    "次序：先看后果大的，再看分值最接近合并线、最难判断的。" + BAND_WORDS + "。",
    "同一人就不同欠薪时段先后反映的是两条线索；集体与成员个人的是两条线索；兄弟、同乡共用电话的是两条线索。错并会掩盖一名工人的诉求，比漏并严重。",
)  # fmt: skip
ROWS_A_PAIR = 20
MOST_BREAKS = 1000
"""Spreadsheets take 1,023 page breaks a sheet."""


def export(workspace: Workspace, city: City, file: Path, *, most: int | None = None) -> tuple[int, Waiting]:
    """Write the pairs that wait, the most consequential first, `most` of them. Returns how many were written, and all.

    Raises UnknownSubject where the file stands already, lies in the workspace or is no .xlsx, ConfigurationError
    where the warehouse is not as published.
    """
    refuse_place(workspace, file, (".xlsx",))
    waiting = waiting_pairs(workspace, city)
    items = waiting.items[:most]
    if len(items) * ROWS_A_PAIR > EXCEL_ROWS:
        raise UnknownSubject(
            f"{len(items)} pairs wait, more than a sheet holds", remedy=f"write some: --most {EXCEL_ROWS // ROWS_A_PAIR}"
        )  # fmt: skip
    published = (workspace.published / "latest").resolve().parent.name
    write_private(file, workbook_of(items, date.fromisoformat(published), len(waiting.items)))
    return len(items), waiting


def workbook_of(items: Sequence[PairInReview], business_date: date, waiting: int) -> bytes:
    """An .xlsx: the notes, then a block for each pair."""
    # In memory: XlsxWriter would else keep personal data in temporary files.
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.formats[0].set_font_name(FONT)
    book.formats[0].set_font_size(10)
    _notes(book)
    sheet = Sheet(book, "待核对", PERSONAL)
    some = "" if len(items) == waiting else f"（共 {waiting} 对，这里是最要紧的）"
    sheet.head("疑似重复工单核对表", f"截至 {business_date} 的发布，待核对 {len(items)} 对{some}", COLUMNS)
    forms = _Forms(book)
    for number, item in zip(numbers(items), items, strict=True):
        _block(sheet, forms, number, item)
    sheet.empty_says("没有待核对的工单")
    sheet.finish(freeze_columns=2)
    sheet.sheet.protect(
        "", {"format_columns": True, "format_rows": True, "autofilter": True, "select_locked_cells": True}
    )
    sheet.sheet.set_footer("&L&8含个人信息 用毕删除&C&8&A&R&8第 &P 页，共 &N 页")
    book.close()
    return out.getvalue()


class _Forms:
    """The formats of the blocks, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.made: dict[tuple[tuple[str, object], ...], Any] = {}

    def get(self, **settings: object) -> Any:
        key = tuple(sorted(settings.items()))
        if key not in self.made:
            base: dict[str, object] = {
                "border": 1, "border_color": RULE, "valign": "top", "font_name": FONT, "font_size": 10, "text_wrap": True,
            }  # fmt: skip
            self.made[key] = self.book.add_format({**base, **settings})
        return self.made[key]


def _notes(book: Any) -> None:
    notes = book.add_worksheet("说明")
    notes.set_column(0, 0, 110)
    head = book.add_format(
        {"bold": True, "bg_color": "#F8D7DA", "text_wrap": True, "font_name": HEAD_FONT, "font_size": 12}
    )
    title = book.add_format({"bold": True, "font_name": HEAD_FONT, "font_size": 11})
    text = book.add_format({"text_wrap": True, "valign": "top", "font_name": FONT, "font_size": 10.5})
    for at, note in enumerate(NOTES):
        notes.write_string(at, 0, note, head if at < 2 else title if note in ("怎么填", "怎么看") else text)
        notes.set_row(at, 16 * lines_of(note, 100) + 2)
    notes.set_landscape()
    notes.set_paper(9)
    notes.fit_to_pages(1, 0)


def _block(sheet: Sheet, forms: _Forms, number: str, item: PairInReview) -> None:
    fields = [field for field in fields_of(*item.tickets, item.evidence) if field.left or field.right]
    weight = item.evidence.weight
    lines = [
        Field("工单标识", item.pair[0], item.pair[1], "", None),
        *fields,
    ]
    first, last = sheet.next_row, sheet.next_row + len(lines)
    inner = sheet.sheet
    for field in lines:
        row = sheet.next_row
        inner.write_string(row, 1, field.label, forms.get(bold=True))
        for column, text in ((2, field.left), (3, field.right)):
            inner.write_string(row, column, visible(shown(text)), forms.get(num_format="@"))
        inner.write_string(
            row, 4, field.mark, forms.get(align="center", bg_color=FILLS.get(field.mark, "#FFFFFF"))
        )
        if field.weight is None:
            inner.write_blank(row, 5, None, forms.get(num_format="+0.0;-0.0;0.0"))
        else:
            inner.write_number(
                row, 5, round(field.weight, 1), forms.get(num_format="+0.0;-0.0;0.0", align="right")
            )
        tall = max(
            lines_of(part, COLUMNS[2].width - 2)
            for text in (field.left, field.right)
            for part in text.split("\n")
        )
        breaks = max(text.count("\n") for text in (field.left, field.right))
        inner.set_row(row, min(13 * (tall + breaks) + 3, 400))
        sheet.next_row += 1
    told = decision_lines(
        item.pair, item.leads, item.matches, item.verdicts, item.evidence, was_candidate=item.was_candidate
    )
    reason = "\n".join(
        [*told[1:], f"分值：先验 {prior():.1f} 加各项分量，合计 {weight:+.1f}（合并线 {THRESHOLD:g}）。"]
    )
    inner.write_string(last, 1, "现状", forms.get(bold=True))
    inner.merge_range(last, 2, last, 4, "", forms.get())
    inner.write_string(last, 2, shown(reason), forms.get(num_format="@"))
    inner.write_number(
        last, 5, round(weight, 1), forms.get(num_format="+0.0;-0.0;0.0", bold=True, align="right")
    )
    inner.set_row(last, 13 * sum(lines_of(line, 74) for line in reason.split("\n")) + 3)
    sheet.next_row += 1
    inner.merge_range(first, 0, last, 0, number, forms.get(bold=True, align="center"))
    for column in TO_FILL_IN:
        inner.merge_range(
            first, column, last, column, "", forms.get(locked=False, bg_color="#FFFFEB", num_format="@")
        )
    inner.merge_range(first, 9, last, 9, check_code(item.pair, item.tickets), forms.get(font_color="#7F7F7F"))
    inner.data_validation(
        first, TO_FILL_IN[0], first, TO_FILL_IN[0],
        {"validate": "list", "source": list(VERDICTS), "ignore_blank": True, "input_title": "判断",
         "input_message": "看不准就留空：留空不作任何决定", "error_title": "判断",
         "error_message": f"请选“{ONE_LEAD}”或“{TWO_LEADS}”，看不准就留空"},
    )  # fmt: skip
    if len(sheet.breaks) < MOST_BREAKS:
        sheet.page_break()
