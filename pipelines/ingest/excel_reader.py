"""Reads workbooks (.xlsx, .xls): title rows, a header to be found, a total row at the end, sheets of codes.

Cells become text: dates as ISO, whole numbers without a decimal part, a number that Excel has rounded in its
scientific form (`1.38E+10`), because its digits are lost and nobody may take it for the real one.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from pipelines.contracts import SourceContract, fold_header
from pipelines.errors import DeliveryRefused
from pipelines.ingest.acceptance import of_another_source
from pipelines.ingest.archives import FileUnreadable
from pipelines.ingest.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS
from pipelines.ingest.old_workbooks import check_old_workbook
from pipelines.ingest.rows import REPLACEMENT, Reading, refuse_too_many_rows
from pipelines.ingest.workbook_parts import WorkbookUnreadable, check_workbook

__all__ = ["CODE_SHEET", "WorkbookUnreadable", "cell_text", "read_excel", "read_time"]

HEADER_SEARCH_ROWS = 10
EXCEL_DIGITS = 15
COUNT_DIGITS = 7  # a total row may have its count in the column of the numbers
BATCH_ROWS = 20_000
CODE_SHEET = re.compile(r"代码|编码|码表|字典|说明|填报|参考|code|dict|readme", re.IGNORECASE)


@dataclass(frozen=True)
class _Sheet:
    name: str
    title: tuple[tuple[str, ...], ...]
    headers: tuple[str, ...]
    rows: list[list[str]]


def read_excel(
    connection: duckdb.DuckDBPyConnection, contract: SourceContract, file: Path, name: str
) -> Reading:
    """Read the sheets that have the contract's header. Raises DeliveryRefused where there is none."""
    check_workbook(contract.source, file, name)
    check_old_workbook(contract.source, file, name)
    warnings: list[str] = []
    sheets: list[_Sheet] = []
    others: list[tuple[str, str]] = []
    try:
        with CalamineWorkbook.from_path(str(file)) as workbook:
            for entry in workbook.sheets_metadata:
                if entry.typ != SheetTypeEnum.WorkSheet:
                    continue
                sheet = _read_sheet(contract, workbook.get_sheet_by_name(entry.name), name, others)
                if sheet is not None:
                    sheets.append(sheet)
                elif CODE_SHEET.search(entry.name) is None and sheets == []:
                    warnings.append("a sheet before the table has no header of the contract and was ignored")
                elif CODE_SHEET.search(entry.name) is None:
                    warnings.append("a further sheet has no header of the contract and was ignored")
    except PasswordError:
        raise DeliveryRefused(
            contract.source,
            "the workbook is protected by a password",
            where=name,
            remedy="save it without a password",
        ) from None
    except (DeliveryRefused, MemoryError):
        raise
    except BaseException as error:
        # The reader is written in Rust: on a file broken in the right place it panics, outside Exception's tree.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise FileUnreadable(contract.source, name, error) from None
        if not isinstance(error, CalamineError | OSError | ValueError) and not _is_panic(error):
            raise
        raise WorkbookUnreadable(
            contract.source,
            f"the file cannot be opened as a workbook ({type(error).__name__})",
            where=name,
            remedy="it may be cut, or a web page saved under the name of a workbook: save it as .xlsx again",
        ) from None
    if not sheets and len(set(others)) == 1:
        raise DeliveryRefused(contract.source, others[0][0], where=name, remedy=others[0][1])
    if not sheets:
        raise DeliveryRefused(
            contract.source,
            f"no sheet has a header of the contract in its first {HEADER_SEARCH_ROWS} rows; "
            f"required columns: {', '.join(contract.required_columns)}",
            where=name,
            remedy=f"look at the file's header, add new names as aliases in schemas/sources/{contract.source}.yml",
        )
    return _reading(connection, contract, sheets, tuple(warnings))


def _is_panic(error: BaseException) -> bool:
    return type(error).__name__ == "PanicException"


def cell_text(value: Any) -> str:
    """A cell as text (see the module's rules)."""
    if isinstance(value, str):
        return value.replace("\0", REPLACEMENT)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        moment = value + timedelta(milliseconds=1)
        moment = moment.replace(microsecond=0) if moment.microsecond < 2000 else value
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, int | float):
        return _number_text(float(value))
    return ""


