"""The workspace: its key, its lock, its encryption, and what it says when something is wrong."""

from __future__ import annotations

import errno
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest

from pipelines import store
from pipelines.errors import ConfigurationError, PublicationError, WarehouseLocked, WorkspaceVersionError
from pipelines.store import Workspace, write_atomically

SECRET = "张三丰640104199001010012"


def test_a_new_workspace_has_its_own_secret_key(tmp_path: Path) -> None:
    first, second = Workspace.open(tmp_path / "a"), Workspace.open(tmp_path / "b")
    assert (tmp_path / "a" / "key").stat().st_mode & 0o777 == 0o600
    assert first.keys != second.keys
    assert Workspace.open(tmp_path / "a").keys == first.keys


def test_nothing_restricted_can_be_read_from_the_disk(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    with workspace.warehouse() as connection:
        connection.execute("create table stage.t as select $1 as name, range as n from range(5000)", [SECRET])
        workspace.write_parquet(connection, "select * from stage.t", tmp_path / "rows.parquet")
        assert connection.execute(
            f"select count(*) from {workspace.scan([tmp_path / 'rows.parquet'])}"
        ).fetchall() == [(5000,)]
    (tmp_path / "original.sealed").write_bytes(b"".join(workspace.seal_parts(BytesIO(SECRET.encode()), 1024)))
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes(), file.name
    assert workspace.unseal((tmp_path / "original.sealed").read_bytes()).decode() == SECRET


def test_another_key_reads_nothing_and_says_so(tmp_path: Path) -> None:
    sealed = bytes(next(Workspace.open(tmp_path / "a").seal_parts(BytesIO(b"x"), 1024)))
    with pytest.raises(ConfigurationError, match="another key"):
        Workspace.open(tmp_path / "b").unseal(sealed)


def test_a_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    with workspace.warehouse(), pytest.raises(WarehouseLocked, match=r"pid \d+"), workspace.warehouse():
        pytest.fail("two writers at once")
    with workspace.warehouse():
        pass


def test_a_workspace_of_another_layout_is_refused(tmp_path: Path) -> None:
    Workspace.open(tmp_path)
    (tmp_path / "workspace.json").write_text(json.dumps({"layout": 0}))
    with pytest.raises(WorkspaceVersionError, match="layout 0"):
        Workspace.open(tmp_path)


def test_data_without_its_key_is_refused(tmp_path: Path) -> None:
    Workspace.open(tmp_path)
    (tmp_path / "key").unlink()
    with pytest.raises(ConfigurationError, match="key"):
        Workspace.open(tmp_path)
    (tmp_path / "workspace.json").unlink()
    with pytest.raises(ConfigurationError, match="key"):
        Workspace.open(tmp_path)


def test_no_workspace_is_said_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no workspace"):
        Workspace.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "manifest.json"
    write_atomically(file, b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(PublicationError, match="disk is full"):
        write_atomically(file, b"new")
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def _opened_key(root: Path) -> bytes:
    Workspace.open(root)
    return (root / "key").read_bytes()


def test_many_processes_that_make_a_workspace_at_once_have_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(6, mp_context=multiprocessing.get_context("fork")) as pool:
        for number in range(25):
            root = tmp_path / f"workspace-{number}"
            keys = list(pool.map(_opened_key, [root] * 6))
            assert set(keys) == {(root / "key").read_bytes()}
