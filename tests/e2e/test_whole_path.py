"""Five real servers in, three published days out; the same from files that a person hands over; the same again.

One small invented city serves the whole module.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from examples.upstream.model import City, CityParameters, build_city
from examples.upstream.servers import Upstream, hand_over
from pipelines import day
from pipelines.cli import app
from pipelines.settings import connection_from_environment, load_city
from pipelines.store import Workspace, open_published

DAYS = (date(2023, 8, 29), date(2023, 8, 30), date(2023, 8, 31))
CONTENT = (
    "tickets",
    "leads",
    "incidents",
    "clocks",
    "matches",
    "ticket_events",
    "clearance_daily",
    "clearance_restated",
    "campaign",
)


@dataclass
class Run:
    city: City
    root: Path
    workspace: Path
    said: list[str]


def rows(workspace: Path, query: str, folder: str = "latest") -> list[tuple[Any, ...]]:
    with open_published(workspace / "published" / folder / "clearance.duckdb") as connection:
        return connection.execute(query).fetchall()


def content(workspace: Path, folder: str) -> dict[str, str]:
    """The content hash of each table that says the same whenever the same is known."""
    tables = json.loads((workspace / "published" / folder / "manifest.json").read_text(encoding="utf-8"))[
        "tables"
    ]
    return {name: entry["content_hash"] for name, entry in tables.items() if "content_hash" in entry}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    root = tmp_path_factory.mktemp("city")
    city = build_city(CityParameters(tickets=300))
    workspace = Workspace.open(root / "workspace")
    said: list[str] = []
    with Upstream(city, root / "upstream") as upstream:
        for business_date in DAYS:
            upstream.advance(datetime.combine(business_date, datetime.min.time()) + timedelta(days=1))
            environment = upstream.connections()
            report = day.run(
                workspace, load_city(), business_date, say=said.append,
                connections=lambda name: connection_from_environment(name, environment),
            )  # fmt: skip
            assert not report.source_errors, report.source_errors
    yield Run(city, root, workspace.root, said)


def test_every_ticket_of_the_city_and_no_other(run: Run) -> None:
    truth = run.city.truth.tickets
    readable = truth[truth["is_readable"] & truth["is_in_scope"]]
    got = {row[0] for row in rows(run.workspace, "select ticket_id from clearance.tickets")}
    expected = set(readable["ticket_id"])
    assert got == expected, f"lost {sorted(expected - got)[:5]}, invented {sorted(got - expected)[:5]}"


def test_rows_are_conserved_and_said(run: Run) -> None:
    for row in rows(
        run.workspace,
        "select source, rows_landed, rows_version + rows_same + rows_out_of_scope + rows_quarantined from clearance.sources",
    ):
        assert row[1] == row[2] > 0, row


def test_received_and_closed_by_day_division_and_channel_are_the_truth(run: Run) -> None:
    events = run.city.truth.events
    channel_of = dict(
        zip(run.city.truth.tickets["ticket_id"], run.city.truth.tickets["channel"], strict=True)
    )
    known = {row[0] for row in rows(run.workspace, "select ticket_id from clearance.tickets")}
    for flow in ("received", "closed"):
        expected: dict[tuple[Any, ...], int] = {}
        for ticket, kind, at, division in zip(
            events["ticket_id"], events["flow"], events["occurred_at"], events["division"], strict=True
        ):
            if kind == flow and ticket in known and at.date() <= DAYS[-1]:
                key = (at.date(), division, channel_of[ticket])
                expected[key] = expected.get(key, 0) + 1
        got = {
            row[:3]: row[3]
            for row in rows(
                run.workspace,
                f"select business_date, division_code, channel, {flow} from clearance.clearance_restated "
                f"where basis = 'ticket' and {flow} > 0",
            )
        }
        assert sum(got.values()) == sum(expected.values()), flow
        assert got == expected, flow


def test_leads_are_received_and_closed_as_the_truth_of_their_tickets_says(run: Run) -> None:
    """The same in leads: walked event by event from the city's truth, for the tickets that each lead holds."""
    lead_of = dict(rows(run.workspace, "select ticket_id, lead_id from clearance.tickets"))
    truth = run.city.truth.tickets.set_index("ticket_id")
    moves: dict[str, list[tuple[Any, ...]]] = {}
    for ticket, kind, at, division in run.city.truth.events[
        ["ticket_id", "flow", "occurred_at", "division"]
    ].itertuples(index=False):
        if ticket in lead_of and at.date() <= DAYS[-1]:
            moves.setdefault(lead_of[ticket], []).append((at, ticket, kind, division))
    expected: dict[str, Counter[tuple[Any, ...]]] = {"received": Counter(), "closed": Counter()}
    for own in moves.values():
        anchor = min((at, ticket) for at, ticket, kind, _ in own if kind == "received")[1]
        state: dict[str, str] = {}
        division, was_received, was_closed = "", False, False
        for at, ticket, kind, place in sorted(own):
            before = sum(value == "open" for value in state.values())
            if ticket == anchor and kind in ("received", "transferred_in"):
                division = place
            if kind in ("received", "reopened") or (
                kind == "transferred_in" and state.get(ticket) == "returned"
            ):
                state[ticket] = "open"
            elif kind in ("closed", "returned"):
                state[ticket] = kind
                was_closed = was_closed or kind == "closed"
            after = sum(value == "open" for value in state.values())
            cell = (at.date(), division, truth.loc[anchor, "channel"])
            if before == 0 and after == 1 and not was_received:
                expected["received"][cell] += 1
                was_received = True
            elif before == 1 and after == 0 and was_closed:
                expected["closed"][cell] += 1
    for flow, cells in expected.items():
        got = {
            row[:3]: row[3]
            for row in rows(
                run.workspace,
                f"select business_date, division_code, channel, {flow} from clearance.clearance_restated "
                f"where basis = 'lead' and {flow} > 0",
            )
        }
        assert got == dict(cells), flow