def _number_text(number: float) -> str:
    if not number.is_integer():
        return repr(number)
    digits = str(int(number))
    significant = len(digits.lstrip("-").rstrip("0"))
    length = len(digits.lstrip("-"))
    if length > EXCEL_DIGITS or (length >= 11 and significant <= 4):
        mantissa, exponent = f"{number:.14E}".split("E")
        mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}E{int(exponent):+03d}"
    return digits


def _read_sheet(
    contract: SourceContract, sheet: CalamineSheet, name: str, others: list[tuple[str, str]]
) -> _Sheet | None:
    """The sheet's table, or None where it has no header of the contract; `others` takes which source's it looks like."""
    title: list[tuple[str, ...]] = []
    headers: tuple[str, ...] | None = None
    rows: list[list[str]] = []
    if sheet.height == 0:
        return None
    for cells in _lines(sheet):
        _refuse_long_cells(contract.source, cells, name)
        if headers is None:
            if _is_header(contract, cells):
                headers = _trimmed(cells)
                continue
            title.append(tuple(cells))
            another = of_another_source(contract, cells)
            if another is not None:
                others.append(another)
            if len(title) >= HEADER_SEARCH_ROWS:
                return None
        elif any(cell.strip() for cell in cells):
            rows.append(cells)
            refuse_too_many_rows(contract.source, len(rows), name)
    if headers is None:
        return None
    if len(headers) > MAX_COLUMNS:
        raise DeliveryRefused(
            contract.source,
            f"the header has {len(headers)} columns, more than MAX_COLUMNS = {MAX_COLUMNS}",
            where=name,
        )
    total = contract.delivery.get("total_row")
    if total and rows and _is_total(rows[-1], str(total)) and not _has_number(contract, headers, rows[-1]):
        rows.pop()
    return _Sheet(sheet.name, tuple(title), headers, rows)


def _refuse_long_cells(source: str, cells: Sequence[str], name: str) -> None:
    if max(map(len, cells), default=0) > MAX_CELL_CHARACTERS:
        raise DeliveryRefused(
            source,
            f"a cell has more than MAX_CELL_CHARACTERS = {MAX_CELL_CHARACTERS} characters",
            where=name,
            remedy="look at the cell; no work order is that long",
        )


def _lines(sheet: CalamineSheet) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [cell_text(value) for value in row]


