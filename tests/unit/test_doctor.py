"""Each fault by its name: a workspace is broken in one way, and the doctor says what, and where to read on."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import asyncssh
import pytest

from pipelines import doctor, registry
from pipelines.contracts import load_sources
from pipelines.doctor import Finding, Heading, places, probes
from pipelines.errors import (
    DeliveryRefused,
    SourceAnswerBroken,
    SourceBusy,
    SourceIncomplete,
    SourceNotReady,
    SourceRejectedUs,
)
from pipelines.ingest import attempts, import_files, refusals
from pipelines.settings import DEFAULT_CITY_DIR, Connection
from pipelines.store import Workspace, fresh_database
from tests.command_lines import parse
from tests.unit.test_cli import clearance as run_command

DAY = date(2023, 8, 31)
NO_CONNECTIONS: Callable[[str], Connection | None] = lambda name: None  # noqa: E731


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


def look(workspace: Workspace, *, city: Path = DEFAULT_CITY_DIR, **options: object) -> list[Finding]:
    found = doctor.examine(workspace.root, city, **{"connections": NO_CONNECTIONS, **options})  # type: ignore[arg-type]
    assert all(item.heading for item in found if item.level != "ok"), "every finding says where to read on"
    for item in found:
        for command in item.commands:
            parse(command)
            assert f"run:   {command}" in "\n".join(item.lines())
        for command in re.findall(r"clearance [^;,()]+", item.remedy):
            parse(command)
    return found


def of(found: list[Finding], subject: str, heading: str) -> Finding:
    hits = [
        item for item in found if item.subject == subject and item.heading == heading and item.level != "ok"
    ]
    assert len(hits) == 1, [item.lines() for item in found]
    assert hits[0].remedy
    return hits[0]


def land_national(workspace: Workspace, tmp_path: Path, day: date, *, total: int | None = None) -> None:
    rows = [{"clueCode": "XS1", "registerTime": "2023-08-01 09:00:00", "updateTime": f"{day} 09:00:00",
             "regionCode": "640104", "status": "10"}]  # fmt: skip
    file = tmp_path / f"clues_{day}_{total}.json"
    page = rows if total is None else {"code": 0, "data": {"total": total, "rows": rows}}
    file.write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
    import_files(workspace, load_sources()["national"], [file], day)


def test_no_workspace_is_a_finding(tmp_path: Path) -> None:
    found = doctor.examine(tmp_path / "none", DEFAULT_CITY_DIR, is_probing=True, connections=NO_CONNECTIONS)
    assert found[-1].subject == "workspace" and found[-1].level == "wrong"


def test_a_city_that_cannot_be_read_is_a_finding_and_the_rest_goes_on(workspace, tmp_path) -> None:
    found = look(workspace, city=tmp_path / "nowhere")
    of(found, "city", Heading.CONFIGURATION)
    assert any(item.subject == "key" and item.level == "ok" for item in found)


@pytest.mark.parametrize(
    ("harm", "heading"),
    [
        (lambda root: (root / "key").chmod(0o644), Heading.KEY),
        (lambda root: (root / "key").write_bytes(b"short"), Heading.KEY),
    ],
)
def test_a_key_that_is_open_or_another_one(workspace, harm, heading) -> None:
    harm(workspace.root)
    assert of(look(workspace), "key", heading).level == "wrong"


def test_a_key_that_is_gone_and_another_layout(workspace) -> None:
    (workspace.root / "key").unlink()
    found = look(workspace)
    assert found[-1].heading == Heading.CONFIGURATION and "key file is gone" in found[-1].text
    (workspace.root / "workspace.json").write_text('{"layout": 99}', encoding="utf-8")
    assert look(workspace)[-1].heading == Heading.LAYOUT


@pytest.mark.parametrize(("free", "level"), [(100 * 1024**2, "wrong"), (2 * 1024**3, "look")])
def test_a_disk_that_is_nearly_full(workspace, monkeypatch, free, level) -> None:
    usage = shutil.disk_usage(workspace.root)
    monkeypatch.setattr(places.shutil, "disk_usage", lambda path: usage._replace(free=free))
    assert of(look(workspace), "disk", Heading.DISK).level == level


def test_a_warehouse_that_is_being_written(workspace) -> None:
    with workspace.lock():
        assert str(os.getpid()) in of(look(workspace), "warehouse", Heading.LOCKED).text


def test_a_damaged_manifest(workspace, tmp_path) -> None:
    land_national(workspace, tmp_path, DAY)
    next(workspace.landing.glob("national/*/*/manifest.json")).write_text("{", encoding="utf-8")
    of(look(workspace), "landing", Heading.LANDING)


def test_a_year_without_its_own_holidays(workspace, tmp_path) -> None:
    city = tmp_path / "city"
    shutil.copytree(DEFAULT_CITY_DIR, city)
    (city / "calendar.csv").unlink()
    of(look(workspace, city=city), "calendar", Heading.CALENDAR)


def test_a_connection_that_cannot_be_read(workspace, monkeypatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CLEARANCE_HOTLINE", "{not json")
    found = doctor.examine(workspace.root, DEFAULT_CITY_DIR)
    of(found, "hotline", Heading.CONFIGURATION)


@pytest.mark.parametrize(
    ("error", "heading", "level"),
    [
        (SourceBusy("national", "too many requests", retry_after=3.0), "Source is busy", "wrong"),
        (SourceAnswerBroken("national", "the answer is an error under HTTP 200 (code 5)"),
         "Source answers with an error", "wrong"),
        (SourceAnswerBroken("national", "the answer is not whole JSON"), "Answer broken", "wrong"),
        (SourceIncomplete("national", "the source says 3 rows, 2 came"), "Control total does not add up", "wrong"),
        (SourceNotReady("national", "2 files dated 2023-08-31 are still being written"),
         "File still being written", "look"),
        (SourceNotReady("national", "no file dated 2023-08-31 is there yet"), "Source late", "look"),
        (SourceRejectedUs("national", "the platform refuses the request (HTTP 401)"), "Source refuses us", "wrong"),
        (RuntimeError("13800138000"), "Unexpected error", "wrong"),
    ],
)  # fmt: skip
def test_a_pull_that_failed_says_since_when(workspace, error, heading, level) -> None:
    with pytest.raises(type(error)), attempts.noted(workspace, "national", DAY):
        raise error
    finding = of(look(workspace), "national", heading)
    assert (finding.level, finding.since is not None) == (level, True)
    assert "13800138000" not in "\n".join(finding.lines())
    with attempts.noted(workspace, "national", DAY):
        pass
    assert not [item for item in look(workspace) if item.heading == heading]


@pytest.mark.parametrize(
    ("header", "heading"),
    [("工单编码,状态", "Column missing or renamed"), ("工单编号,工单编号,状态", "Delivery refused")],
)
def test_a_refused_file_until_it_lands(workspace, tmp_path, header, heading) -> None:
    file = tmp_path / "GD_20230831_01.csv"
    file.write_bytes(f"{header}\r\nGD1,办理中\r\n".encode("gb18030"))
    contract = load_sources()["hotline"]
    with pytest.raises(Exception, match=r"."):
        import_files(workspace, contract, [file], DAY)
    assert of(look(workspace), "hotline", heading).since is not None
    whole = "工单编号,问题分类,工单状态,被反映区,来电时间,更新时间\r\nGD1,欠薪,办理中,金凤区,2023-08-30 09:00:00,\r\n"
    file.write_bytes(whole.encode("gb18030"))
    time.sleep(1.1)
    import_files(workspace, contract, [file], DAY)
    assert not [item for item in look(workspace) if item.heading == heading]


def test_totals_that_differ_and_days_without_a_source(workspace, tmp_path) -> None:
    contract = load_sources()["cyberspace"]
    for number, day in enumerate((date(2023, 8, 29), date(2023, 8, 30), DAY)):
        land_national(workspace, tmp_path, day, total=3 if day == DAY else None)
        if day != DAY:
            continue
        row = {
            "线索编号": f"WX{number}",
            "属地": "金凤区",
            "交办时间": "2023-08-29",
            "状态": "办理中",
            "更新时间": "2023-08-29",
        }
        for at in ("2023-08-29", "2023-08-31"):
            file = tmp_path / f"网信移交_{at}.jsonl"
            file.write_text(json.dumps({**row, "更新时间": at}, ensure_ascii=False) + "\n", encoding="utf-8")
            import_files(workspace, contract, [file], None)
    found = look(workspace)
    assert "states 3 rows, 1 are there" in of(found, "national", Heading.TOTALS).text
    assert not [item for item in found if item.heading == Heading.LATE], (
        "nothing is published before the first day"
    )
    for day in ("2023-08-30", "2023-08-31"):
        (workspace.registry / "publications" / f"{day}_r01").mkdir(parents=True)
    late = of(look(workspace), "cyberspace", Heading.LATE)
    assert "2023-08-30" in late.text and "2023-08-29" not in late.text
    assert late.commands[0] == "clearance pull cyberspace --date 2023-08-30"
    registry.append_decision(
        workspace, "waivers",
        {"source": "cyberspace", "business_date": date(2023, 8, 30), "waived_by": "李工", "why": "节假日",
         "waived_at": datetime(2023, 8, 31, 9)},
    )  # fmt: skip
    assert not [item for item in look(workspace) if item.heading == Heading.LATE]


def refuse(workspace: Workspace, tmp_path: Path, source: str, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(DeliveryRefused):
        import_files(workspace, load_sources()[source], [file], None)


def refused(workspace: Workspace) -> list[Finding]:
    return [item for item in look(workspace) if "was refused" in item.text]


WORK_ORDERS = (
    "工单编号,问题分类,工单状态,被反映区,来电时间,更新时间\r\nGD1,欠薪,办理中,金凤区,2023-08-30 09:00:00,\r\n"
)


def test_a_file_handed_over_for_the_wrong_source_is_settled_when_it_lands_for_the_right_one(
    workspace, tmp_path
) -> None:
    content = WORK_ORDERS.encode("gb18030")
    refuse(workspace, tmp_path, "cyberspace", "GD_20230831_01.csv", content)
    assert refused(workspace)[0].subject == "cyberspace"
    import_files(workspace, load_sources()["hotline"], [tmp_path / "GD_20230831_01.csv"], DAY)
    assert not refused(workspace)


def test_another_file_of_the_day_settles_nothing_where_a_day_has_several(workspace, tmp_path) -> None:
    refuse(workspace, tmp_path, "hotline", "GD_20230831_01.csv", b"nothing\r\n1\r\n")
    file = tmp_path / "GD_20230831_02.csv"
    file.write_bytes(WORK_ORDERS.encode("gb18030"))
    import_files(workspace, load_sources()["hotline"], [file], DAY)
    assert len(refused(workspace)) == 1


def test_a_refusal_is_dismissed_by_a_person_and_refused_again_it_is_open_again(workspace, tmp_path) -> None:
    refuse(workspace, tmp_path, "hotline", "notes.csv", b"nothing\r\n1\r\n")
    number = refusals(workspace)[0].refusal_id
    assert f"clearance refusals dismiss {number} --by NAME --why REASON" in refused(workspace)[0].commands
    run = partial(run_command, workspace.root, "refusals")
    assert run("dismiss", "none", "--by", "李工", "--why", "错选文件")[0] == 2
    assert run("dismiss", number, "--by", "李工", "--why", "错选文件")[0] == 0
    assert not refused(workspace)
    code, output = run("dismiss", number, "--by", "李工", "--why", "错选文件")
    assert code == 2 and "dismissed by 李工" in output
    assert "0 refused deliveries want a person, 1 are settled" in run("list")[1]
    assert "错选文件" in run("list", "--all")[1] and "错选文件" not in run("list")[1]
    assert run("dismiss", "--undo", "1", "--by", "李工", "--why", "是真的")[0] == 0
    assert len(refused(workspace)) == 1
    assert run("dismiss", "--undo", "1", "--by", "李工", "--why", "是真的")[0] == 2
    assert run("dismiss", number, "--by", "李工", "--why", "错选文件")[0] == 0
    time.sleep(1.1)
    refuse(workspace, tmp_path, "hotline", "notes.csv", b"nothing\r\n1\r\n")
    assert len(refused(workspace)) == 1


def test_a_day_that_was_never_published_is_no_fault_for_ever(workspace) -> None:
    publish(workspace, "2023-08-31", quarantined=0)
    (workspace.checks / "2023-08-30_r01").mkdir(parents=True)
    assert of(look(workspace), "gate", Heading.GATE).level == "look"


def publish(workspace: Workspace, day: str, *, quarantined: int, failed: int = 0) -> None:
    folder = workspace.published / day / "r01"
    folder.mkdir(parents=True)
    connection = fresh_database(folder / "clearance.duckdb")
    connection.execute(
        f"create table quarantine as select 'hotline' as source, false as is_resolved from range({quarantined})"
    )
    connection.execute("create table drift as select 'petition' as source, true as is_new")
    connection.execute(f"create table checks as select 'failed' as status from range({failed})")
    connection.close()
    latest = workspace.published / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(folder)


def test_what_the_publications_say(workspace) -> None:
    publish(workspace, "2023-08-30", quarantined=1)
    publish(workspace, "2023-08-31", quarantined=4, failed=2)
    (workspace.checks / "2023-09-01_r01").mkdir(parents=True)
    (workspace.published / "2023-09-01").mkdir()
    (workspace.published / "2023-09-01" / ".r01.waiting").mkdir()
    found = look(workspace)
    assert (
        "4 rows in quarantine (未入账), 3 more than in 2023-08-30"
        in of(found, "hotline", Heading.QUARANTINE).text
    )
    of(found, "petition", Heading.DRIFT)
    of(found, "checks", Heading.GATE)
    assert "2023-09-01 was checked and not published" in of(found, "gate", Heading.GATE).text
    of(found, "published", Heading.PUBLICATION)


def test_a_link_that_leads_nowhere_is_put_right_by_publishing(workspace) -> None:
    publish(workspace, "2023-08-31", quarantined=0)
    latest = workspace.published / "latest"
    latest.unlink()
    latest.symlink_to(workspace.published / "gone")
    found = of(look(workspace), "published", Heading.PUBLICATION)
    assert found.commands == ("clearance publish --date 2023-08-31",)


def test_nothing_can_crash_it(workspace, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("13800138000")

    for name in ("key_findings", "disk_findings", "source_findings", "day_findings", "calendar_findings",
                 "lock_findings", "published_findings", "probe_findings"):  # fmt: skip
        monkeypatch.setattr(doctor, name, fail)
    monkeypatch.setattr(doctor.ingest, "landed", fail)
    found = look(workspace, is_probing=True)
    assert sum(item.heading == Heading.UNEXPECTED for item in found) == 6 + 2 * 5
    assert "13800138000" not in str(found)


def probe(workspace: Workspace, source: str, connection: Connection) -> list[Finding]:
    name = load_sources()[source].connection
    return look(workspace, is_probing=True, connections=lambda asked: connection if asked == name else None)


def test_probing_an_outbox(workspace, tmp_path) -> None:
    folder = tmp_path / "outbox"
    connection = Connection(conn_type="fs", extra={"path": str(folder)})
    of(probe(workspace, "hotline", connection), "hotline", "Folder not there")
    folder.mkdir()
    assert probe(workspace, "hotline", connection)[-1].text == "answers now"
    (folder / "GD_20230831_01.csv").write_text("x")
    os.utime(folder / "GD_20230831_01.csv", (1_693_400_000, 1_693_400_000))
    (folder / "GD_20230831_02.csv").symlink_to(tmp_path)
    found = probe(workspace, "hotline", connection)
    assert "GD_20230831_01.csv" in of(found, "hotline", Heading.MARKER).text
    assert "1 of them named like a delivery" in of(found, "hotline", Heading.ODD).text


@pytest.fixture
def silent_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_probing_servers_that_are_away_or_silent(workspace, silent_server, monkeypatch) -> None:
    monkeypatch.setattr(probes, "PROBE_SECONDS", 0.5)
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    for port in (9, silent_server):
        at = {"host": "127.0.0.1", "port": port, "login": "x", "password": "invented"}
        began = time.monotonic()
        sftp = Connection(conn_type="sftp", extra={"path": "/", "known_host_key": key}, **at)
        of(probe(workspace, "hotline", sftp), "hotline", "Source does not answer")
        rest = Connection(conn_type="http", schema="http", **at)
        of(probe(workspace, "national", rest), "national", "Source does not answer")
        assert time.monotonic() - began < 20
    database = Connection(conn_type="postgres", schema="x", **{**at, "port": 9})
    of(probe(workspace, "regional", database), "regional", "Source does not answer")


class OffClock(BaseHTTPRequestHandler):
    """Refuses, and says the time of an hour ago."""

    def do_GET(self) -> None:
        self.send_response_only(401)
        self.send_header("Date", self.date_time_string(int(time.time()) - 3600))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def test_probing_a_platform_whose_clock_differs(workspace) -> None:
    server = HTTPServer(("127.0.0.1", 0), OffClock)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        connection = Connection(
            conn_type="http",
            schema="http",
            host="127.0.0.1",
            port=server.server_port,
            login="app",
            password="x",
        )
        found = probe(workspace, "national", connection)
    finally:
        server.shutdown()
        server.server_close()
    assert "differ by 360" in of(found, "national", Heading.CLOCK).text
    of(found, "national", "Source refuses us")
