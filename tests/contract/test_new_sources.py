"""A new source is one YAML file: three that nobody has yet are added to a city that is already publishing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from pipelines.contracts import channels, load_sources
from pipelines.errors import ContractError
from pipelines.settings import PROJECT_ROOT
from tests.ingest_harness import served
from tests.new_sources import EXAMPLES, FIXTURES, Deployment, cursor_platform

BEFORE, DAY = "2023-08-30", "2023-08-31"
TOKEN = "invented-token"
SOURCES = ("labour_union", "mailbox", "street_office")
TITLES = {"labour_union": "工会维权", "mailbox": "市长信箱", "street_office": "街道办台账"}
# Tickets known, received on the day, standing open at its end, overdue, rows in quarantine; counted by hand.
COUNTS = {
    "labour_union": (6, 1, 4, 0, 0),
    "mailbox": (5, 0, 3, 0, 1),
    "street_office": (6, 1, 3, 1, 1),
}
# A ticket of each, its closing limit by hand (working days; 2023-08-31 is a Thursday) and what set it.
DUE = {
    "mailbox:SX2023080101": ("2023-08-28 23:59:59", "hotline_handle"),
    "mailbox:SX2023080102": ("2023-09-05 23:59:59", "hotline_handle_stated"),
    "street_office:JD-2023-002": ("2023-08-28 23:59:59", "supervised_date"),
    "street_office:JD-2023-006": ("2023-09-14 23:59:59", "supervised_close"),
    "labour_union:GH-2023-0001": ("2023-09-08 23:59:59", "petition_handle_source_date"),
}
NATIONAL = [
    {
        "clueCode": "XS2023000001", "registerTime": "2023-08-29 09:00:00", "updateTime": "2023-08-29 09:00:00",
        "regionCode": "640104", "status": "20", "reporterName": "虚构零", "arrearsMoney": 38000,
    }
]  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A city that published a day, got three more sources, pulled them, and published the next day."""
    folder = tmp_path_factory.mktemp("new_sources")
    deployment = Deployment(folder)
    clues = folder / "clues_20230830.json"
    clues.write_text(json.dumps(NATIONAL), encoding="utf-8")
    deployment.clearance("import", "national", str(clues))
    deployment.clearance("publish", "--date", BEFORE)
    deployment.add(*SOURCES)
    outbox = folder / "outbox"
    outbox.mkdir()
    for name in (f"市长信箱_{DAY.replace('-', '')}.csv", f"街道办台账_{DAY.replace('-', '')}.xlsx"):
        shutil.copy(FIXTURES / name, outbox)
    for source in ("mailbox", "street_office"):
        deployment.connect(source, conn_type="fs", extra={"path": str(outbox)})
    rows = json.loads((FIXTURES / "labour_union_20230831.json").read_text(encoding="utf-8"))
    with served(cursor_platform(rows, TOKEN)) as port:
        deployment.connect(
            "labour_union", conn_type="http", host="127.0.0.1", port=port, schema="http", password=TOKEN
        )
        said = deployment.clearance("pull", *SOURCES, "--date", DAY)
    assert "read again to be sure" in said, "without a total, two readings must agree"
    deployment.clearance("publish", "--date", DAY)
    yield deployment


@pytest.fixture(scope="module")
def published(city: Deployment) -> Iterator[duckdb.DuckDBPyConnection]:
    file = city.workspace / "published" / DAY / "r01" / "clearance.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection


def folder_of(city: Deployment) -> Path:
    return city.workspace / "published" / DAY / "r01"


