"""Read back what was written: page, workbook, bulletin and database must tell the same figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from python_calamine import CalamineWorkbook

from pipelines.errors import PublicationError
from pipelines.publish.bulletin import WORDS, read_bulletin
from pipelines.publish.figures import BASES, Figures, collect
from pipelines.publish.page import read_page
from pipelines.publish.wording import ten_thousands
from pipelines.publish.workbook import NOTES_SHEET, PROGRESS, PROGRESS_SHEET, TOTAL, workbook_name
from pipelines.store import open_published


def verify(folder: Path, business_date: date, figures: Figures) -> None:
    """Compare the key figures of the folder's database, page, workbook and bulletin with `figures`.

    Raises PublicationError that names the artifact and the figure that differ.
    """
    expected = figures.key()
    with open_published(folder / "clearance.duckdb") as connection:
        _agree("clearance.duckdb", expected, collect(connection, business_date).key())
    said, shown = read_page((folder / "index.html").read_text(encoding="utf-8"))
    _agree("index.html", expected, said)
    _agree("index.html as shown", {name: expected[name] for name in shown if name in expected}, shown)
    _agree(
        workbook_name(business_date),
        expected | _progress_totals(figures),
        _workbook(folder / workbook_name(business_date)),
    )
    words = {name: expected[name] for name in WORDS}
    words["recovered_wan_hundredths"] = int(ten_thousands(expected["recovered_fen"]) * 100)
    _agree("bulletin.md", words, read_bulletin((folder / "bulletin.md").read_text(encoding="utf-8")))


def _agree(artifact: str, expected: Mapping[str, int], found: Mapping[str, int]) -> None:
    for name, value in expected.items():
        if found.get(name) != value:
            raise PublicationError(
                f"the published artifacts disagree: {name} is {value} in the tables, {found.get(name, 'absent')} in {artifact}",
                where=artifact,
                remedy="nothing was published; this is a defect of the software: report it with the publication's date",
            )


def _progress_totals(figures: Figures) -> dict[str, int]:
    return {f"合计 {basis} {name}": figures.of(basis)[name] for name in PROGRESS for basis in BASES}


def _workbook(file: Path) -> dict[str, int]:
    book = CalamineWorkbook.from_path(str(file))
    found = {
        str(row[2]): int(row[1])
        for row in book.get_sheet_by_name(NOTES_SHEET).to_python()
        if len(row) > 2 and isinstance(row[1], int | float) and re.fullmatch(r"[a-z_0-9]+", str(row[2]))
    }
    rows = book.get_sheet_by_name(PROGRESS_SHEET).to_python()
    block = next(index for index, row in enumerate(rows) if row and row[0] == TOTAL)
    total = next(row for row in rows[block:] if row[1] == "合计")
    names = [f"合计 {basis} {name}" for name in PROGRESS for basis in BASES]
    for name, value in zip(names, total[2:], strict=False):
        found[name] = int(value) if isinstance(value, int | float) else -1
    return found
