"""Which tickets are one lead: `clearance bench resolve [--tickets N] [--seed S] [--noise N] [--vocabulary V] [--beside]`.

An invented city, whose truth is known, goes through the product as far as leads; what was put together is compared
with what is one claim. `--beside` measures two baselines on the same columns. docs/resolution.md says what each
figure means. Seconds are of this machine; shares and ratios can be compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from rich.console import Console

from examples.resolution import report
from examples.upstream.model import CityParameters, build_city
from examples.upstream.servers import hand_over
from pipelines import ingest
from pipelines.contracts import load_sources
from pipelines.settings import PROJECT_ROOT
from pipelines.store import Workspace

DAY = date(2023, 8, 31)
FEWEST = 40
NOISE = ("normal", "heavy", "none")
VOCABULARY = ("default", "second", "held_out")


@dataclass(frozen=True)
class Measured:
    """A city's answer beside its truth, and the figures of the run.

    `tickets`: the product's columns and true_lead, true_incident, stratum, traits, true_id_number, in the order in
    which the tickets came. `unknown`: readable tickets in scope that the product does not have, or has and are not.
    """

    tickets: pd.DataFrame
    pairs: pd.DataFrame
    figures: dict[str, Any]
    unknown: int
    truly_recovered: tuple[int, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its tables. Returns 1 where claimants of differing valid IDs share a lead."""
    city = CityParameters()
    parser = argparse.ArgumentParser(prog="clearance bench resolve", description=__doc__)
    shown = "(default: %(default)s)"
    parser.add_argument("--tickets", type=int, default=city.tickets, help=f"tickets of the city {shown}")
    parser.add_argument("--seed", type=int, default=city.seed, help=f"which city {shown}")
    parser.add_argument(
        "--noise", choices=NOISE, default=city.noise, help=f"how badly tickets are written {shown}"
    )
    parser.add_argument("--vocabulary", choices=VOCABULARY, default=city.vocabulary,
                        help=f"names, firms and sentences of the city {shown}")  # fmt: skip
    parser.add_argument("--beside", action="store_true", help="measure exact keys and plain Splink as well")
    chosen = parser.parse_args(arguments)
    if chosen.tickets < FEWEST:
        parser.error(f"a city needs {FEWEST} tickets at least")
    console = Console(soft_wrap=True, highlight=False)
    parameters = CityParameters(
        seed=chosen.seed, tickets=chosen.tickets, noise=chosen.noise, vocabulary=chosen.vocabulary
    )
    measured = measure_city(parameters)
    console.print(
        f"{chosen.tickets:,} tickets of an invented city: seed {chosen.seed}, noise {chosen.noise}, "
        f"vocabulary {chosen.vocabulary}"
    )
    is_good = report.show(measured, console)
    if chosen.beside:
        report.show_beside(measured, console)
    return 0 if is_good else 1


def measure_city(parameters: CityParameters) -> Measured:
    """Build the city, hand its files over, let the product resolve them in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        root = Path(name)
        truth = _land(parameters, root)
        folder = root / "answer"
        folder.mkdir()
        subprocess.run(
            [
                sys.executable,
                "-m",
                "examples.resolution.product",
                root / "workspace",
                folder,
                DAY.isoformat(),
            ],
            cwd=PROJECT_ROOT,
            check=True,
        )
        found = pq.read_table(folder / "tickets.parquet").to_pandas()
        pairs = pq.read_table(folder / "pairs.parquet").to_pandas()
        figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    true = truth.tickets[truth.tickets["is_readable"] & truth.tickets["is_in_scope"]]
    own = truth.parties[truth.parties["is_id_valid"].astype(bool) & (truth.parties["role"] == "claimant")]
    true = true[["ticket_id", "lead", "incident", "stratum", "traits"]].rename(
        columns={"lead": "true_lead", "incident": "true_incident"}
    )
    true = true.merge(
        own[["ticket_id", "id_number"]].rename(columns={"id_number": "true_id_number"}), "left", "ticket_id"
    )
    tickets = found.merge(true, "inner", "ticket_id")
    return Measured(
        tickets,
        pairs,
        figures,
        len(found) + len(true) - 2 * len(tickets),
        (int(truth.leads["recovered_persons"].sum()), int(truth.leads["recovered_fen"].sum())),
    )


def _land(parameters: CityParameters, root: Path) -> Any:
    """Land the city's files in `root/workspace`. Returns its truth; the rest of the city is let go."""
    city = build_city(parameters)
    files = hand_over(city, root / "files", datetime.combine(DAY, datetime.min.time()) + timedelta(days=1))
    contracts, workspace = load_sources(), Workspace.open(root / "workspace")
    for source, paths in files.items():
        ingest.import_files(workspace, contracts[source], paths, None)
    return city.truth


if __name__ == "__main__":
    raise SystemExit(main())
