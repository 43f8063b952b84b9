"""A row in quarantine is a claim that the table does not hold yet; once the code list is mended it comes in as a correction."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

from pipelines.settings import DEFAULT_CITY_DIR
from pipelines.store import open_published
from tests.command_lines import runner


def test_a_mended_code_list_brings_the_claim_in(tmp_path: Path) -> None:
    city = tmp_path / "city"
    shutil.copytree(DEFAULT_CITY_DIR, city)
    clearance = runner(tmp_path / "workspace", city)
    rows = [
        {"clueCode": f"XS000{number}", "registerTime": "2023-08-30 09:00:00", "updateTime": "2023-08-30 09:00:00",
         "regionCode": region, "status": "10"}
        for number, region in enumerate(["640104", "滨河新区"])
    ]  # fmt: skip
    file = tmp_path / "clues.json"
    file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    clearance("import", "national", str(file), "--as-of", "2023-08-31")
    clearance("publish", "--date", "2023-08-31")
    assert "unknown_division" in clearance("quarantine", "list") and "XS0001" in clearance(
        "quarantine", "list"
    )

    divisions = city / "divisions.csv"
    divisions.write_text(
        divisions.read_text(encoding="utf-8").replace("county,兴庆", "county,兴庆|滨河新区"), encoding="utf-8"
    )
    said = clearance("quarantine", "replay", "national", "--by", "李工", "--why", "滨河新区归兴庆区")
    assert "1 rows in quarantine before, 0 after" in said
    clearance("publish", "--date", "2023-09-01")
    with open_published(tmp_path / "workspace" / "published" / "latest" / "clearance.duckdb") as connection:
        assert connection.execute("select count(*) from clearance.quarantine").fetchall() == [(0,)]
        assert connection.execute(
            "select basis, occurred_on, flow, quantity, cause from clearance.corrections order by basis"
        ).fetchall() == [(basis, date(2023, 8, 30), "received", 1, "replay") for basis in ("lead", "ticket")]
    assert "DIFFERENT" not in clearance("rebuild")
