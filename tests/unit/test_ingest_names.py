"""Names of files: in GB18030, in a folder and behind SFTP, or in nothing known; and those that name a person (invented)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from examples.upstream.servers.sftp import SftpServer
from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import DeliveryRefused, SourceNotReady
from pipelines.ingest import attempts, file_pulls, landed, names, pull, sftp
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
    assert any(
        re.search(r"cyberspace-20230831-\w{8}\.jsonl is a link or a folder, has no", line) for line in said
    )
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


@pytest.mark.parametrize(
    ("source", "name", "shown"),
    [
        ("hotline", "GD_20230831_01.csv", True),
        ("petition", "XFJ_20230831_1800.xlsx", True),
        ("petition", "XFJ_20230831_1800.xls", True),
        ("petition", "XFJ_20230831_1800.xlsx张三", False),
        ("hotline", "GD_20230831_13800138000.csv", False),
        ("hotline", "GD_20230831_01_张三.csv", False),
        ("cyberspace", NAME, False),
        ("cyberspace", "zhangsan_20230831.csv", False),
        ("regional", "张三 工资表2023-08-31.CSV", False),
        ("national", "张三", False),
    ],
)
def test_a_name_is_shown_where_the_contract_spells_it_out(source: str, name: str, shown: bool) -> None:
    said = names.shown_name(load_sources()[source], name)
    assert (said == name) is shown
    if not shown:
        assert re.fullmatch(rf"{source}(-20230831)?-[0-9a-f]{{8}}(\.[a-z]{{2,5}})?", said)
        assert said == names.shown_name(load_sources()[source], name), "and stands for the same name always"


def test_nobody_is_named_in_what_a_pull_says_and_keeps_of_itself(folder, cyberspace, workspace) -> None:
    place = Connection(conn_type="fs", extra={"path": str(folder)})
    put(folder, "张三欠薪_20230831.jsonl".encode())
    (folder / "李四_20230831.csv").write_text("工资表,20230831\n1,2\n", encoding="utf-8")
    (folder / "王五_20230831_2.jsonl").write_text('{"线索编号": "WX1", "状', encoding="utf-8")
    (folder / "赵六_20230831.jsonl").symlink_to(folder / "李四_20230831.csv")
    said: list[str] = []
    for _ in range(2):
        with pytest.raises(DeliveryRefused) as raised:
            pull(workspace, cyberspace, place, DAY, say=said.append)
        noted = attempts.last(workspace, "cyberspace", DAY)
        assert noted is not None and noted.where.startswith("cyberspace-20230831-"), (
            "where it happened is kept"
        )
        assert noted.where.endswith(".csv")
        kept = (workspace.root / "attempts" / "cyberspace" / f"{DAY}.json").read_text(encoding="utf-8")
        for text in (kept, str(raised.value), "\n".join(said)):
            assert not re.search("张三|李四|王五|赵六", text), text
    (folder / "李四_20230831.csv").unlink()
    pull(workspace, cyberspace, place, DAY, say=said.append)
    assert any("is still being written" in line for line in said)
    assert not re.search("张三|李四|王五|赵六", "\n".join(said))
    assert [item.name for item in landed(workspace)] == ["张三欠薪_20230831.jsonl"], (
        "the landing keeps the name"
    )
