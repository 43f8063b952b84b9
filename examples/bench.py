"""The figures of the benchmark, each beside its baseline in the same run: `clearance bench [day] [--tickets N]`.

The simulated city is handed over as files into an empty workspace; then its last three days are published one after
another. Printed: reading against DuckDB's bare `read_csv` and `read_json` of the same files, the days from landing to
published, and the rebuild. Seconds are of this machine; the ratios are what can be compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from examples.upstream.model import CityParameters, build_city
from examples.upstream.servers import hand_over
from pipelines import day, ingest
from pipelines.contracts import load_sources
from pipelines.settings import load_city
from pipelines.store import Workspace

# What bare DuckDB needs to read a file with quoted line breaks and cut records at all.
LENIENT = (
    "delim = ',', quote = '\"', escape = '\"', null_padding = true, strict_mode = false, parallel = false"
)
DAYS = (date(2023, 8, 29), date(2023, 8, 30), date(2023, 8, 31))


def seconds(work: Callable[[], Any]) -> float:
    """How long a piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="clearance bench day", description=__doc__)
    parser.add_argument(
        "--tickets",
        type=int,
        default=CityParameters().tickets,
        help="tickets of the city (default: %(default)s)",
    )
    tickets = parser.parse_args(arguments).tickets
    table = Table(title=f"{tickets:,} tickets of an invented city", title_justify="left")
    for column in ("what", "seconds", "baseline", "seconds", "ratio"):
        table.add_column(column, justify="right" if column in ("seconds", "ratio") else "left")
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        _fill(Path(name), tickets, table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Console(soft_wrap=True).print(table)
    Console().print(f"peak memory {peak:,.0f} MiB")
    return 0


def _fill(root: Path, tickets: int, table: Table) -> None:
    city = build_city(CityParameters(tickets=tickets))
    files = hand_over(
        city, root / "files", datetime.combine(DAYS[-1], datetime.min.time()) + timedelta(days=1)
    )
    contracts, workspace = load_sources(), Workspace.open(root / "workspace")
    one_csv, one_json = _joined_csv(files["hotline"], root), _joined_json(files["national"], root)
    for source, file, bare in (
        (
            "hotline",
            one_csv,
            f"create table t as from read_csv('{one_csv}', all_varchar = true, header = true, {LENIENT})",
        ),
        (
            "national",
            one_json,
            f"create table t as from read_json('{one_json}', maximum_object_size = 100000000)",
        ),
    ):
        scratch = Workspace.open(root / f"scratch_{source}")
        landing = seconds(
            lambda s=source, f=file, w=scratch: ingest.import_files(w, contracts[s], [f], DAYS[-1])
        )  # type: ignore[misc]
        baseline = seconds(lambda q=bare: duckdb.connect().execute(q))  # type: ignore[misc]
        table.add_row(f"land {source}, one file", f"{landing:.2f}", f"bare {bare.split()[5].split('(')[0]}",
                      f"{baseline:.2f}", f"{landing / baseline:.1f}")  # fmt: skip
    for source, paths in files.items():
        ingest.import_files(workspace, contracts[source], paths, None)
    for business_date in DAYS:
        took = seconds(lambda d=business_date: day.publish(workspace, load_city(), d))  # type: ignore[misc]
        table.add_row(f"publish {business_date}", f"{took:.1f}", "", "", "")
    workspace.warehouse_file.unlink()
    rebuild = seconds(lambda: day.refresh(workspace, load_city()))
    table.add_row("rebuild from landing", f"{rebuild:.1f}", "", "", "")


def _joined_csv(files: Sequence[Path], root: Path) -> Path:
    """The hotline's files of one header as one UTF-8 file with a mark."""
    texts = []
    for file in files:
        if file.suffix == ".csv":
            content = file.read_bytes()
            is_marked = content.startswith(b"\xef\xbb\xbf")
            text = (
                content[3:].decode(errors="replace")
                if is_marked
                else content.decode("gb18030", errors="replace")
            )
            header, _, body = text.partition("\n")
            texts.append((header.strip(), body))
    header = max({text[0] for text in texts}, key=lambda value: sum(text[0] == value for text in texts))
    joined = root / "GD_20230831_99.csv"
    joined.write_text(
        "\ufeff" + header + "\n" + "".join(body for own, body in texts if own == header),
        encoding="utf-8",
        newline="",
    )
    return joined


def _joined_json(files: Sequence[Path], root: Path) -> Path:
    """The national pages as one bare array of rows."""
    rows = [row for file in files for row in json.loads(file.read_text(encoding="utf-8"))["data"]["rows"]]
    joined = root / "clues_20230831.json"
    joined.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return joined


if __name__ == "__main__":
    raise SystemExit(main())