def _is_header(contract: SourceContract, cells: Sequence[str]) -> bool:
    """A row is the header when at least half of the required columns (two at least) stand in it by name."""
    found = {contract.declared_name(cell) for cell in cells if cell.strip()} - {None}
    needed = max(2, (len(contract.required_columns) + 1) // 2)
    return len(found & set(contract.required_columns)) >= needed or len(found) >= max(
        4, len(contract.columns) // 2
    )


def _trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return tuple(cells[:end])


def _is_total(cells: Sequence[str], word: str) -> bool:
    """The last row is the total row when one of its cells is the word alone or with a number, never prose."""
    pattern = re.compile(rf"(?:总)?{re.escape(fold_header(word))}[::]?(?:共)?\d*(?:件|条|人)?")
    return any(pattern.fullmatch(fold_header(cell)) for cell in cells)


def _has_number(contract: SourceContract, headers: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether the row has a ticket's own number: then it is a ticket, whatever its texts say."""
    names = contract.columns_of("ticket_no")
    return any(
        contract.declared_name(header) in names and sum(sign.isdigit() for sign in cell) > COUNT_DIGITS
        for header, cell in zip(headers, cells, strict=False)
    )


def _reading(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    sheets: Sequence[_Sheet],
    warnings: tuple[str, ...],
) -> Reading:
    headers, places = _columns_of_all(contract, sheets)
    connection.execute(
        "create or replace temp table sheet_rows (row_no bigint, "
        + ", ".join(f"c{at} varchar" for at in range(len(headers)))
        + ")"
    )
    row_no, has_broken = 0, False
    for sheet, where in zip(sheets, places, strict=True):
        for first in range(0, len(sheet.rows), BATCH_ROWS):
            batch = sheet.rows[first : first + BATCH_ROWS]
            columns: list[list[str | None]] = [[""] * len(batch) for _ in headers]
            for at, row in enumerate(batch):
                for target, cell in zip(where, row, strict=False):
                    columns[target][at] = cell
            arrays = [pa.array(range(row_no + 1, row_no + 1 + len(batch)), pa.int64())]
            arrays += [pa.array(column, pa.string()) for column in columns]
            names = ["row_no", *(f"c{at}" for at in range(len(headers)))]
            connection.register("sheet_batch", pa.table(arrays, names=names))
            connection.execute("insert into sheet_rows select * from sheet_batch")
            connection.unregister("sheet_batch")
            has_broken = has_broken or any(
                cell and REPLACEMENT in cell for column in columns for cell in column
            )
            row_no += len(batch)
    titles = [sheet.title for sheet in sheets]
    return Reading(
        headers=tuple(headers),
        query="select *, cast(null as varchar) as _defect, cast(null as varchar) as _surplus from sheet_rows",
        rows=row_no,
        has_broken_text=has_broken,
        control_total=_stated_total(contract, titles),
        changed_at=_stated_time(contract, titles),
        warnings=warnings,
    )


def _columns_of_all(contract: SourceContract, sheets: Sequence[_Sheet]) -> tuple[list[str], list[list[int]]]:
    """The columns of all sheets together, and for each sheet where its own columns stand among them.

    A column without a header has a place of its own if anything stands in it: the first one of every sheet shares one,
    the second another. A header that stands twice in a sheet has two places, for `map_headers` to judge.
    """
    headers: list[str] = []
    places: list[list[int]] = []
    for sheet in sheets:
        own = [*sheet.headers, *[""] * (_used_width(sheet.rows) - len(sheet.headers))]
        unnamed = [at for at, header in enumerate(headers) if not header.strip()]
        where: list[int] = []
        for header in own:
            if header.strip():
                at = _position(contract, headers, header) if places else None
            else:
                at = unnamed.pop(0) if unnamed else None
            if at is None or at in where:
                at = len(headers)
                headers.append(header)
            where.append(at)
        places.append(where)
    return headers, places


def _used_width(rows: Sequence[Sequence[str]]) -> int:
    """How many columns hold anything, though they may have no header."""
    used = 0
    for row in rows:
        for at in range(len(row) - 1, used - 1, -1):
            if row[at].strip():
                used = at + 1
                break
    return min(used, MAX_COLUMNS + 1)


def _position(contract: SourceContract, headers: Sequence[str], header: str) -> int | None:
    name = contract.declared_name(header)
    for at, other in enumerate(headers):
        if fold_header(other) == fold_header(header) or (
            name is not None and contract.declared_name(other) == name
        ):
            return at
    return None


def _stated_total(contract: SourceContract, titles: Sequence[Sequence[Sequence[str]]]) -> int | None:
    rule = contract.delivery.control_total
    if rule is None:
        return None
    totals = [int(text) for title in titles if (text := _found(title, rule.pattern)) is not None]
    return sum(totals) if totals else None


def _stated_time(contract: SourceContract, titles: Sequence[Sequence[Sequence[str]]]) -> datetime | None:
    rule = contract.delivery.changed_at
    if rule is None:
        return None
    for title in titles:
        text = _found(title, rule.pattern)
        moment = None if text is None else read_time(text)
        if moment is not None:
            return moment
    return None


def _found(title: Sequence[Sequence[str]], pattern: str) -> str | None:
    for row in title:
        for text in (*row, "　".join(cell for cell in row if cell.strip())):
            found = re.search(pattern, text)
            if found is not None:
                return found.group(1).strip()
    return None


_TIME = re.compile(
    r"^\s*(\d{4})\s*[-/年.]?\s*(\d{1,2})\s*[-/月.]?\s*(\d{1,2})\s*日?\s*T?"
    r"(?:(\d{1,2})\s*[::时点]?\s*(\d{2})?\s*[::分]?\s*(\d{2})?\s*秒?)?"
)


def read_time(text: str) -> datetime | None:
    """A time in one of the forms that sources write (2023-08-31 18:00, 2023年8月31日18时, 20230831180000), or None."""
    packed = re.fullmatch(r"\s*(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?\s*", text)
    found = packed or _TIME.match(text)
    if found is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
