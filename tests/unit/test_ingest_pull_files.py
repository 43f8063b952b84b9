"""Pulling files from a real SFTP server and from a folder."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import asyncssh
import pytest
import xlsxwriter

from pipelines.contracts import SourceContract, load_sources
from pipelines.errors import (
    ConfigurationError,
    DeliveryRefused,
    SourceIncomplete,
    SourceNotReady,
    SourceRejectedUs,
    SourceUnreachable,
)
from pipelines.ingest import file_pulls, landed, outboxes, pull, refusals, sftp
from pipelines.settings import Connection
from pipelines.store import Workspace
from tests.ingest_harness import write_work_orders

DAY = date(2023, 8, 31)


class Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("hotline", "invented")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int, str]]:
    root = tmp_path_factory.mktemp("sftp")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    key = asyncssh.generate_private_key("ssh-ed25519")

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Server, server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(root)),
        )  # fmt: skip

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(timeout=10)
    yield root, acceptor.get_port(), key.export_public_key().decode().strip()
    loop.call_soon_threadsafe(acceptor.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=10)


@pytest.fixture(params=["folder", "sftp"])
def outbox(
    request: pytest.FixtureRequest, tmp_path: Path, served: tuple[Path, int, str]
) -> tuple[Path, Connection]:
    if request.param == "folder":
        folder = tmp_path / "outbox"
        folder.mkdir()
        return folder, Connection(conn_type="fs", extra={"path": str(folder)})
    root, port, key = served
    folder = root / tmp_path.name
    folder.mkdir()
    extra = {"path": f"/{tmp_path.name}", "known_host_key": key}
    return folder, Connection(
        conn_type="sftp", host="127.0.0.1", port=port, login="hotline", password="invented", extra=extra
    )


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_pulls, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(sftp, "FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def hotline() -> SourceContract:
    return load_sources()["hotline"]


def test_files_dated_up_to_the_day_are_landed_for_it_once(outbox, hotline, workspace) -> None:
    folder, connection = outbox
    write_work_orders(folder, "GD_20230829_01.csv", ["GD1", "GD2"])
    write_work_orders(folder, "GD_20230831_01.csv", ["GD3"])
    write_work_orders(folder, "GD_20230831_02.csv", ["GD4"], has_marker=False)
    write_work_orders(folder, "GD_20230901_01.csv", ["GD5"])
    (folder / "notes_20230831.txt").write_text("not ours")
    report = pull(workspace, hotline, connection, DAY)
    assert [item.name for item in report.deliveries] == ["GD_20230829_01.csv", "GD_20230831_01.csv"]
    assert {item.delivered_for for item in report.deliveries} == {DAY}
    assert (report.rows, report.theirs, report.pending) == (3, 3, ("GD_20230831_02.csv",))
    again = pull(workspace, hotline, connection, DAY)
    assert (again.rows, len(landed(workspace))) == (0, 2)
    assert [item.name for item in again.already_landed] == ["GD_20230831_01.csv"]


def test_a_day_without_its_file_is_not_ready_after_landing_the_rest(outbox, hotline, workspace) -> None:
    folder, connection = outbox
    write_work_orders(folder, "GD_20230829_01.csv", ["GD1"])
    with pytest.raises(SourceNotReady, match="no file dated 2023-08-31") as raised:
        pull(workspace, hotline, connection, DAY)
    assert raised.value.where.endswith(folder.name)
    assert len(landed(workspace)) == 1
    write_work_orders(folder, "GD_20230831_01.csv", ["GD3"], has_marker=False)
    with pytest.raises(SourceNotReady, match="still being written"):
        pull(workspace, hotline, connection, DAY)


def test_a_marker_that_differs_refuses_the_file_and_a_new_one_lands(outbox, hotline, workspace) -> None:
    folder, connection = outbox
    write_work_orders(folder, "GD_20230831_01.csv", ["GD1", "GD2"], rows=3)
    write_work_orders(folder, "GD_20230831_02.csv", ["GD3"])
    with pytest.raises(DeliveryRefused, match="marker says 3, the file has 2"):
        pull(workspace, hotline, connection, DAY)
    assert [item.name for item in landed(workspace)] == ["GD_20230831_02.csv"], "the others land all the same"
    (refusal,) = refusals(workspace)
    assert refusal.name == "GD_20230831_01.csv"
    with pytest.raises(DeliveryRefused, match="marker says 3"):
        pull(workspace, hotline, connection, DAY)
    assert len(refusals(workspace)) == 1, "the same bytes are one refusal"
    write_work_orders(folder, "GD_20230901_01.csv", ["GD9"])
    later = pull(workspace, hotline, connection, date(2023, 9, 1))
    assert (later.rows, len(later.refused)) == (1, 1), "an old refusal does not stop the days after it"
    write_work_orders(folder, "GD_20230831_01.csv", ["GD1", "GD2", "GD4"])
    assert pull(workspace, hotline, connection, DAY).rows == 3


def test_bytes_that_differ_from_the_marker_are_refused(outbox, hotline, workspace) -> None:
    folder, connection = outbox
    content = write_work_orders(folder, "GD_20230831_01.csv", ["GD1", "GD2"])
    (folder / "GD_20230831_01.csv").write_bytes(content.replace(b"GD2", b"GD9"))
    with pytest.raises(DeliveryRefused, match="SHA-256"):
        pull(workspace, hotline, connection, DAY)
    assert landed(workspace) == []


def test_links_and_folders_are_not_followed(outbox, hotline, workspace, tmp_path) -> None:
    folder, connection = outbox
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_work_orders(elsewhere, "GD_20230831_01.csv", ["GD1"])
    for name in ("GD_20230831_01.csv", "GD_20230831_01.ok"):
        (folder / name).symlink_to(elsewhere / name)
    (folder / "GD_20230831_02.csv").mkdir()
    with pytest.raises(SourceNotReady):
        pull(workspace, hotline, connection, DAY)
    assert landed(workspace) == []


def workbook(file: Path, total: int, rows: int) -> None:
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet("信访件")
        sheet.write_row(0, 0, ["信访件导出"])
        sheet.write_row(1, 0, [f"导出时间：2023-08-31 18:00　共 {total} 件"])
        sheet.write_row(2, 0, ["信访件编号", "问题属地", "内容分类", "登记日期", "是否办结", "信访件状态"])
        for at in range(rows):
            sheet.write_row(
                3 + at,
                0,
                [f"64010020230831{at:05d}", "金凤区", "劳动和社会保障_劳动报酬", "2023-08-30", "否", "受理"],
            )
        sheet.write_row(3 + rows, 0, ["", "合计", str(rows)])


def test_a_workbook_whose_total_differs_is_incomplete_until_it_is_whole(outbox, workspace) -> None:
    folder, connection = outbox
    petition = load_sources()["petition"]
    file = folder / "XFJ_20230831_1800.xlsx"
    workbook(file, total=3, rows=2)
    with pytest.raises(SourceIncomplete, match="says 3 rows, 2 are there"):
        pull(workspace, petition, connection, DAY)
    workbook(file, total=3, rows=3)
    (delivery,) = pull(workspace, petition, connection, DAY).deliveries
    assert (delivery.rows, str(delivery.changed_at)) == (3, "2023-08-31 18:00:00")


def test_half_a_workbook_is_still_being_written(outbox, workspace) -> None:
    folder, connection = outbox
    petition = load_sources()["petition"]
    file = folder / "XFJ_20230831_1800.xlsx"
    workbook(file, total=2, rows=2)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceNotReady, match="still being written"):
        pull(workspace, petition, connection, DAY)
    assert refusals(workspace) == []
    file.write_bytes(whole)
    assert pull(workspace, petition, connection, DAY).rows == 2


def test_json_lines_are_pulled_by_the_date_in_their_name(outbox, workspace) -> None:
    folder, connection = outbox
    row = {
        "线索编号": "WX1",
        "属地": "金凤区",
        "交办时间": "2023-08-31",
        "状态": "办理中",
        "更新时间": "2023-08-31 09:00",
    }
    file = folder / "网信移交_2023-08-31.jsonl"
    text = json.dumps(row, ensure_ascii=False) + "\n"
    file.write_text(text[:40], encoding="utf-8")
    with pytest.raises(SourceNotReady, match="still being written"):
        pull(workspace, load_sources()["cyberspace"], connection, DAY)
    file.write_text(text, encoding="utf-8")
    assert pull(workspace, load_sources()["cyberspace"], connection, DAY).rows == 1


def test_the_server_must_be_known_and_the_account_right(served, hotline, workspace) -> None:
    _, port, key = served
    right = Connection(
        conn_type="sftp", host="127.0.0.1", port=port, login="hotline", password="invented",
        extra={"path": "/", "known_host_key": key},
    )  # fmt: skip
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    for change in (
        {"password": "wrong"},
        {"extra": {"path": "/", "known_host_key": stranger}},
        {"extra": {**right.extra, "path": "/none"}},
    ):
        with pytest.raises(SourceRejectedUs):
            pull(workspace, hotline, right.model_copy(update=change), DAY)
    with pytest.raises(ConfigurationError, match="host key"):
        pull(workspace, hotline, right.model_copy(update={"extra": {"path": "/"}}), DAY)
    with pytest.raises(SourceUnreachable):
        pull(workspace, hotline, right.model_copy(update={"port": 9}), DAY)


def test_a_missing_folder_is_unreachable(hotline, workspace, tmp_path) -> None:
    with pytest.raises(SourceUnreachable):
        pull(workspace, hotline, Connection(conn_type="fs", extra={"path": str(tmp_path / "none")}), DAY)


def test_a_file_too_large_to_fetch_stops_no_other(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = load_sources()["cyberspace"]
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    row = {
        "线索编号": "WX1",
        "属地": "金凤区",
        "交办时间": "2023-08-31",
        "状态": "办理中",
        "更新时间": "2023-08-31 09:00",
    }
    (outbox / "网信_20230831.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    for day_before in ("20230801", "20230802"):
        (outbox / f"网信_{day_before}.jsonl").write_text(" " * 4096, encoding="utf-8")
    monkeypatch.setattr(outboxes, "MAX_FILE_BYTES", 2048)
    connection = Connection(conn_type="fs", extra={"path": str(outbox)})
    with pytest.raises(DeliveryRefused, match="MAX_FILE_BYTES") as refused:
        pull(workspace, contract, connection, DAY, say=lambda line: None)
    assert "20230801" not in refused.value.what and "cyberspace-20230801-" in refused.value.where
    assert [item.name for item in landed(workspace)] == ["网信_20230831.jsonl"]
    again = pull(workspace, contract, connection, DAY, say=lambda line: None)
    assert len(again.refused) == len(refusals(workspace)) == 2
