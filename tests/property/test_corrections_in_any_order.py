"""A bad row, its correction, its copies and the same row sent well, in any order of arrival: one ticket, no double,
and never neither ticket nor a row on the worklist; and a correction taken back is as if it had never come.
Data is invented."""

from __future__ import annotations

import itertools
import json
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import day, ingest, normalize, registry
from pipelines.contracts import load_sources
from pipelines.settings import load_city
from pipelines.store import SCHEMAS, Workspace, run_sql

SEEN = datetime(2023, 8, 31, 23, 59, 59)
CONTRACT = load_sources()["national"]


def clue(number: str | None, region: str, updated: str = "2023-08-30 10:00:00") -> dict[str, Any]:
    return {"clueCode": number, "registerTime": "2023-08-30 09:00:00", "updateTime": updated, "status": "10",
            "regionCode": region}  # fmt: skip


class Landing:
    """A landing in the making, each delivery by a short name."""

    def __init__(self, root: Path) -> None:
        self.root, self.workspace = root, Workspace.open(root / "workspace")
        self.ids: dict[str, str] = {}

    def source(self, name: str, on: str, *rows: dict[str, Any]) -> None:
        file = self.root / f"{name}.json"
        # Indented: not the same bytes as any other, which would be the same delivery.
        file.write_text(json.dumps(rows, indent=len(self.ids)), encoding="utf-8")
        report = ingest.import_files(self.workspace, CONTRACT, [file], date.fromisoformat(on))
        self.ids[name] = report.deliveries[0].delivery_id

    def correction(
        self, name: str, on: str, of: str, row: dict[str, Any], taken_back: frozenset[str] = frozenset()
    ) -> None:
        values = {column: row.get(column) for column in CONTRACT.columns}
        corrected = ingest.CorrectedRow(ingest.Corrects(self.ids[of], 1, SEEN), values, {})
        file = self.root / "corrected"
        file.write_text(name, encoding="utf-8")
        delivery, _ = ingest.land_correction(
            self.workspace, CONTRACT, [corrected], file, date.fromisoformat(on), taken_back
        )
        self.ids[name] = delivery.delivery_id

    def fold(self, connection: duckdb.DuckDBPyConnection, known: tuple[str, ...]) -> tuple[list[Any], int]:
        """Ticket numbers with their divisions in force, and how many rows wait."""
        normalize.fold(connection, [self.ids[name] for name in known])
        run_sql(connection, "marts/quarantine")
        tickets = connection.execute(
            "select ticket_no, arg_max(division_code, version_no) from core.ticket_versions group by 1 order by 1"
        ).fetchall()
        rows = connection.execute(
            "select count(*) from clearance.quarantine where not is_resolved"
        ).fetchall()
        conserved = connection.execute(
            "select count(*), count(*) filter ((disposition = 'quarantined') <> (reason is not null)), "
            "count(distinct (delivery_id, row_no)) from core.known_rows"
        ).fetchall()[0]
        assert conserved[1] == 0 and conserved[0] == conserved[2] == len(known)
        return tickets, rows[0][0]


@pytest.mark.parametrize("number", ["XS7", None], ids=["with a number", "without one"])
def test_one_ticket_and_no_double_whatever_is_known(tmp_path: Path, number: str | None) -> None:
    landing = Landing(tmp_path)
    bad = clue(number, "649999")
    landing.source("bad", "2023-08-31", bad)
    landing.correction("correction", "2023-08-31", "bad", clue("XS7", "640105"))
    landing.source("again", "2023-09-01", bad)
    landing.source("changed", "2023-09-01", clue(number, "649998", "2023-09-01 08:00:00"))
    landing.source("well", "2023-09-02", clue("XS7", "640106"))
    landing.source("later", "2023-09-03", clue("XS7", "640106", "2023-09-03 08:00:00"))
    names = [name for name in landing.ids if name != "bad"]
    with landing.workspace.scratch() as connection:
        for schema in SCHEMAS:
            connection.execute(f"create schema if not exists {schema}")
        registry.create_tables(connection)
        normalize.prepare(connection, load_city())
        landed = day.landed_deliveries(landing.workspace)
        # Staged in the order of arrival: the correction last, and first after its row.
        by_id = {item.delivery_id: item for item in landed}
        subsets = [chosen for size in range(len(names) + 1) for chosen in itertools.combinations(names, size)]
        found: dict[tuple[str, ...], tuple[list[Any], int]] = {}
        for order, wanted in ((["bad", *names], subsets), (["bad", *reversed(names)], [tuple(names)])):
            connection.execute("delete from stage.rows")
            connection.execute("delete from stage.deliveries")
            for name in order:
                normalize.stage(
                    landing.workspace,
                    connection,
                    load_city(),
                    {"national": CONTRACT},
                    [by_id[landing.ids[name]]],
                )
            for chosen in wanted:
                result = landing.fold(connection, ("bad", *chosen))
                assert found.setdefault(chosen, result) == result
    for known, (tickets, waiting) in found.items():
        good = {"correction", "well", "later"} & set(known)
        assert [ticket for ticket, _ in tickets] == (["XS7"] if good else []), known
        assert tickets or waiting, known
        if "correction" in known and "changed" not in known:
            assert waiting == 0, known
        if "later" in known:
            assert tickets[0][1] == "640106", known


