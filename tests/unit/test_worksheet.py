"""What counts as a change in a corrected worklist, and what a spreadsheet does to a text by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import worksheet
from pipelines.publish.waiting import ADVICE
from pipelines.publish.wording import REASON_NAMES


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("a", "a ", False), ("01", "1", False), ("1", "01", True), ("380.00", "380", False), ("-380", "380", True),
        ("2023-08-30 09:00:00", "2023/8/30 9:00", False), ("2023-08-30 09:00:07", "2023/8/30 9:00:07", False),
        ("2023-08-30 09:00:00", "2023/8/30 9:01", True), ("2023-08-30", "2023/8/31", True),
        ("3021-08-30 09:00:00", "2021-08-30 09:00:00", True), ("2023-08-30 09:00:00", "2023/8/30", True),
        ("", "640104", True), ("640104", "", True),
    ],
)  # fmt: skip
def test_a_change_is_what_a_person_changed(old: str, new: str, changed: bool) -> None:
    assert worksheet.is_changed(old, new) is changed


@pytest.mark.parametrize("value", ["=1+1", "'=1+1", "-5", "''@x", "'plain", "一\n二", 'a,"b"', "_x000D_"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_text_comes_back_as_it_went_out(tmp_path: Path, value: str, form: str) -> None:
    tables = {"national": ([*worksheet.FIXED, "clueCode"], [[*"1234567", value]], [{7}])}
    file = tmp_path / f"a.{form}"
    file.write_bytes(worksheet.csv_of(tables) if form == "csv" else worksheet.workbook_of(tables))
    (row,) = worksheet.read_rows(file)
    assert row.cells["clueCode"] == value and row.cells[worksheet.DELIVERY] == "2"


def test_every_reason_has_its_advice() -> None:
    assert set(ADVICE) == set(REASON_NAMES)
