"""The printed tables of how well tickets are put together."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from examples.resolution import baselines, measures
from examples.resolution.measures import PER, Codes, Rate, Totals, codes
from examples.resolution.strata import TRAPS, strata

if TYPE_CHECKING:
    from examples.bench_resolve import Measured

FLOORS = (0.995, 0.998, 0.999)
# The product's steps from prepared columns to leads, which is what plain Splink does.
CLUSTERING = ("candidates", "scoring", "decision")


def show(measured: Measured, console: Console) -> bool:
    """Print everything about the product's answer. Returns False where differing valid claimant IDs share a lead."""
    tickets = measured.tickets
    found, true = codes(tickets["lead_id"]), codes(tickets["true_lead"])
    totals = measures.measure(found, true)
    as_shown = measures.differing_pairs(found, tickets["true_id_number"])
    as_read = measures.differing_pairs(found, tickets["claimant_id_number"])
    console.print(
        f"{totals.tickets:,} tickets, {_groups(found):,} leads found, {_groups(true):,} true; "
        f"pairs {totals.pairs.found:,} found, {totals.pairs.true:,} true, {totals.pairs.right:,} right"
    )
    if measured.unknown:
        console.print(f"not compared: {measured.unknown:,} tickets that only one side knows")
    console.print(totals_table(totals))
    console.print(
        f"pairs with differing valid claimant IDs in one lead (must be 0): {as_shown} as the sources show them, "
        f"{as_read} as the product reads them"
    )
    incidents = measures.count_pairs(codes(tickets["incident_id"]), codes(tickets["true_incident"]))
    console.print(
        f"pairs of tickets of one incident: precision {incidents.precision:.4f}, recall {incidents.recall:.4f} "
        f"({incidents.found:,} found, {incidents.true:,} true)"
    )
    _show_recovered(measured, console)
    for table in strata_tables(measured, found, true):
        console.print(table)
    _show_frontier(measured, true, console)
    _show_time(measured, console)
    return as_shown == 0 and as_read == 0


def totals_table(totals: Totals) -> Table:
    """The measures over all tickets with their intervals."""
    table = _table("over all tickets", "measure", "value", "95 %")
    for title, name, value in (
        ("precision", "precision", totals.pairs.precision),
        ("recall", "recall", totals.pairs.recall),
        ("F1", "f1", totals.pairs.f1),
        ("B-cubed precision", "b_cubed_precision", totals.b_cubed_precision),
        ("B-cubed recall", "b_cubed_recall", totals.b_cubed_recall),
        ("falsely merged, of 10,000", "falsely_merged_per_10k", totals.falsely_merged_per_10k),
    ):
        digits = 2 if name == "falsely_merged_per_10k" else 4
        low, high = totals.intervals[name]
        table.add_row(title, f"{value:.{digits}f}", f"{low:.{digits}f}–{high:.{digits}f}")
    return table


def strata_tables(measured: Measured, found: Codes, true: Codes) -> tuple[Table, Table]:
    """One line a kind of ticket: what was found of it; what it was wrongly put together with."""
    find = _table("what is found, by kind of ticket", "kind", "tickets", "true pairs", "recall, %", "95 %")
    merge = _table(
        "what is wrongly put together, by kind of ticket",
        "kind", "wrong\npairs", "mixed\ntickets", "falsely\nmerged", "of\n10,000", "95 %",
    )  # fmt: skip
    unit = np.unique(measures.components(found, true), return_inverse=True)[1].astype(np.int64)
    merged, mixed = measures.falsely_merged(found, true), measures.is_mixed(found, true)
    for name, mark in strata(measured.tickets):
        pairs = measures.count_pairs(found, true, mark)
        recall = measures.recall_of(found, true, mark, unit)
        false = measures.share_of(merged, mark, unit)
        find.add_row(name, f"{int(mark.sum()):,}", f"{pairs.true:,}", *_interval(recall, 100))
        merge.add_row(
            name,
            f"{pairs.wrong:,}",
            f"{int((mixed & mark).sum()):,}",
            f"{int(false.hits):,}",
            *_interval(false, PER),
        )
        if name == TRAPS[-1]:
            find.add_section()
            merge.add_section()
    return find, merge


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _show_recovered(measured: Measured, console: Console) -> None:
    tickets = measured.tickets
    ours, true = tuple(measured.figures["recovered"]), measured.truly_recovered
    told = int(tickets["recovered_persons"].sum()), int(tickets["recovered_fen"].sum())
    off = [f"{100 * (a - b) / b:+.2f} %" if b else "—" for a, b in zip(ours, true, strict=True)]
    console.print(
        f"recovered, once a lead: {_money(*ours)}; truly {_money(*true)} ({off[0]}, {off[1]}); "
        f"the tickets together say {_money(*told)}"
    )


