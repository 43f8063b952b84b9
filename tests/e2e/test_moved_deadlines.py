"""When the calendar changes, every open deadline is computed again, and the table says which moved."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

from pipelines.settings import DEFAULT_CITY_DIR
from pipelines.store import open_published
from tests.command_lines import runner


def test_the_open_deadlines_that_a_new_holiday_moves_are_listed(tmp_path: Path) -> None:
    city = tmp_path / "city"
    shutil.copytree(DEFAULT_CITY_DIR, city)
    clearance = runner(tmp_path / "workspace", city)
    clues = [
        {"clueCode": f"XS000{number}", "registerTime": f"2023-08-{day} 09:00:00", "updateTime": f"2023-08-{day} 09:00:00",
         "regionCode": "640104", "status": "20", "employerName": f"宁夏虚构第{number}建筑有限公司"}
        for number, day in enumerate(("10", "25"))
    ]  # fmt: skip
    clues.append(
        clues[1]
        | {
            "clueCode": "XS0009",
            "status": "40",
            "finishTime": "2023-08-30 09:00:00",
            "updateTime": "2023-08-30 09:00:00",
        }
    )
    file = tmp_path / "clues.json"
    file.write_text(json.dumps(clues, ensure_ascii=False), encoding="utf-8")
    clearance("import", "national", str(file), "--as-of", "2023-08-31")
    clearance("publish", "--date", "2023-08-31")
    with (city / "calendar.csv").open("a", encoding="utf-8") as handle:
        handle.write("2023-09-06,地方假日,false,confirmed,虚构通知\n")
    assert "1 open deadlines moved because of the calendar" in clearance("publish", "--date", "2023-09-01")
    with open_published(tmp_path / "workspace" / "published" / "latest" / "clearance.duckdb") as connection:
        moved = connection.execute(
            "select ticket_id, due_before, due_at, moved_days, cause from clearance.moved_deadlines"
        ).fetchall()
    # Not the one that was due before the new holiday, and not the one that is closed.
    assert moved == [
        (
            "national:XS0001",
            datetime(2023, 9, 15, 23, 59, 59),
            datetime(2023, 9, 18, 23, 59, 59),
            3,
            "calendar",
        )
    ]
    page = (tmp_path / "workspace" / "published" / "latest" / "index.html").read_text(encoding="utf-8")
    assert "日历调整：1 件在办的办理时限变动" in page
    assert "moved because" not in clearance("publish", "--date", "2023-09-02")
