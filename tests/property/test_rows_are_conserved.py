"""Whatever a source sends, every row ends in exactly one place, and none is invented."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import day, ingest, normalize
from pipelines.contracts import load_sources
from pipelines.settings import load_city
from pipelines.store import SCHEMAS, Workspace

CONTRACT = load_sources()["national"]
DAY = date(2023, 8, 31)
HOSTILE = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "0", "-1", "1e999", "NaN", "Infinity", "2023-08-15 10:20:00", "3021-01-01", "2023-02-30", "640104", "649999",
         "=HYPERLINK(\"x\")", "<script>alert(1)</script>", "'; drop table stage.rows; --", "\u202e", "\ufeff", "40", "90", "99"]
    ),
    st.integers(-10, 10**20),
    st.booleans(),
)  # fmt: skip
GOOD = {
    "registerTime": "2023-08-10 09:00:00",
    "updateTime": "2023-08-11 09:00:00",
    "regionCode": "640104",
    "status": "10",
}


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for _ in range(draw(st.integers(1, 8))):
        row: dict[str, Any] = {name: "" for name in CONTRACT.columns}
        row.update(GOOD, clueCode=f"XS{draw(st.integers(1, 4)):04d}")
        for name in draw(st.lists(st.sampled_from(sorted(CONTRACT.columns)), max_size=5)):
            row[name] = draw(HOSTILE)
        made.append(row)
    return made


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(rows(), min_size=1, max_size=3))
def test_every_row_ends_in_one_place(deliveries: list[list[dict[str, Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        workspace = Workspace.open(root / "workspace")
        for number, content in enumerate([*deliveries, deliveries[0]]):
            file = root / f"clues_{number}.json"
            file.write_text(json.dumps(content, ensure_ascii=True), encoding="utf-8")
            ingest.import_files(workspace, CONTRACT, [file], DAY)
        landed = day.landed_deliveries(workspace)
        distinct = {json.dumps(content) for content in deliveries}
        assert sum(item.rows for item in landed) == sum(len(json.loads(content)) for content in distinct)
        with workspace.scratch() as connection:
            for schema in SCHEMAS:
                connection.execute(f"create schema {schema}")
            normalize.prepare(connection, load_city())
            normalize.stage(workspace, connection, load_city(), {"national": CONTRACT}, landed)
            normalize.fold(connection, [item.delivery_id for item in landed])
            counts = dict(
                connection.execute(
                    "select disposition, count(*) from core.known_rows group by all"
                ).fetchall()
            )
            assert set(counts) <= {"version", "same_as_before", "out_of_scope", "quarantined"}
            assert sum(counts.values()) == sum(item.rows for item in landed)
            assert connection.execute(
                "select count(*) from core.known_rows where (disposition = 'quarantined') <> (reason is not null)"
            ).fetchall() == [(0,)]
            sent = {str(row["clueCode"]) for content in deliveries for row in content}
            held = {
                row[0]
                for row in connection.execute(
                    "select distinct ticket_no from core.ticket_versions"
                ).fetchall()
            }
            assert len(held) <= len(sent)
            normalize.describe_state(connection, DAY, "secret")
            states = connection.execute(
                "select count(*), count(distinct ticket_id) from core.ticket_state"
            ).fetchall()
            assert states[0][0] == states[0][1] == len(held)
