"""Sheets of cells as bytes of a workbook: `.xlsx` by XlsxWriter, the old `.xls` by xlwt. Same cells, same
bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import xlsxwriter
import xlwt

MOMENT_FORMAT = "yyyy-mm-dd hh:mm:ss"


@dataclass(frozen=True)
class Moment:
    """A serial number that the sheet shows as date and time."""

    serial: float


Cell = str | float | Moment | None


@dataclass(frozen=True)
class Sheet:
    """A sheet's rows of cells; its first cell is merged over `merged_columns` columns where that is more
    than one.
    """

    name: str
    rows: Sequence[Sequence[Cell]]
    merged_columns: int = 1


def xlsx(sheets: Sequence[Sheet], title: str, made_at: datetime) -> bytes:
    """A workbook in the present format. `made_at` is the only date in it."""
    buffer = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": title, "author": "虚构", "created": made_at})
    moment = book.add_format({"num_format": MOMENT_FORMAT})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        for line, row in enumerate(sheet.rows):
            if line == 0 and sheet.merged_columns > 1:
                page.merge_range(0, 0, 0, sheet.merged_columns - 1, row[0])
                continue
            for place, cell in enumerate(row):
                if isinstance(cell, Moment):
                    page.write_number(line, place, cell.serial, moment)
                elif isinstance(cell, str):
                    page.write_string(line, place, cell)
                elif cell is not None:
                    page.write_number(line, place, cell)
    book.close()
    return buffer.getvalue()


def xls(sheets: Sequence[Sheet]) -> bytes:
    """A workbook in the format of Excel 97."""
    buffer = io.BytesIO()
    book = xlwt.Workbook(encoding="utf-8")
    moment = xlwt.easyxf(num_format_str=MOMENT_FORMAT)
    for sheet in sheets:
        page = book.add_sheet(sheet.name)
        for line, row in enumerate(sheet.rows):
            if line == 0 and sheet.merged_columns > 1:
                page.write_merge(0, 0, 0, sheet.merged_columns - 1, row[0])
                continue
            for place, cell in enumerate(row):
                if isinstance(cell, Moment):
                    page.write(line, place, cell.serial, moment)
                elif cell is not None:
                    page.write(line, place, cell)
    book.save(buffer)
    return buffer.getvalue()
