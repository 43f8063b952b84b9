"""A backfill of days of which a delivery landed late: replayed with the recorded sets, the tables are those published."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from examples.upstream.model import CityParameters, build_city
from examples.upstream.servers import Upstream
from pipelines import day
from pipelines.cli import app
from pipelines.settings import Connection, connection_from_environment, load_city
from pipelines.store import Workspace

DAYS = (date(2023, 8, 29), date(2023, 8, 30), date(2023, 8, 31))
LATE, LATE_ON = "hotline", DAYS[1]


def hashes(workspace: Path) -> dict[date, dict[str, str]]:
    found = {}
    for business_date in DAYS:
        file = workspace / "published" / business_date.isoformat() / "r01" / "manifest.json"
        tables = json.loads(file.read_text(encoding="utf-8"))["tables"]
        found[business_date] = {
            name: entry["content_hash"] for name, entry in tables.items() if "content_hash" in entry
        }
    return found


def daily_runs(root: Path) -> Path:
    """Three daily runs against the real upstream; the hotline's delivery for 08-30 lands only after 08-30 was published."""
    workspace = Workspace.open(root / "daily")
    with Upstream(build_city(CityParameters(tickets=150)), root / "upstream") as upstream:
        for business_date in DAYS:
            upstream.advance(datetime.combine(business_date + timedelta(days=1), datetime.min.time()))
            environment = upstream.connections()

            def connection(
                name: str, business_date: date = business_date, environment: dict[str, str] = environment
            ) -> Connection | None:
                is_late = business_date == LATE_ON and LATE in name
                return None if is_late else connection_from_environment(name, environment)

            if business_date == DAYS[2]:
                assert not day.pull(workspace, LATE_ON, [LATE], connections=connection)
            report = day.run(workspace, load_city(), business_date, connections=connection)
            assert not report.source_errors, report.source_errors
    return workspace.root


def backfill(source: Path, place: Path, *arguments: str) -> dict[date, dict[str, str]]:
    """The same landing in another workspace, all days published at once."""
    shutil.copytree(source / "landing", place / "landing")
    shutil.copy(source / "key", place / "key")
    Workspace.open(place)
    span = ("publish", "--from", str(DAYS[0]), "--to", str(DAYS[-1]), *arguments)
    result = CliRunner().invoke(app, ["--workspace", str(place), *span])
    assert result.exit_code == 0, result.output
    return hashes(place)


def test_recorded_delivery_sets_are_replayed(tmp_path: Path) -> None:
    daily = daily_runs(tmp_path)
    published = hashes(daily)
    replayed = backfill(daily, tmp_path / "replayed", "--recorded-in", str(daily))
    assert replayed == published
    knowing = backfill(daily, tmp_path / "knowing")
    assert knowing[DAYS[0]] == published[DAYS[0]], "nothing of the first day came late"
    assert knowing[LATE_ON]["tickets"] != published[LATE_ON]["tickets"], (
        "with all that has landed it is another day"
    )
    # In the end both know the same: only what was said on the way differs.
    for table in ("tickets", "leads", "clearance_restated"):
        assert knowing[DAYS[2]][table] == published[DAYS[2]][table], table
    assert knowing[DAYS[2]]["clearance_daily"] != published[DAYS[2]]["clearance_daily"]
    result = CliRunner().invoke(
        app,
        [
            "--workspace",
            str(tmp_path / "replayed"),
            "publish",
            "--date",
            "2023-09-01",
            "--recorded-in",
            str(daily),
        ],
    )
    assert result.exit_code == 2 and "recorded days: 2023-08-29" in " ".join(result.output.split())
