"""rows.parquet written while its text is still being made, and the proof that it holds each row once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.store import Workspace


def write_while_read(
    connection: duckdb.DuckDBPyConnection,
    query_of: Callable[[str], str],
    blocks: Iterable[bytes],
    rows_file: Path,
) -> None:
    """Write the rows of a query over a pipe to an encrypted Parquet file, while `blocks` are written into the pipe.

    `query_of` makes the query from the pipe's name. Raises what making the blocks raises, else what the query raises.
    """
    out_of, into = os.pipe()
    with _one_thread(connection), ThreadPoolExecutor(1) as beside:
        writing = beside.submit(Workspace.write_parquet, connection, query_of(f"/dev/fd/{out_of}"), rows_file)
        # With its last reader gone the pipe breaks: nobody waits for a query that has ended.
        writing.add_done_callback(lambda _: os.close(out_of))
        try:
            with os.fdopen(into, "wb", buffering=0) as pipe:
                for block in blocks:
                    rest = memoryview(block)
                    while rest:
                        rest = rest[pipe.write(rest) :]
        except BrokenPipeError:
            pass
        writing.result()


@contextmanager
def _one_thread(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Numbered rows are made by one thread; a second one that waits for a pipe with it would only take time from others."""
    (threads,) = connection.execute("select current_setting('threads')").fetchall()[0]
    connection.execute("set threads = 1")
    try:
        yield
    finally:
        connection.execute(f"set threads = {threads}")


def counted_rows(connection: duckdb.DuckDBPyConnection, rows_file: Path) -> tuple[int, bool]:
    """How many rows a file holds, and whether they are numbered from 1 on without a gap."""
    found, numbers, last = connection.execute(
        f"select count(*), count(distinct row_no), max(row_no) from {Workspace.scan([rows_file])}"
    ).fetchall()[0]
    return int(found), found == numbers == (last or 0)