@pytest.mark.parametrize("source", SOURCES)
def test_its_tickets_are_counted_in_its_own_channel(
    published: duckdb.DuckDBPyConnection, source: str
) -> None:
    known, received, still_open, overdue, quarantined = COUNTS[source]
    assert one(published, f"select count(*) from clearance.tickets where channel = '{source}'") == (known,)
    flows = one(
        published,
        "select sum(opening), sum(received), sum(opening + received + corrections - closed - transferred_out), "
        "sum(closing), sum(overdue_open), count(*), bool_and(is_delivered) from clearance.clearance_daily "
        f"where business_date = date '{DAY}' and basis = 'ticket' and channel = '{source}'",
    )
    divisions = one(published, "select count(*) from clearance.divisions")[0]
    assert flows == (0, received, still_open, still_open, overdue, divisions, True)
    waiting = one(published, f"select count(*) from clearance.quarantine where source = '{source}'")
    assert waiting == (quarantined,)
    total, met = one(
        published,
        f"select control_total, is_control_total_met from clearance.sources where source = '{source}'",
    )
    assert (total, met) == ((7, True) if source == "street_office" else (None, None))


@pytest.mark.parametrize("ticket", DUE)
def test_its_clocks_run(published: duckdb.DuckDBPyConnection, ticket: str) -> None:
    due_at, rule = one(
        published, f"select due_at, due_rule from clearance.tickets where ticket_id = '{ticket}'"
    )
    assert (str(due_at), rule) == DUE[ticket]


def test_values_are_what_the_columns_say(published: duckdb.DuckDBPyConnection) -> None:
    found = {
        row[0]: row[1:]
        for row in published.execute(
            "select ticket_id, division_code, claimed_fen, recovered_fen, status, outcome, flags from clearance.tickets"
        ).fetchall()
    }
    assert found["mailbox:SX2023080101"] == ("640104", 1280050, None, "closed", None, "")
    assert found["mailbox:SX2023080105"][3:5] == ("closed", "other")
    assert found["street_office:JD-2023-001"] == ("640104", 1280000, 1280000, "closed", "paid", "")
    assert found["street_office:JD-2023-004"][3:5] == ("closed", "paid_by_agreement")
    assert found["labour_union:GH-2023-0002"] == ("640106", 2100000, 2100000, "closed", "paid", "")
    assert found["labour_union:GH-2023-0003"][3] == "returned"
    assert found["labour_union:GH-2023-0005"][5] == "unknown_code:sector"
    received = one(
        published, "select received_at from clearance.tickets where ticket_id = 'labour_union:GH-2023-0001'"
    )
    assert str(received[0]) == "2023-08-25 09:00:00", "milliseconds since 1970 are Beijing time like the rest"


def test_the_seven_stay_in_front_and_new_channels_follow(published: duckdb.DuckDBPyConnection) -> None:
    names = [
        row[0]
        for row in published.execute("select channel from clearance.channels order by position").fetchall()
    ]
    assert names == [*channels(), "labour_union", "mailbox", "street_office"]


@pytest.mark.parametrize("source", SOURCES)
def test_officials_read_its_chinese_name_everywhere(city: Deployment, source: str) -> None:
    folder, title = folder_of(city), TITLES[source]
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count(f'<th scope="row">{title}</th>') >= 1 and f'<th scope="col">{title}</th>' in page
    assert title in (folder / "bulletin.md").read_text(encoding="utf-8")
    workbook = CalamineWorkbook.from_path(str(folder / f"清零日报_{DAY}.xlsx"))
    for sheet in ("清零进度", "分渠道", "来源"):
        cells = {str(cell) for row in workbook.get_sheet_by_name(sheet).to_python() for cell in row}
        assert title in cells, f"{sheet} does not name {title}"
    assert title in city.clearance("show", "--date", DAY)


def test_the_day_before_is_shown_as_it_was_published(city: Deployment) -> None:
    shown = city.clearance("show", "--date", BEFORE)
    assert "全国线索平台" in shown and not any(title in shown for title in TITLES.values())


def test_airflow_finds_its_dag(city: Deployment, tmp_path: Path) -> None:
    program = (
        "from airflow.dag_processing.dagbag import DagBag\n"
        "bag = DagBag('dags')\n"
        "assert not bag.import_errors, bag.import_errors\n"
        "print(sorted(bag.dags))\n"
        "print([asset.name for asset in bag.dags['ingest_mailbox'].get_task('pull').outlets])\n"
    )
    settings = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = city.program(program, environment=settings)
    assert done.returncode == 0, done.stderr[-2000:]
    assert all(f"ingest_{source}" in done.stdout for source in SOURCES)
    assert "landing_mailbox" in done.stdout


