"""One source that hangs or is gone: the others go on, and the day says why it is missing."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import asyncssh
import pytest

from pipelines import day, ingest
from pipelines.contracts import load_sources
from pipelines.ingest import file_pulls, sftp
from pipelines.settings import Connection, load_city
from pipelines.store import Workspace, open_published

DAY = date(2023, 8, 31)


@pytest.fixture
def silent_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def silent(port: int) -> Connection:
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    return Connection(
        conn_type="sftp", host="127.0.0.1", port=port, login="hotline", password="invented",
        extra={"path": "/", "known_host_key": key},
    )  # fmt: skip


def test_a_hanging_source_stops_no_other(
    tmp_path: Path, silent_server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(sftp, "FIRST_PAUSE_SECONDS", 0.01)
    workspace = Workspace.open(tmp_path / "workspace")
    outbox = tmp_path / "cyberspace"
    outbox.mkdir()
    row = {
        "线索编号": "WX1",
        "属地": "金凤区",
        "交办时间": "2023-08-31",
        "状态": "办理中",
        "更新时间": "2023-08-31 09:00",
    }
    # The file is named after a worker (invented): nothing that is published may say so.
    (outbox / "张三欠薪_20230831.jsonl").write_text(
        json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    contracts = load_sources()
    connections = {
        contracts["hotline"].connection: silent(silent_server),
        contracts["cyberspace"].connection: Connection(conn_type="fs", extra={"path": str(outbox)}),
        contracts["petition"].connection: Connection(conn_type="nonsense"),
    }
    began = time.monotonic()
    report = day.run(workspace, load_city(), DAY, connections=connections.get)
    assert time.monotonic() - began < 60
    assert [item.source for item in ingest.landed(workspace)] == ["cyberspace"]
    assert len(report.source_errors) == 2
    said = "\n".join(report.warnings)
    assert "hotline did not land for 2023-08-31" in said and "Source does not answer" in said
    (delivery,) = json.loads((report.folder / "manifest.json").read_text(encoding="utf-8"))["deliveries"]
    assert re.fullmatch(r"cyberspace-20230831-[0-9a-f]{8}\.jsonl", delivery["name"])
    published = [file for file in report.folder.rglob("*") if file.is_file()]
    assert published and not [file.name for file in published if "张三".encode() in file.read_bytes()]
    page = (report.folder / "index.html").read_text(encoding="utf-8")
    assert "从未报送（连接不上）" in page and "从未报送（连接配置有误）" in page
    with open_published(report.folder / "clearance.duckdb") as connection:
        found = dict(connection.execute("select source, pull_problem from clearance.sources").fetchall())
    assert found == {
        "cyberspace": None, "hotline": "连接不上", "national": None, "petition": "连接配置有误", "regional": None,
    }  # fmt: skip


def test_a_late_file_of_yesterday_does_not_stand_for_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_pulls, "SETTLE_SECONDS", 0.0)
    workspace = Workspace.open(tmp_path / "workspace")
    outbox = tmp_path / "cyberspace"
    outbox.mkdir()
    connection = Connection(conn_type="fs", extra={"path": str(outbox)})
    name = load_sources()["cyberspace"].connection

    def drop(number: str, on: str) -> None:
        row = {
            "线索编号": number,
            "属地": "金凤区",
            "交办时间": on,
            "状态": "办理中",
            "更新时间": f"{on} 09:00",
        }
        text = json.dumps(row, ensure_ascii=False) + "\n"
        (outbox / f"网信移交_{on[:4]}年{int(on[5:7])}月{on[8:]}日.jsonl").write_text(text, encoding="utf-8")

    def sources() -> tuple[object, ...]:
        with open_published(workspace.published / "latest" / "clearance.duckdb") as connection:
            return connection.execute(
                "select last_delivered_for, is_delivered, pull_problem from clearance.sources where source = 'cyberspace'"
            ).fetchall()[0]

    drop("WX1", "2023-08-29")
    day.run(workspace, load_city(), date(2023, 8, 29), connections={name: connection}.get)
    assert sources() == (date(2023, 8, 29), True, None)
    drop("WX2", "2023-08-30")
    day.run(workspace, load_city(), DAY, connections={name: connection}.get)
    assert {item.delivered_for for item in ingest.landed(workspace)} == {date(2023, 8, 29), DAY}
    assert [item.covers for item in ingest.landed(workspace)] == [date(2023, 8, 29), date(2023, 8, 30)]
    assert sources() == (date(2023, 8, 30), False, "尚无当日文件")
