"""Names of files as Chinese offices write them: GB18030 bytes in a folder and behind SFTP, and names that are neither."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from examples.upstream.servers.sftp import SftpServer
from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import SourceNotReady
from pipelines.ingest import file_pulls, landed, names, pull, sftp
from pipelines.ingest.outboxes import Outbox, open_outbox, sorted_out
from pipelines.settings import Connection
from pipelines.store import Workspace

DAY = date(2023, 8, 31)
NAME = "网信移交_20230831.jsonl"


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_pulls, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(sftp, "FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def cyberspace() -> SourceContract:
    return load_sources()["cyberspace"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "outbox"
    made.mkdir()
    return made


@pytest.fixture(params=["fs", "sftp"])
def connection(request: pytest.FixtureRequest, folder: Path) -> Iterator[Connection]:
    """The same folder, mounted and behind a real SFTP server."""
    if request.param == "fs":
        yield Connection(conn_type="fs", extra={"path": str(folder)})
        return
    server = SftpServer({"cyberspace": folder.parent}, {"cyberspace": "invented"})
    server.start()
    try:
        yield Connection(
            conn_type="sftp", host="127.0.0.1", port=server.port, login="cyberspace", password="invented",
            extra={"path": "/outbox", "known_host_key": server.host_key_line},
        )  # fmt: skip
    finally:
        server.stop()


def put(folder: Path, raw_name: bytes, number: str = "WX1") -> None:
    row = {
        "线索编号": number,
        "属地": "金凤区",
        "交办时间": "2023-08-31",
        "状态": "办理中",
        "更新时间": "2023-08-31 09:00",
    }
    (folder / os.fsdecode(raw_name)).write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")


def test_a_name_in_gb18030_is_read_and_called_by_its_text(folder, connection, cyberspace, workspace) -> None:
    put(folder, NAME.encode("gb18030"))
    put(folder, "网信移交_2023年8月30日㐀.jsonl".encode("gb18030"), "WX2")
    report = pull(workspace, cyberspace, connection, DAY)
    assert [item.name for item in report.deliveries] == [NAME, "网信移交_2023年8月30日㐀.jsonl"]
    again = pull(workspace, cyberspace, connection, DAY)
    assert (len(again.deliveries), len(landed(workspace))) == (0, 2), "and it lands once"


def test_a_name_that_is_neither_is_left_out_and_said(folder, connection, cyberspace, workspace) -> None:
    put(folder, b"\xcd\xf8\xd0\xc5\xff_20230831.jsonl")
    said: list[str] = []
    with pytest.raises(SourceNotReady):
        pull(workspace, cyberspace, connection, DAY, say=said.append)
    assert any("_20230831.jsonl is a link or a folder, has no plain name" in line for line in said)
    assert landed(workspace) == []


def test_two_names_that_read_alike_are_one_file_and_the_other_is_said(
    folder, connection, cyberspace, workspace
) -> None:
    put(folder, NAME.encode("gb18030"), "WX1")
    put(folder, NAME.encode(), "WX2")
    said: list[str] = []
    report = pull(workspace, cyberspace, connection, DAY, say=said.append)
    assert report.rows == 1
    assert any("or is there twice: left out" in line for line in said)
    with workspace.scratch() as scratch:
        files = [item.rows_file for item in landed(workspace)]
        rows = scratch.execute(f'select "线索编号" from {workspace.scan(files)}').fetchall()
    assert rows == [("WX2",)], "the one in UTF-8 is it, whichever is listed first"


def listed(outbox: Outbox) -> list[str]:
    return [entry.name for entry in outbox.entries()]


def test_what_holds_for_a_plain_name_holds_for_the_decoded_one(
    folder, connection, cyberspace, tmp_path
) -> None:
    secret = tmp_path / "secret.jsonl"
    secret.write_text("{}\n", encoding="utf-8")
    (folder / os.fsdecode("链接_20230831.jsonl".encode("gb18030"))).symlink_to(secret)
    put(folder, "换行\n_20230831.jsonl".encode("gb18030"))
    put(folder, "外\\面_20230831.jsonl".encode("gb18030"))
    put(folder, "..\\外面_20230831.jsonl".encode("gb18030"))
    put(folder, ".隐藏_20230831.jsonl".encode("gb18030"))
    put(folder, "乗_20230831.jsonl".encode("gb18030"))  # its second byte is a backslash's
    with open_outbox(cyberspace, connection) as outbox:
        assert listed(outbox) == ["乗_20230831.jsonl"]
        (entry,) = outbox.entries()
        outbox.fetch(entry, tmp_path / "copy")
        assert b"WX1" in (tmp_path / "copy").read_bytes()
        assert outbox.left_out == ("外\\面_20230831.jsonl", "换行\n_20230831.jsonl", "链接_20230831.jsonl")


def test_a_path_that_a_server_names_is_left_out_in_any_encoding() -> None:
    names_ = ["../外面_20230831.jsonl", "/外面_20230831.jsonl", "中/外面_20230831.jsonl"]
    entries, left_out = sorted_out(
        (name.encode(encoding), 1, 1, True) for name in names_ for encoding in ("utf-8", "gb18030")
    )
    assert entries == []
    assert sorted(set(left_out)) == sorted(names_[1:]), "and what begins with a dot is hidden"


def test_a_name_is_utf8_before_it_is_gb18030() -> None:
    assert names.decoded(NAME.encode()) == names.decoded(NAME.encode("gb18030")) == NAME
    assert names.decoded(b"caf\xe9.csv") is None
    assert names.readable(os.fsdecode(NAME.encode("gb18030"))) == NAME
    assert names.readable("caf\udce9\n.csv") == "caf\ufffd\ufffd.csv"