@pytest.mark.parametrize("source", SOURCES)
def test_it_is_one_short_file_and_no_code(source: str) -> None:
    lines = (EXAMPLES / f"{source}.yml").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 80
    assert "nvented" in lines[0]
    assert source not in load_sources(), "the default city does not enable it"
    code = [
        *(
            path
            for folder in ("pipelines", "dags", "examples")
            for path in (PROJECT_ROOT / folder).rglob("*.py")
        ),
        *(PROJECT_ROOT / "sql").rglob("*.sql"),
    ]
    naming = [
        path.name
        for path in code
        if re.search(rf"\b{source}\b|{TITLES[source]}", path.read_text(encoding="utf-8"))
    ]
    assert not naming, f"{naming} names the source"


@pytest.mark.parametrize(
    ("old", "new", "complaints"),
    [
        (
            "  unmarked_encoding:",
            "  encoding:",
            ("delivery.files: unknown key encoding, did you mean unmarked_encoding?",),
        ),
        (
            "field: ticket_no, parser: ticket_number",
            "field: ticket_no, parser: number_text",
            ("there is no parser", "ticket_number"),
        ),
        ("field: claimed_fen", "field: claimed_yuan", ("unknown field claimed_yuan", "claimed_fen")),
        (
            "title: 市长信箱, clocks_like",
            "titel: 市长信箱, clocks_like",
            ("unknown key titel, did you mean title?",),
        ),
        (
            "title: 市长信箱, clocks_like: hotline, report_as: 办理市长信箱来信",
            "",
            ("new and has no title", "cyberspace"),
        ),
        ("title: 市长信箱, clocks_like", "title: 信访, clocks_like", ("two channels have the title 信访",)),
        ("clocks_like: hotline", "clocks_like: phone", ("time limits of phone", "hotline")),
        ("constant: mailbox, title", "constant: hotline, title", ("is 12345热线 already",)),
        ("已答复: closed", "已答复: done", ("status.codes.已答复", "'closed'")),
        ("{date}*.csv", "*.csv", ("does not say where a file's name has its {date}",)),
        (
            "column: 办理状态\n  codes: {待受理: r",
            "column: 状态\n  codes: {待受理: r",
            ("names the column 状态", "办理状态"),
        ),
        ("所属区县: {field: division_text", "所属区县: {field: address", ("no column feeds division_text",)),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(
    tmp_path: Path, old: str, new: str, complaints: tuple[str, ...]
) -> None:
    deployment = Deployment(tmp_path)
    deployment.add("mailbox")
    file = deployment.schemas / "sources" / "mailbox.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_sources(deployment.schemas)
    assert all(complaint in str(caught.value) for complaint in complaints), str(caught.value)
    assert "mailbox.yml" in str(caught.value)


def test_a_channel_without_a_closing_limit_is_refused_and_told_what_to_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.clocks import load_rules
    from pipelines.settings import load_city

    deployment = Deployment(tmp_path)
    deployment.add("mailbox")
    file = deployment.schemas / "sources" / "mailbox.yml"
    file.write_text(file.read_text(encoding="utf-8").replace(", clocks_like: hotline", ""), encoding="utf-8")
    monkeypatch.setenv("CLEARANCE_SCHEMAS", str(deployment.schemas))
    with pytest.raises(ContractError) as caught:
        load_rules(load_city())
    assert "mailbox (市长信箱) has no closing rule" in str(caught.value)
    assert "say clocks_like in the contract of mailbox" in str(caught.value)


def test_two_sources_may_feed_one_channel(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path)
    deployment.add("mailbox")
    second = (
        (EXAMPLES / "mailbox.yml").read_text(encoding="utf-8").replace("source: mailbox", "source: letters")
    )
    (deployment.schemas / "sources" / "letters.yml").write_text(second, encoding="utf-8")
    found = channels(root=deployment.schemas)["mailbox"]
    assert found.sources == ("letters", "mailbox") and found.title == "市长信箱"


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)
