"""The sources' figures: `clearance bench sources [--tickets N] [--days N] [--rows N]`.

A month of faults beside the same month undisturbed; reading beside DuckDB's bare readers of the same files; from
landing to versions, parties and events; the new sources' lines. Seconds are of this machine, ratios can be compared.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from examples.bench_files import write_files
from examples.month import Month, run_month
from examples.upstream.servers import Fault
from pipelines import day, ingest, normalize
from pipelines.contracts import load_sources
from pipelines.settings import PROJECT_ROOT, load_city
from pipelines.store import Workspace, quote_literal

AS_OF = date(2023, 8, 31)
CSV_OPTIONS = (
    "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', null_padding = true, "
    "strict_mode = false, parallel = false"
)
SOURCE_OF = {
    "utf-8": "hotline",
    "gb18030": "hotline",
    "array": "national",
    "lines": "national",
    "pages": "national",
}
console = Console(soft_wrap=True, highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for (all of it by default) and print it. Returns 1 where the month is not as it must be."""
    parser = argparse.ArgumentParser(
        prog="clearance bench sources",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--tickets", type=int, default=2000, help="tickets of the month's city")
    parser.add_argument("--days", type=int, default=30, help="days of the month; 0 leaves it out")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of a file to read; 0 leaves it out")
    parser.add_argument("--land", nargs="+", metavar="FORM FILE", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.land:
        return _land(chosen.land[0], [Path(name) for name in chosen.land[1:]])
    is_good = True
    if chosen.rows:
        _measure_reading(chosen.rows)
    if chosen.days:
        month = run_month(chosen.tickets, chosen.days, say=lambda line: console.print(line, markup=False))
        _print_month(month)
        is_good = month.is_good
    _print_new_sources()
    return 0 if is_good else 1


def _print_month(month: Month) -> None:
    faults = Table(title=f"faults met in {month.days} days", title_justify="left")
    faults.add_column("fault")
    faults.add_column("met", justify="right")
    for fault in Fault:
        faults.add_row(str(fault), str(month.faults.get(str(fault), 0)))
    console.print(faults)
    errors = Table(title="what the pulls raised", title_justify="left")
    errors.add_column("source: error")
    errors.add_column("times", justify="right")
    for name, count in sorted(month.errors.items()):
        errors.add_row(name, str(count))
    console.print(errors)
    table = Table(title="the month against the same month undisturbed", title_justify="left")
    table.add_column("what")
    table.add_column("figure", justify="right")
    for what, figure in (
        ("days published at their cut-off", f"{month.published} of {month.days}"),
        ("days on which a source was missing", month.missing_days),
        ("the same undisturbed (a small city has days without a petition)", month.quiet_days),
        ("missing sources that the day's table does not name", len(month.unnamed)),
        ("tickets", month.tickets),
        ("tickets lost", month.lost),
        ("tickets invented", month.invented),
        ("tickets that differ in any published column", month.changed),
        ("tickets in another lead", month.leads_differ),
        ("events that were never seen (a source shows only its latest state)", month.versions_unseen),
        ("cells of the restated ledger", month.cells),
        ("cells that differ", month.cells_differ),
        (
            "rows waiting in quarantine, undisturbed and disturbed",
            f"{month.quarantine[0]} and {month.quarantine[1]}",
        ),
    ):
        table.add_row(what, str(figure))
    console.print(table)


def _measure_reading(rows: int) -> None:
    table = Table(title=f"reading {rows:,} rows of an invented city", title_justify="left")
    for column in ("file", "MiB", "landed, s", "bare DuckDB, s", "ratio", "peak MiB"):
        table.add_column(column, justify="left" if column == "file" else "right")
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        root = Path(name)
        files = write_files(root, rows)
        for form, paths in files.items():
            landed, peak = _landed_in_a_process(form, paths)
            bare = _seconds(lambda f=form, p=paths: _read_bare(f, p))  # type: ignore[misc]
            size = sum(path.stat().st_size for path in paths) / 1024**2
            note = " (bare: the same text as UTF-8)" if form == "gb18030" else ""
            table.add_row(f"{SOURCE_OF[form]}, {form}{note}", f"{size:,.0f}", f"{landed:.1f}", f"{bare:.1f}",
                          f"{landed / bare:.2f}", f"{peak:,.0f}")  # fmt: skip
        console.print(table)
        _measure_tickets(root, [*files["utf-8"], *files["array"]], rows)


def _landed_in_a_process(form: str, paths: Sequence[Path]) -> tuple[float, float]:
    """Seconds and peak memory (MiB) of landing the files, in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", "examples.bench_sources", "--land", form, *map(str, paths)],
        cwd=PROJECT_ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    seconds, peak = map(float, run.stdout.split()[-2:])
    return seconds, peak


def _land(form: str, paths: Sequence[Path]) -> int:
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        workspace, contract = Workspace.open(Path(name)), load_sources()[SOURCE_OF[form]]
        # A first landing loads the libraries; that is no part of reading.
        small = Path(name) / "first.csv"
        small.write_text(
            ",".join(contract.columns) + "\n" + "," * (len(contract.columns) - 1) + "\n", encoding="utf-8-sig"
        )
        ingest.import_files(workspace, contract, [small], AS_OF)
        took = _seconds(lambda: ingest.import_files(workspace, contract, paths, AS_OF))
    print(f"{took:.3f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
    return 0


def _read_bare(form: str, paths: Sequence[Path]) -> None:
    names = ", ".join(f"'{quote_literal(path)}'" for path in paths)
    with duckdb.connect() as connection:
        if form in ("utf-8", "gb18030"):
            marked = str(paths[0]).replace("20230829", "20230830")
            scan = f"read_csv('{quote_literal(marked)}', {CSV_OPTIONS})"
        else:
            scan = f"read_json([{names}], maximum_object_size = 100000000)"
        connection.execute(f"create table read_bare as from {scan}")


def _measure_tickets(root: Path, paths: Sequence[Path], rows: int) -> None:
    """From landing to ticket versions, parties and events, of both sources together."""
    workspace, contracts, city = Workspace.open(root / "workspace"), load_sources(), load_city()
    for path in paths:
        source = "hotline" if path.suffix == ".csv" else "national"
        ingest.import_files(workspace, contracts[source], [path], AS_OF)
    with workspace.warehouse(memory=city.warehouse_memory, threads=city.warehouse_threads) as connection:
        normalize.prepare(connection, city)
        known = day.landed_deliveries(workspace)
        staged = _seconds(lambda: normalize.stage(workspace, connection, city, contracts, known))
        folded = _seconds(lambda: normalize.fold(connection, [item.delivery_id for item in known]))
        described = _seconds(lambda: normalize.describe_state(connection, AS_OF, workspace.keys.person))
        tickets = connection.execute("select count(*) from core.ticket_state").fetchall()[0][0]
    console.print(
        f"landing to tickets, {2 * rows:,} rows: {staged + folded + described:.1f} s (typed {staged:.1f}, versions and "
        f"events {folded:.1f}, state and parties {described:.1f}); {tickets:,} tickets"
    )


def _print_new_sources() -> None:
    table = Table(title="sources that nobody has yet", title_justify="left")
    for column in ("source", "lines of YAML", "lines of Python"):
        table.add_column(column, justify="left" if column == "source" else "right")
    python = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("pipelines", "dags")
        for path in (PROJECT_ROOT / folder).rglob("*.py")
    )
    for file in sorted((PROJECT_ROOT / "examples" / "sources").glob("*.yml")):
        lines = len(file.read_text(encoding="utf-8").splitlines())
        table.add_row(file.stem, str(lines), str(len(re.findall(rf".*\b{file.stem}\b.*", python))))
    console.print(table)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(main())
