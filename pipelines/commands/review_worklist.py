"""`clearance review export` and `import`: doubtful pairs as a workbook that a person fills in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.context import Session, now, said, say


def review_export(
    context: typer.Context,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new .xlsx file.")],
    most: Annotated[
        int | None, typer.Option("--most", min=1, metavar="N", help="The N most consequential pairs alone.")
    ] = None,
) -> None:
    """Write the pairs that wait for a person to a workbook, the most consequential first. It holds personal data."""
    from pipelines.review.workbook import export
    from pipelines.worksheet import PERSONAL

    session: Session = context.obj
    written, waiting = export(session.workspace(), session.city, to, most=most)
    all_of = "" if written == len(waiting.items) else f" of {len(waiting.items)}"
    say(f"{_pairs(written)}{all_of} written to {to} (mode 600)")
    if waiting.hopeless:
        say(f"left out: {_pairs(waiting.hopeless)} with two valid claimant IDs, which no judgement joins")
    say(f"{PERSONAL} It holds personal data: judge it, import it, delete it.")


def review_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file of review export, filled in.")],
    by: Annotated[
        str,
        typer.Option("--by", help="Who imports it; who judged, where the file does not say.", callback=said),
    ],
) -> None:
    """Book the judgements of a filled-in workbook. An empty one decides nothing; the same file again books nothing.

    A row that cannot be booked is refused with its place and the reason, the others are taken; exit 5 where one was.
    """
    from pipelines.review.returned import bring_back

    session: Session = context.obj
    outcome = bring_back(session.workspace(), session.city, file, by=by, at=now())
    for number, where, item in outcome.booked:
        say(f"judgement {number}: {item.tickets[0]} and {item.tickets[1]} are {item.verdict} ({where})")
    for line in outcome.refused:
        say(f"refused: {line}")
    say(
        f"{len(outcome.booked)} booked, {outcome.already} booked before, {len(outcome.refused)} refused, "
        f"{_pairs(outcome.empty)} left open"
    )
    if outcome.booked:
        say("they take effect with the next publication; clearance review undo N takes one back")
    if outcome.refused:
        raise typer.Exit(5)


def _pairs(count: int) -> str:
    return "1 pair" if count == 1 else f"{count} pairs"