def _show_frontier(measured: Measured, true: Codes, console: Console) -> None:
    pairs = measured.pairs.dropna(subset=["score"])
    if not measured.figures["has_score"] or pairs.empty:
        console.print("recall at a given precision: left out, the pairs of this model carry no score")
        return
    row = {ticket: place for place, ticket in enumerate(measured.tickets["ticket_id"])}
    left, right = pairs["ticket_a"].map(row), pairs["ticket_b"].map(row)
    known = left.notna() & right.notna()
    best = measures.frontier(
        true, left[known].to_numpy(np.int64), right[known].to_numpy(np.int64),
        pairs["score"][known].to_numpy(np.float64), FLOORS,
    )  # fmt: skip
    console.print(frontier_line(best))


def frontier_line(best: dict[float, tuple[float, float] | None]) -> str:
    """Recall at each floor of precision, and the score that reaches it."""
    parts = [
        f"{floor}: " + (f"{reached[0]:.4f} (score {reached[1]:.3f})" if reached else "not reached")
        for floor, reached in best.items()
    ]
    return "recall at precision " + ", ".join(parts)


def _show_time(measured: Measured, console: Console) -> None:
    seconds: dict[str, float] = measured.figures["seconds"]
    tickets = len(measured.tickets)
    table = _table("seconds by step", "step", "seconds", "µs a ticket")
    for step, took in seconds.items():
        table.add_row(step, f"{took:.2f}", f"{took / max(tickets, 1) * 1e6:.1f}")
    whole = sum(seconds.values())
    table.add_row("together", f"{whole:.2f}", f"{whole / max(tickets, 1) * 1e6:.1f}")
    console.print(table)
    console.print(
        f"peak memory {measured.figures['peak_mib']:,.0f} MiB; {len(measured.pairs):,} pairs weighed, "
        f"{len(measured.pairs) / max(tickets, 1):.2f} a ticket"
    )


def show_beside(measured: Measured, console: Console) -> None:
    """Print the baselines on the same columns, beside the product's measures and its time for the same part."""
    tickets, true = measured.tickets, codes(measured.tickets["true_lead"])
    own = sum(measured.figures["seconds"][step] for step in CLUSTERING)
    sides = [
        baselines.Clustered("the product", codes(tickets["lead_id"]), own),
        baselines.exact_keys(tickets),
    ]
    try:
        sides.append(baselines.plain_splink(tickets))
    except ModuleNotFoundError as error:
        console.print(f"plain Splink is left out: {error.name} is not installed")
    table = _table(
        "beside baselines on the same columns", "", "prec.", "recall", "F1", "B-cubed\nprec.",
        "B-cubed\nrecall", "falsely\nmerged,\nof 10,000", "seconds",
    )  # fmt: skip
    for side in sides:
        totals = measures.measure(side.leads, true, draws=0)
        table.add_row(
            side.name,
            f"{totals.pairs.precision:.4f}",
            f"{totals.pairs.recall:.4f}",
            f"{totals.pairs.f1:.4f}",
            f"{totals.b_cubed_precision:.4f}",
            f"{totals.b_cubed_recall:.4f}",
            f"{totals.falsely_merged_per_10k:.1f}",
            f"{side.seconds:.2f}",
        )
    console.print(table)
    console.print(f"seconds from prepared columns to leads (the product: {', '.join(CLUSTERING)})")
    for side in sides:
        if side.left is not None and side.right is not None and side.score is not None:
            console.print(
                f"{side.name}: another {side.training_seconds:.1f} s of training; {len(side.score):,} pairs scored; "
                f"the product takes {own / side.seconds:.2f} times its time"
            )
            best = measures.frontier(true, side.left, side.right, side.score, FLOORS)
            console.print(f"{side.name}: {frontier_line(best)}")


def _interval(rate: Rate, scale: float) -> tuple[str, str]:
    if isnan(rate.value):
        return "—", "—"
    return f"{scale * rate.value:.1f}", f"{scale * rate.low:.1f}–{scale * rate.high:.1f}"


def _groups(partition: Codes) -> int:
    return len(np.unique(partition))


def _money(persons: int, fen: int) -> str:
    return f"{persons:,} workers, {fen / 1_000_000:,.2f} 万元"
