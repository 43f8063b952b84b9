"""One sheet of the workbook: title, merged two-row header, rows, notes under the table, print setup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import xlsxwriter

from pipelines.harmless import FORMULA_SIGNS, visible
from pipelines.publish.wording import UNDEFINED

Kind = Literal["text", "wrap", "count", "plain_count", "signed", "share", "money", "date"]
FONT = "宋体"
HEAD_FONT = "黑体"
RULE = "#8A94A3"
HEAD_FILL = "#E9EEF4"
TOTAL_FILL = "#F4F6F9"
NUMBER_FORMATS: dict[str, str] = {
    "count": "#,##0;-#,##0;0",
    "plain_count": "#,##0",
    "signed": "+#,##0;-#,##0;0",
    "share": "0.00%",
    "money": "#,##0.00",
    "date": "yyyy-mm-dd",
}


@dataclass(frozen=True)
class Column:
    """A column: its header, width in characters, kind of values, and the group it stands under (first header row)."""

    label: str
    width: float
    kind: Kind = "text"
    group: str = ""


def new_workbook(file: Path, made_at: datetime) -> Any:
    """A workbook in which no text ever becomes a formula, a link or a number."""
    book = xlsxwriter.Workbook(
        str(file), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": file.stem, "created": made_at})
    book.formats[0].set_font_name(FONT)
    book.formats[0].set_font_size(10)
    return book


class Sheet:
    """Writes one sheet from the top down: `head`, then `row` or `block`, then `notes`, at last `finish`."""

    def __init__(self, book: Any, name: str, notice: str = "") -> None:
        self.book, self.notice = book, notice
        self.sheet = book.add_worksheet(name)
        self.columns: Sequence[Column] = ()
        self.next_row = 0
        self.first_data_row = 0
        self.formats: dict[tuple[str, bool, bool], Any] = {}
        self.breaks: list[int] = []

    def head(self, title: str, subtitle: str, columns: Sequence[Column]) -> None:
        """Title, subtitle and header; the header has two rows where a column stands under a group."""
        self.columns = columns
        last = len(columns) - 1
        for index, column in enumerate(columns):
            self.sheet.set_column(index, index, column.width)
        self._wide(
            title, {"font_name": HEAD_FONT, "font_size": 16, "align": "center", "valign": "vcenter"}, 28
        )
        text = f"{subtitle}　　{self.notice}" if self.notice else subtitle
        below = {
            "font_name": FONT,
            "font_size": 10,
            "align": "center",
            "valign": "vcenter",
            "text_wrap": True,
        }
        lines = lines_of(text, sum(column.width for column in columns))
        self._wide(text, {**below, "font_color": "#444444"}, 18 if lines == 1 else 14 * lines + 2)
        form = self._form(
            bold=True, align="center", valign="vcenter", text_wrap=True, border=1, border_color=RULE,
            bg_color=HEAD_FILL, font_name=HEAD_FONT, font_size=10,
        )  # fmt: skip
        row = self.next_row
        has_groups = any(column.group for column in columns)
        depth = 2 if has_groups else 1
        for group, members in groupby(enumerate(columns), key=lambda item: item[1].group or item[0]):
            places = list(members)
            first, end = places[0][0], places[-1][0]
            if isinstance(group, str):
                if end > first:
                    self.sheet.merge_range(row, first, row, end, group, form)
                else:
                    self.sheet.write_string(row, first, group, form)
                for index, column in places:
                    self.sheet.write_string(row + 1, index, column.label, form)
            elif has_groups:
                self.sheet.merge_range(row, first, row + 1, first, columns[first].label, form)
            else:
                self.sheet.write_string(row, first, columns[first].label, form)
        labels = (
            _group_widths(columns) if has_groups else [(column.label, column.width) for column in columns]
        )
        upper = max(lines_of(text, width) for text, width in labels)
        self.sheet.set_row(row, 22 if upper == 1 else 30)
        if has_groups:
            lower = max(lines_of(column.label, column.width) for column in columns if column.group)
            self.sheet.set_row(row + 1, 13 * lower + 4)
        self.next_row = self.first_data_row = row + depth
        self.last_column = last

    def part(self, name: str) -> None:
        """One row across all columns: the rows that follow are of another kind."""
        form = {"border": 1, "border_color": RULE, "valign": "vcenter", "font_name": FONT, "font_size": 10}
        self._wide(name, {**form, "bold": True, "bg_color": TOTAL_FILL, "indent": 1}, 18)

    def said(self, first: str, text: str) -> None:
        """One row of two texts: the first cell, and all others as one."""
        form = self._cell_form("wrap", False, text.startswith(FORMULA_SIGNS))
        self._cell(self.next_row, 0, "text", first, False)
        self.sheet.merge_range(self.next_row, 1, self.next_row, self.last_column, "", form)
        self.sheet.write_string(self.next_row, 1, visible(text), form)
        self.next_row += 1

    def row(self, values: Sequence[object], *, is_total: bool = False) -> None:
        """One row of values, in the order of the columns. None is an empty cell, in a share —."""
        lines = 1
        for index, (column, value) in enumerate(zip(self.columns, values, strict=True)):
            self._cell(self.next_row, index, column.kind, value, is_total)
            if column.kind == "wrap" and isinstance(value, str):
                lines = max(lines, lines_of(value, column.width - 2))
        self.sheet.set_row(self.next_row, max(15, 13 * lines + 2))
        self.next_row += 1

    def block(
        self, name: str, rows: Sequence[tuple[str, Sequence[object], bool]], *, is_total: bool = False
    ) -> None:
        """Rows under one merged first cell: (second cell, the other cells, whether it is a sum)."""
        form = self._form(
            align="center", valign="vcenter", border=1, border_color=RULE, bold=True, text_wrap=True,
            font_name=FONT, font_size=10, bg_color=TOTAL_FILL if is_total else "#FFFFFF",
        )  # fmt: skip
        self.sheet.merge_range(self.next_row, 0, self.next_row + len(rows) - 1, 0, name, form)
        for second, values, is_sum in rows:
            self.sheet.set_row(self.next_row, 14)
            self._cell(self.next_row, 1, "text", second, is_sum or is_total)
            for index, value in enumerate(values, start=2):
                self._cell(self.next_row, index, self.columns[index].kind, value, is_sum or is_total)
            self.next_row += 1

    def page_break(self) -> None:
        """Begin a new printed page with the next row, in programs that heed it beside fitting to the width."""
        self.breaks.append(self.next_row)

    def empty_says(self, text: str) -> None:
        """Say in words that there are no rows, where there are none."""
        if self.next_row == self.first_data_row:
            self.row([text, *[None] * (len(self.columns) - 1)])

    def notes(self, lines: Sequence[str]) -> None:
        """Lines under the table, across its whole width."""
        self.next_row += 1
        form = {
            "font_name": FONT,
            "font_size": 9,
            "font_color": "#333333",
            "text_wrap": True,
            "valign": "top",
        }
        width = sum(column.width for column in self.columns)
        for line in lines:
            self._wide(line, form, 13 * lines_of(line, width))

    def finish(self, *, freeze_columns: int = 0, print_columns_repeated: bool = False) -> None:
        """Freeze panes and A4 landscape, one page wide, with the header repeated and pages numbered."""
        self.sheet.freeze_panes(self.first_data_row, freeze_columns)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.sheet.fit_to_pages(1, 0)
        if self.breaks:
            self.sheet.set_h_pagebreaks(self.breaks)
        self.sheet.repeat_rows(0, self.first_data_row - 1)
        if print_columns_repeated and freeze_columns:
            self.sheet.repeat_columns(0, freeze_columns - 1)
        self.sheet.center_horizontally()
        self.sheet.set_footer("&L&8内部资料 注意保管&C&8&A&R&8第 &P 页，共 &N 页")
        self.sheet.print_area(0, 0, max(self.next_row - 1, self.first_data_row), self.last_column)
        self.sheet.hide_gridlines(2)

    def _wide(self, text: str, form: dict[str, object], height: float) -> None:
        last = len(self.columns) - 1
        written = self._form(**form)
        if last > 0:
            self.sheet.merge_range(self.next_row, 0, self.next_row, last, "", written)
        self.sheet.write_string(self.next_row, 0, visible(text), written)
        self.sheet.set_row(self.next_row, height)
        self.next_row += 1

    def _cell(self, row: int, index: int, kind: Kind, value: object, is_total: bool) -> None:
        is_quoted = isinstance(value, str) and value.startswith(FORMULA_SIGNS)
        form = self._cell_form(kind, is_total, is_quoted)
        if value is None:
            if kind == "share":
                self.sheet.write_string(row, index, UNDEFINED, form)
            else:
                self.sheet.write_blank(row, index, None, form)
        elif isinstance(value, date):
            self.sheet.write_datetime(row, index, datetime(value.year, value.month, value.day), form)
        elif isinstance(value, bool):
            self.sheet.write_string(row, index, "是" if value else "否", form)
        elif isinstance(value, int | float | Decimal):
            if kind in ("text", "wrap"):
                form = self._cell_form("plain_count", is_total, False)
            self.sheet.write_number(row, index, value, form)
        else:
            self.sheet.write_string(row, index, visible(str(value)), form)

    def _cell_form(self, kind: Kind, is_total: bool, is_quoted: bool) -> Any:
        key = (kind, is_total, is_quoted)
        if key not in self.formats:
            settings: dict[str, object] = {
                "border": 1, "border_color": RULE, "valign": "vcenter", "font_name": FONT, "font_size": 10,
            }  # fmt: skip
            if kind in NUMBER_FORMATS:
                settings |= {"num_format": NUMBER_FORMATS[kind], "align": "right"}
            else:
                settings |= {"align": "left", "indent": 1, "text_wrap": kind == "wrap"}
            if kind in ("plain_count", "date"):
                settings["align"] = "left" if kind == "plain_count" else "center"
            if is_total:
                settings |= {"bold": True, "bg_color": TOTAL_FILL}
            if is_quoted:
                settings["quote_prefix"] = True
            self.formats[key] = self._form(**settings)
        return self.formats[key]

    def _form(self, **settings: object) -> Any:
        return self.book.add_format(settings)


def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column of `width` half-width characters."""
    taken = sum(2 if ord(character) > 0x2E7F else 1 for character in text)
    return max(1, -(-taken // max(int(width), 1)))


def _group_widths(columns: Sequence[Column]) -> list[tuple[str, float]]:
    return [
        (group, sum(column.width for column in members))
        for group, members in groupby(columns, key=lambda column: column.group)
        if group
    ]
