"""Files of an outbox that look as if they were there already, and servers that stop answering."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import asyncssh
import pytest

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import DeliveryRefused, SourceNotReady, SourceUnreachable
from pipelines.ingest import database, file_pulls, import_files, landed, markers, outboxes, pull, sftp
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests.ingest_harness import write_work_orders

DAY = date(2023, 8, 31)


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_pulls, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(sftp, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(sftp, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(sftp, "STEP_SECONDS", 0.5)
    monkeypatch.setattr(sftp, "CLOSE_SECONDS", 0.2)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def hotline() -> SourceContract:
    return load_sources()["hotline"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "outbox"
    made.mkdir()
    return made


def connection(folder: Path) -> Connection:
    return Connection(conn_type="fs", extra={"path": str(folder)})


def test_two_empty_days_are_two_deliveries(folder, hotline, workspace) -> None:
    write_work_orders(folder, "GD_20230830_01.csv", [])
    assert len(pull(workspace, hotline, connection(folder), date(2023, 8, 30)).deliveries) == 1
    with pytest.raises(SourceNotReady):
        pull(workspace, hotline, connection(folder), DAY)
    write_work_orders(folder, "GD_20230831_01.csv", [])
    report = pull(workspace, hotline, connection(folder), DAY)
    assert [(item.name, item.delivered_for) for item in report.deliveries] == [("GD_20230831_01.csv", DAY)]
    again = pull(workspace, hotline, connection(folder), DAY)
    assert (len(again.deliveries), len(again.already_landed), len(landed(workspace))) == (0, 1, 2)


def test_two_empty_files_of_one_day_are_one_delivery_and_the_day_is_there(folder, hotline, workspace) -> None:
    write_work_orders(folder, "GD_20230831_01.csv", [])
    write_work_orders(folder, "GD_20230831_02.csv", [])
    write_work_orders(folder, "GD_20230831_03.csv", ["GD1"])
    for expected in (2, 0):
        said: list[str] = []
        report = pull(workspace, hotline, connection(folder), DAY, say=said.append)
        assert (len(report.deliveries), len(landed(workspace))) == (expected, 2)
        assert not any("skips" in line for line in said), (
            "the second empty file is there, though not landed apart"
        )


def test_an_empty_file_of_yesterday_first_seen_today_is_not_the_one_of_today(
    folder, hotline, workspace
) -> None:
    write_work_orders(folder, "GD_20230830_01.csv", [])
    write_work_orders(folder, "GD_20230831_01.csv", [])
    report = pull(workspace, hotline, connection(folder), DAY)
    assert [item.name for item in report.deliveries] == ["GD_20230830_01.csv", "GD_20230831_01.csv"]


def test_a_file_replaced_with_the_same_size_and_time_is_seen_by_its_marker(
    folder, hotline, workspace
) -> None:
    stamp = 1_693_400_000.0
    write_work_orders(folder, "GD_20230829_01.csv", ["GD1"], changed_at=stamp)
    write_work_orders(folder, "GD_20230831_01.csv", ["GD3"], changed_at=stamp)
    pull(workspace, hotline, connection(folder), DAY)
    write_work_orders(folder, "GD_20230829_01.csv", ["GD2"], changed_at=stamp)
    report = pull(workspace, hotline, connection(folder), DAY)
    assert [item.name for item in report.deliveries] == ["GD_20230829_01.csv"]
    assert not pull(workspace, hotline, connection(folder), DAY).deliveries, "and landed once"


def test_a_marker_that_was_replaced_alone_is_refused_once(folder, hotline, workspace) -> None:
    stamp = 1_693_400_000.0
    write_work_orders(folder, "GD_20230830_01.csv", ["GD1"], changed_at=stamp)
    pull(workspace, hotline, connection(folder), date(2023, 8, 30))
    marker = folder / "GD_20230830_01.ok"
    marker.write_text(f"1 {'0' * 64}\n")
    os.utime(marker, (stamp, stamp))
    write_work_orders(folder, "GD_20230831_01.csv", ["GD3"])
    with pytest.raises(DeliveryRefused, match="SHA-256"):
        pull(workspace, hotline, connection(folder), DAY)
    report = pull(workspace, hotline, connection(folder), DAY)
    assert [item.name for item in report.refused] == ["GD_20230830_01.csv"], "the days after it go on"


def test_links_and_odd_names_are_left_out_and_said(folder, hotline, workspace, tmp_path) -> None:
    secret = tmp_path / "GD_20230831_01.csv"
    write_work_orders(tmp_path, secret.name, ["GD1"])
    (folder / secret.name).symlink_to(secret)
    (folder / "GD_20230831_01.ok").symlink_to(secret.with_suffix(".ok"))
    (folder / "GD_20230831_02\n.csv").write_text("x")
    (folder / "..\\GD_20230831_03.csv").write_text("x")
    said: list[str] = []
    with pytest.raises(SourceNotReady):
        pull(workspace, hotline, connection(folder), DAY, say=said.append)
    assert any("GD_20230831_01.csv is a link or a folder, has no plain name" in line for line in said)
    assert landed(workspace) == []


def test_a_gap_in_the_numbering_is_said(folder, hotline, workspace) -> None:
    for number in ("01", "03", "04"):
        write_work_orders(folder, f"GD_20230831_{number}.csv", [f"GD{number}"])
    said: list[str] = []
    pull(workspace, hotline, connection(folder), DAY, say=said.append)
    assert "hotline: the numbering of 2023-08-31 skips 2" in said
    assert file_pulls.missing_in_sequence(load_sources()["petition"], ["XFJ_20230831_1800.xlsx"]) == []


def test_an_entry_that_vanishes_while_the_folder_is_listed_is_no_entry(folder, hotline, monkeypatch) -> None:
    write_work_orders(folder, "GD_20230831_01.csv", ["GD1"])
    write_work_orders(folder, "GD_20230831_02.csv", ["GD2"])
    scandir = os.scandir

    @contextmanager
    def listing(path: bytes) -> Iterator[list[os.DirEntry[bytes]]]:
        with scandir(path) as found:
            entries = list(found)
        (folder / "GD_20230831_01.csv").unlink()
        yield entries

    monkeypatch.setattr(outboxes.os, "scandir", listing)
    outbox = outboxes.FolderOutbox("hotline", str(folder))
    assert [entry.name for entry in outbox.entries()] == [
        "GD_20230831_01.ok",
        "GD_20230831_02.csv",
        "GD_20230831_02.ok",
    ]
    assert outbox.left_out == (), "and nothing to be said of it"


def test_a_marker_beyond_its_limit_is_refused_unread(folder, hotline, workspace, monkeypatch) -> None:
    content = write_work_orders(folder, "GD_20230831_01.csv", ["GD1"])
    marker = folder / "GD_20230831_01.ok"
    said = f"1 {hashlib.sha256(content).hexdigest()}"
    marker.write_text(said + " " * markers.MAX_MARKER_BYTES + "999")
    fetched: list[str] = []
    fetch = outboxes.FolderOutbox.fetch

    def note(outbox: outboxes.FolderOutbox, entry: outboxes.Entry, target: Path) -> None:
        fetched.append(entry.name)
        fetch(outbox, entry, target)

    monkeypatch.setattr(outboxes.FolderOutbox, "fetch", note)
    with pytest.raises(DeliveryRefused, match=f"MAX_MARKER_BYTES = {markers.MAX_MARKER_BYTES}"):
        pull(workspace, hotline, connection(folder), DAY)
    assert marker.name not in fetched and landed(workspace) == []
    with pytest.raises(DeliveryRefused, match="MAX_MARKER_BYTES"):
        import_files(workspace, hotline, [folder], None)
    marker.write_text(said + " " * (markers.MAX_MARKER_BYTES - len(said)))
    assert pull(workspace, hotline, connection(folder), DAY).rows == 1, "as long as the limit is short enough"


@pytest.mark.parametrize(("broken", "asked"), [(5, 3), (2, 5)])
def test_a_server_that_is_gone_is_not_asked_for_each_of_its_files(
    folder, hotline, workspace, monkeypatch, broken, asked
) -> None:
    for number in range(1, 6):
        write_work_orders(folder, f"GD_20230831_0{number}.csv", [f"GD{number}"])
    fetched: list[str] = []
    fetch = outboxes.FolderOutbox.fetch

    def break_off(outbox: outboxes.FolderOutbox, entry: outboxes.Entry, target: Path) -> None:
        if entry.name.endswith(".csv"):
            fetched.append(entry.name)
            if len(fetched) <= broken:
                raise SourceUnreachable("hotline", "the share broke off", where=entry.name)
        fetch(outbox, entry, target)

    monkeypatch.setattr(outboxes.FolderOutbox, "fetch", break_off)
    with pytest.raises(SourceUnreachable):
        pull(workspace, hotline, connection(folder), DAY)
    assert len(fetched) == asked
    assert len(landed(workspace)) == max(0, 5 - broken) * (asked == 5), "what could be had is landed"
    monkeypatch.setattr(outboxes.FolderOutbox, "fetch", fetch)
    pull(workspace, hotline, connection(folder), DAY)
    assert len(landed(workspace)) == 5, "and the next pull brings the rest"


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A server that takes connections (the kernel does, for its backlog) and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def sftp_connection(port: int, key: str | None = None) -> Connection:
    known = key or asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    return Connection(
        conn_type="sftp", host="127.0.0.1", port=port, login="hotline", password="invented",
        extra={"path": "/", "known_host_key": known},
    )  # fmt: skip


def test_a_server_that_never_speaks_ends_in_bounded_time(silent_server, hotline, workspace) -> None:
    began = time.monotonic()
    with pytest.raises(SourceUnreachable):
        pull(workspace, hotline, sftp_connection(silent_server), DAY)
    assert time.monotonic() - began < 5


def test_a_database_that_never_speaks_ends_in_bounded_time(silent_server, workspace, monkeypatch) -> None:
    monkeypatch.setattr(database, "CONNECT_SECONDS", 2)
    monkeypatch.setattr(database, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(database, "MAX_TRIES", 1)
    began = time.monotonic()
    with pytest.raises(SourceUnreachable):
        pull(workspace, load_sources()["regional"], database_connection(silent_server), DAY)
    assert time.monotonic() - began < 8


def test_a_database_that_stops_answering_is_cut_off(workspace, monkeypatch) -> None:
    monkeypatch.setattr(database, "SESSION_SECONDS", 0.5)
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def serve() -> None:
        opened = listener.accept()[0]
        taken.append(opened)
        (size,) = struct.unpack("!i", opened.recv(4))
        if size == 8:
            opened.recv(4)
            opened.sendall(b"N")  # no TLS
            opened.recv(4)
        opened.recv(4096)
        opened.sendall(b"R" + struct.pack("!ii", 8, 0) + b"Z" + struct.pack("!i", 5) + b"I")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    began = time.monotonic()
    with pytest.raises(SourceUnreachable, match="did not answer within"):
        pull(workspace, load_sources()["regional"], database_connection(listener.getsockname()[1]), DAY)
    assert time.monotonic() - began < 5
    thread.join(timeout=5)
    listener.close()
    for opened in taken:
        opened.close()


def database_connection(port: int) -> Connection:
    return Connection(
        conn_type="postgres", host="127.0.0.1", port=port, schema="exchange", login="invented",
        extra={"sslmode": "disable"},
    )  # fmt: skip


class Hanging(asyncssh.SFTPServer):
    """An SFTP server that lists and opens, and then answers no read and no close."""

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        await asyncio.sleep(3600)
        return b""

    async def close(self, file_obj: object) -> None:
        await asyncio.sleep(3600)


async def stop(acceptor: asyncssh.SSHAcceptor) -> None:
    """Close a server, and end what hangs in it."""
    acceptor.close()
    hanging = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


class Anybody(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return False


def test_a_server_that_stops_in_the_middle_ends_in_bounded_time(folder, hotline, workspace) -> None:
    write_work_orders(folder, "GD_20230831_01.csv", ["GD1"])
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    key = asyncssh.generate_private_key("ssh-ed25519")

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Anybody, server_host_keys=[key],
            sftp_factory=lambda channel: Hanging(channel, chroot=os.fsencode(folder)),
        )  # fmt: skip

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(timeout=10)
    began = time.monotonic()
    try:
        with pytest.raises(SourceUnreachable):
            pull(
                workspace,
                hotline,
                sftp_connection(acceptor.get_port(), key.export_public_key().decode()),
                DAY,
            )
    finally:
        asyncio.run_coroutine_threadsafe(stop(acceptor), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()
    assert time.monotonic() - began < 5
