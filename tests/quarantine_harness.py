"""A small office: its workspace worked through the command line, its worklist read and corrected. Data is invented."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.settings import DEFAULT_CITY_DIR
from pipelines.store import open_published

Sheets = dict[str, list[list[str]]]


class Office:
    """A workspace and a city, worked through the command line."""

    def __init__(self, root: Path) -> None:
        self.root, self.city, self.workspace = root, root / "city", root / "workspace"
        shutil.copytree(DEFAULT_CITY_DIR, self.city)

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        result = CliRunner().invoke(
            app,
            [
                "--workspace",
                str(self.workspace),
                "--city",
                str(self.city),
                *(str(word) for word in arguments),
            ],
        )
        assert result.exit_code == code, f"{arguments}: {result.output}"
        return " ".join(result.output.split())

    def national(self, name: str, rows: list[dict[str, Any]], as_of: str) -> str:
        file = self.root / name
        file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        return self.run("import", "national", file, "--as-of", as_of)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with open_published(self.workspace / "published" / "latest" / "clearance.duckdb") as connection:
            return connection.execute(query).fetchall()

    def waiting(self) -> int:
        return int(self.rows("select count(*) from clearance.quarantine where not is_resolved")[0][0])

    def rebuilt_the_same(self) -> bool:
        return "DIFFERENT" not in self.run("rebuild")


def clue(number: str | None, **values: str | None) -> dict[str, Any]:
    return {"clueCode": number, "registerTime": "2023-08-30 09:00:00", "updateTime": "2023-08-30 10:00:00",
            "reporterName": "张测试", "reporterPhone": "13800000000", "regionCode": "640104", "status": "10",
            "summary": "=1+1 拖欠", **values}  # fmt: skip


def read(file: Path) -> Sheets:
    book = CalamineWorkbook.from_path(str(file))
    return {
        name: [[str(cell) for cell in line] for line in book.get_sheet_by_name(name).to_python()]
        for name in book.sheet_names
        if name != "说明"
    }


def write(file: Path, sheets: Sheets) -> Path:
    book = xlsxwriter.Workbook(file)
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        for row, line in enumerate(lines):
            for column, value in enumerate(line):
                sheet.write_string(row, column, value)
    book.close()
    return file


def correct(sheets: Sheets, change: Callable[[dict[str, str]], None]) -> Sheets:
    """The sheets with every row changed by `change`, which sees the row by header."""
    made: Sheets = {}
    for name, (header, *lines) in sheets.items():
        made[name] = [header]
        for line in lines:
            row = dict(zip(header, line, strict=True))
            change(row)
            made[name].append([row[title] for title in header])
    return made