def test_no_two_people_in_one_lead(run: Run) -> None:
    truth = dict(zip(run.city.truth.tickets["ticket_id"], run.city.truth.tickets["lead"], strict=True))
    leads: dict[str, set[Any]] = {}
    for ticket, lead in rows(run.workspace, "select ticket_id, lead_id from clearance.tickets"):
        leads.setdefault(lead, set()).add(truth[ticket])
    mixed = {lead: who for lead, who in leads.items() if len(who) > 1}
    assert not mixed, f"{len(mixed)} leads hold tickets of several true leads"


def test_published_days_stay_as_they_are(run: Run) -> None:
    for business_date in DAYS[:-1]:
        query = f"select * from clearance.clearance_daily where business_date <= date '{business_date}' order by all"
        assert rows(run.workspace, query, f"{business_date}/r01") == rows(run.workspace, query)


def test_running_a_day_again_changes_nothing(run: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted((run.workspace / "published").rglob("*"))}
    report = day.publish(Workspace.open(run.workspace), load_city(), DAYS[-1])
    assert not report.is_new
    assert {
        path: path.stat().st_mtime_ns for path in sorted((run.workspace / "published").rglob("*"))
    } == before


def test_the_warehouse_can_be_thrown_away(run: Run) -> None:
    result = CliRunner().invoke(app, ["--workspace", str(run.workspace), "rebuild"])
    assert result.exit_code == 0, result.output
    assert "DIFFERENT" not in result.output


def test_the_same_landing_gives_the_same_tables(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "workspace"
    shutil.copytree(run.workspace / "landing", other / "landing")
    shutil.copy(run.workspace / "key", other / "key")
    arguments = ["run", "--from", str(DAYS[0]), "--to", str(DAYS[-1])]
    result = CliRunner().invoke(app, ["--workspace", str(other), *arguments])
    assert result.exit_code == 0, result.output
    for business_date in DAYS:
        daily, backfilled = (content(root, f"{business_date}/r01") for root in (run.workspace, other))
        assert daily == backfilled, business_date
        assert set(CONTENT) <= set(daily)


def test_files_handed_over_give_the_same_tickets_leads_and_restated_ledger(run: Run, tmp_path: Path) -> None:
    files = hand_over(
        run.city, tmp_path / "files", datetime.combine(DAYS[-1], datetime.min.time()) + timedelta(days=1)
    )
    root = tmp_path / "workspace"
    for source, paths in files.items():
        result = CliRunner().invoke(app, ["--workspace", str(root), "import", source, *map(str, paths)])
        assert result.exit_code == 0, f"{source}: {result.output}"
    result = CliRunner().invoke(app, ["--workspace", str(root), "publish", "--date", str(DAYS[-1])])
    assert result.exit_code == 0, result.output
    for what, query in {
        "tickets": "select * exclude (lead_id, incident_id, person_key, delivery_id, row_no) from clearance.tickets order by ticket_id",
        "partition": "select list(ticket_id order by ticket_id) as members from clearance.tickets group by lead_id order by members",
        "restated": "select * exclude (is_delivered) from clearance.clearance_restated where opening <> 0 or closing <> 0 "
        "or received <> 0 or closed <> 0 order by all",
    }.items():
        assert rows(root, query) == rows(run.workspace, query), what


def test_nobody_can_be_recognised_in_what_is_published(run: Run) -> None:
    parties = run.city.truth.tickets
    assert len(parties) > 0
    secrets = {
        str(value).encode()
        for source, columns in {
            "national": ("reporterName", "reporterPhone", "reporterIdCard"),
            "regional": ("tsr", "zjhm", "lxdh"),
            "petition": ("姓名", "手机号码"),
        }.items()
        for column in columns
        for value in run.city.changes[source][column].dropna()
        if len(str(value)) >= 11 and "*" not in str(value)
    }
    assert len(secrets) > 100
    for file in sorted((run.workspace / "published").rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            leaked = sum(secret in content for secret in secrets)
            assert not leaked, f"{file.name} holds {leaked} phones or ID numbers"
    for line in run.said:
        assert not any(secret.decode() in line for secret in secrets)