REGIONS = ("640105", "640106", "649998")
NUMBERS = ("XS7", "XS8")


@st.composite
def undone_histories(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """Deliveries of the source and corrections in any order; of the corrections some are taken back."""
    steps: list[tuple[str, Any]] = [("bad", None)]
    for _ in range(draw(st.integers(1, 5))):
        region, number = draw(st.sampled_from(REGIONS)), draw(st.sampled_from(NUMBERS))
        kind = draw(st.sampled_from(["source", "copy", "correction"]))
        day_no, minute = draw(st.integers(1, 4)), draw(st.integers(0, 59))
        is_undone = kind == "correction" and draw(st.booleans())
        steps.append((kind, (region, number, day_no, minute, is_undone)))
    return steps


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(undone_histories(), st.sampled_from(["XS7", None]), st.booleans(), st.randoms(use_true_random=False))
def test_taken_back_is_as_if_it_had_never_come(
    steps: list[tuple[str, Any]], number: str | None, is_all: bool, random: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        landing = Landing(Path(folder))
        bad = clue(number, "649999")
        undone: set[str] = set()
        standing = 0
        for at, (kind, chosen) in enumerate(steps):
            name = f"{kind}{at}"
            if chosen is None:
                landing.source("bad", "2023-08-31", bad)
                continue
            region, ticket, day_no, minute, is_undone = chosen
            on = f"2023-09-0{day_no}"
            if kind == "source":
                landing.source(name, on, clue(ticket, region, f"{on} 08:{minute:02d}:00"))
            elif kind == "copy":
                landing.source(name, on, bad)
            elif standing == 0:
                ids = frozenset(landing.ids[name] for name in undone)
                landing.correction(name, on, "bad", clue(ticket, region), ids)
                if is_undone:
                    undone.add(name)
                else:
                    standing += 1
        names = list(landing.ids)
        assert len(set(landing.ids.values())) == len(names)
        by_id = {item.delivery_id: item for item in day.landed_deliveries(landing.workspace)}
        random.shuffle(names)
        with landing.workspace.scratch() as connection:
            for schema in SCHEMAS:
                connection.execute(f"create schema if not exists {schema}")
            registry.create_tables(connection)
            normalize.prepare(connection, load_city())
            for name in names:
                normalize.stage(
                    landing.workspace,
                    connection,
                    load_city(),
                    {"national": CONTRACT},
                    [by_id[landing.ids[name]]],
                )
            never = landing.fold(connection, tuple(name for name in names if name not in undone))
            for name in [*undone, *undone]:  # Twice, as two people may at one time.
                registry.append_decision(
                    landing.workspace,
                    "undone_corrections",
                    {"delivery_id": landing.ids[name], "row_no": None if is_all else 1, "undone_by": "a",
                     "undone_at": SEEN, "why": "b"},
                )  # fmt: skip
            registry.load(landing.workspace, connection)
            assert landing.fold(connection, tuple(names)) == never
            # What is not known yet when a publication is made again has not happened: made_after is 0 here.
            registry.derive_standing(connection, sequence=0)
            known = connection.execute("select count(*) from registry.known_undone_corrections").fetchall()
            assert known == [(0,)]
