"""The file of a worklist: written as a workbook or CSV of texts alone, read back after a person corrected it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from pipelines.errors import DeliveryRefused, UnknownSubject
from pipelines.ingest.excel_reader import cell_text
from pipelines.ingest.limits import MAX_UNPACKED_WORKBOOK_BYTES, MAX_WORKBOOK_BYTES

MARK = "※"
SOURCE, DELIVERY, ROW = f"{MARK}来源", f"{MARK}交付标识", f"{MARK}行号"
FIXED = (SOURCE, DELIVERY, ROW, f"{MARK}报送日", f"{MARK}原因", f"{MARK}请看", f"{MARK}怎么办")
PERSONAL = "本文件含个人信息：仅限核对人员使用，用毕删除，不得外传。"
NOTES = (
    PERSONAL,
    "This file holds personal data: for those who correct it alone; delete it afterwards.",
    "每个来源一张表，每行是一条未入账记录。请直接在原栏目中改正；带 ※ 的栏目请勿改动，行可以删除，不要只排序部分栏。",
    "改正后执行 clearance quarantine import 本文件 --by 姓名 --why 依据；没有改动的行仍留在未入账中。",
    "合计行、测试行等不是诉求的，不必改，用 clearance quarantine dismiss 交付标识 行号 排除。",
)
LONGEST_CELL = 32_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t")

NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,20})?")
MOMENT = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
EXCEL_ROWS = 1_048_575

Table = tuple[list[str], list[list[str]], list[set[int]]]
"""Header, rows and, for each row, the columns to look at (numbered from 0)."""


@dataclass(frozen=True)
class FileRow:
    """A row of a corrected file: where it stands, and its cells by header."""

    where: str
    cells: Mapping[str, str]


def shown(value: str | None) -> str:
    """A value as a cell can hold it: line breaks of one kind, no other control characters, no more than fits."""
    text = (value or "").replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)[:LONGEST_CELL]


def is_changed(old: str, new: str) -> bool:
    """Whether a person changed a cell. What a spreadsheet makes of a text by itself is no change: 01 to 1, 380.00 to
    380, 2023-08-30 09:00:00 to 2023/8/30 9:00."""
    old, new = old.strip(), new.strip()
    if old == new:
        return False
    if NUMBER.fullmatch(old) and NUMBER.fullmatch(new):
        return not (len(new) < len(old) and Decimal(old) == Decimal(new))
    before, after = MOMENT.fullmatch(old), MOMENT.fullmatch(new)
    if before and after and "/" in new:
        return any(
            int(was or 0) != int(now or 0)
            for part, (was, now) in enumerate(zip(before.groups(), after.groups(), strict=True))
            if part < 5 or now is not None
        )
    return True


def workbook_of(tables: Mapping[str, Table]) -> bytes:
    """An .xlsx of texts, a sheet a source after the notes."""
    full = [name for name, (_, lines, _) in tables.items() if len(lines) > EXCEL_ROWS]
    if full:
        raise UnknownSubject(
            f"more rows of {full[0]} wait than a sheet holds ({EXCEL_ROWS})",
            remedy="write a .csv with --source",
        )
    # In memory: XlsxWriter would else keep personal data in temporary files.
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    text = book.add_format({"num_format": "@", "valign": "top"})
    head = book.add_format({"num_format": "@", "bold": True, "bg_color": "#D9E1F2", "text_wrap": True})
    fixed = book.add_format({"num_format": "@", "valign": "top", "font_color": "#595959"})
    fault = book.add_format({"num_format": "@", "valign": "top", "bg_color": "#FFF2CC"})
    notes = book.add_worksheet("说明")
    notes.set_column(0, 0, 110)
    for at, note in enumerate(NOTES):
        notes.write_string(at, 0, note, head if at < 2 else text)
    for name, (header, lines, marked) in tables.items():
        sheet = book.add_worksheet(name[:31])
        sheet.set_column(0, len(header) - 1, 16, text)
        sheet.freeze_panes(1, len(FIXED))
        for column, title in enumerate(header):
            sheet.write_string(0, column, title, head)
        for row, (line, columns) in enumerate(zip(lines, marked, strict=True), start=1):
            for column, value in enumerate(line):
                style = fixed if column < len(FIXED) else fault if column in columns else text
                sheet.write_string(row, column, value, style)
    book.close()
    return out.getvalue()


def csv_of(tables: Mapping[str, Table]) -> bytes:
    """A CSV of the one source, UTF-8 with a mark."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for header, lines, _ in tables.values() or [(list(FIXED), [], [])]:
        writer.writerow(header)
        writer.writerows([_harmless(value) for value in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def _harmless(value: str) -> str:
    """A CSV cell that a spreadsheet does not take for a formula; `_as_written` takes the quote away again."""
    return f"'{value}" if value.lstrip("'").startswith(FORMULA_STARTS) else value


def _as_written(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(FORMULA_STARTS) else cell


def read_rows(file: Path) -> list[FileRow]:
    """The rows of a corrected file. Raises DeliveryRefused for a file that no export wrote, or that cannot be read."""
    if file.suffix.lower() == ".csv":
        _refuse_unreadable(file, "correction")
        sheets = _csv_cells(file)
    else:
        sheets = workbook_cells(file, "correction")
    lines = []
    for name, cells in sheets.items():
        at = next((row for row, line in enumerate(cells[:5]) if DELIVERY in line and ROW in line), None)
        if at is None:
            continue
        header = [title.strip() for title in cells[at]]
        named = [title for title in header if title]
        if len(named) != len(set(named)):
            raise DeliveryRefused("correction", "a column stands twice", where=f"{file.name} {name}")
        for row, line in enumerate(cells[at + 1 :], start=at + 2):
            if any(cell.strip() for cell in line):
                lines.append(FileRow(f"{name} row {row}", dict(zip(header, line, strict=False))))
    if not lines:
        raise DeliveryRefused(
            "correction",
            "the file holds no rows of the worklist",
            where=file.name,
            remedy=f"correct a file that quarantine export wrote, and leave its columns {DELIVERY} and {ROW}",
        )
    return lines


def _refuse_unreadable(file: Path, what: str) -> None:
    if not file.is_file():
        raise UnknownSubject("there is no such file", where=str(file))
    if file.stat().st_size > MAX_WORKBOOK_BYTES:
        raise DeliveryRefused(what, f"the file is larger than {MAX_WORKBOOK_BYTES} bytes", where=file.name)


def workbook_cells(file: Path, what: str) -> dict[str, list[list[str]]]:
    """The cells of each sheet of a workbook that a person filled in, as texts; `what` names the file in a refusal.

    Raises UnknownSubject where there is no such file, DeliveryRefused for one that is too large or cannot be read.
    """
    _refuse_unreadable(file, what)
    try:
        with zipfile.ZipFile(file) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED_WORKBOOK_BYTES:
                raise DeliveryRefused(what, "the workbook is too large", where=file.name)
        book = CalamineWorkbook.from_path(str(file))
        return {
            name: [[cell_text(cell) for cell in line] for line in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
            for name in book.sheet_names
        }  # fmt: skip
    except (zipfile.BadZipFile, CalamineError, OSError, ValueError) as error:
        raise DeliveryRefused(
            what, f"the workbook cannot be read ({type(error).__name__})", where=file.name,
            remedy="save it as .xlsx without a password",
        ) from None  # fmt: skip


def _csv_cells(file: Path) -> dict[str, list[list[str]]]:
    content = file.read_bytes()
    try:
        # The byte-order mark decides; without one it is what a Chinese spreadsheet program saves.
        text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030")
    except UnicodeDecodeError:
        raise DeliveryRefused(
            "correction", "the text is neither UTF-8 with a mark nor GB18030", where=file.name
        ) from None
    rows = [[_as_written(cell) for cell in line] for line in csv.reader(io.StringIO(text, newline=""))]
    return {"CSV": rows}
