"""`clearance quarantine`: the rows that the table does not hold yet, as a worklist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.context import By, Session, console, now, parse_past_date, said, say
from pipelines.errors import UnknownSubject

quarantine = typer.Typer(no_args_is_help=True, help="Rows that the table does not hold yet.")

SourceOption = Annotated[str | None, typer.Option("--source", help="Rows of this source alone.")]


@quarantine.command("list")
def quarantine_list(
    context: typer.Context,
    source: SourceOption = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Rows with this reason alone.")] = None,
) -> None:
    """Rows in quarantine by source and reason: how many, their numbers, what it means and what to do."""
    from pipelines.publish.waiting import show_quarantine
    from pipelines.worklist import worklist

    session: Session = context.obj
    found = worklist(session.workspace(), source=source, reason=reason)
    show_quarantine(found.rows, found.settled, found.resolved, console)


@quarantine.command("export")
def quarantine_export(
    context: typer.Context,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new .xlsx or .csv file.")],
    source: SourceOption = None,
) -> None:
    """Write the rows that wait to a file in which they can be corrected. It holds personal data."""
    from pipelines.worklist import export
    from pipelines.worksheet import PERSONAL

    session: Session = context.obj
    rows = export(session.workspace(), to, source=source)
    say(f"{rows} rows written to {to} (mode 600)")
    say(f"{PERSONAL} It holds personal data: correct it, import it, delete it.")


@quarantine.command("import")
def quarantine_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file of quarantine export, corrected.")],
    by: By,
    why: Annotated[str, typer.Option("--why", help="What the corrections rest on.", callback=said)],
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="YYYY-MM-DD")] = None,
) -> None:
    """Land the corrected rows; unchanged rows stay in quarantine. The same file again lands nothing."""
    from pipelines.worklist import bring_back

    session: Session = context.obj
    day = parse_past_date(as_of) if as_of else None
    outcome = bring_back(session.workspace(), file, by=by, why=why, at=now(), as_of=day)
    for delivery, is_new in outcome.deliveries:
        state = "landed" if is_new else "already landed"
        say(
            f"{delivery.source}: {state} {delivery.delivery_id}, {delivery.rows} corrected rows, "
            f"for {delivery.delivered_for}"
        )
    for line in outcome.left_out:
        say(f"left out: {line}")
    if outcome.notes:
        say(f"columns that are none of the source's were left out: {', '.join(outcome.notes)}")
    say(f"{outcome.unchanged} rows unchanged: they stay in quarantine")


@quarantine.command("dismiss")
def quarantine_dismiss(
    context: typer.Context,
    by: By,
    why: Annotated[str, typer.Option("--why", help="Why the row is no claim.", callback=said)],
    delivery: Annotated[str | None, typer.Argument(help="The delivery the row came in.")] = None,
    row: Annotated[int | None, typer.Argument(help="Its row number there.")] = None,
    undo: Annotated[int | None, typer.Option("--undo", metavar="N", help="Take dismissal N back.")] = None,
) -> None:
    """Record that a row is no claim (a test row, a stray total row); --undo N takes it back."""
    from pipelines.worklist import dismiss, undo_dismissal

    session: Session = context.obj
    if undo is not None and delivery is None:
        number = undo_dismissal(session.workspace(), undo, by=by, why=why, at=now())
        say(f"dismissal {number}: takes dismissal {undo} back")
    elif undo is None and delivery is not None and row is not None:
        number = dismiss(session.workspace(), delivery, row, by=by, why=why, at=now())
        say(f"dismissal {number}: row {row} of delivery {delivery}")
    else:
        raise UnknownSubject("give either DELIVERY and ROW, or --undo N")


@quarantine.command("replay")
def quarantine_replay(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source whose rows are judged again.")],
    by: By,
    why: Annotated[
        str, typer.Option("--why", help="What was mended: a rule, a code list, an alias.", callback=said)
    ],
) -> None:
    """Judge a source's rows again after a rule or code list was mended; a replay is a row of the registry."""
    from pipelines import day

    session: Session = context.obj
    before, after = day.replay(session.workspace(), session.city, source, by=by, why=why, say=say)
    say(f"{source}: {before} rows in quarantine before, {after} after")
