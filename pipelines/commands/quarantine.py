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
    corrected: Annotated[
        bool, typer.Option("--corrected", help="What was corrected instead, by which delivery.")
    ] = False,
) -> None:
    """Rows in quarantine by source and reason: how many, their numbers, what it means and what to do."""
    from pipelines.corrected import corrected_lines
    from pipelines.publish.waiting import show_quarantine
    from pipelines.worklist import worklist

    session: Session = context.obj
    if corrected:
        if reason is not None:
            raise UnknownSubject("--reason is for rows that wait; give it without --corrected")
        for line in corrected_lines(session.workspace(), source=source):
            say(line)
        return
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
    say(f"{'1 row' if rows == 1 else f'{rows} rows'} written to {to} (mode 600)")
    say(f"{PERSONAL} It holds personal data: correct it, import it, delete it.")


@quarantine.command("import")
def quarantine_import(
    context: typer.Context,
    by: By,
    why: Annotated[str, typer.Option("--why", help="What the decision rests on.", callback=said)],
    file: Annotated[Path | None, typer.Argument(help="A file of quarantine export, corrected.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="YYYY-MM-DD", help="The day from which the corrections count."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Correct anew with the very values that were taken back.")
    ] = False,
    undo: Annotated[
        str | None,
        typer.Option("--undo", metavar="DELIVERY", help="Take this correction back: its rows wait again."),
    ] = None,
    row: Annotated[
        int | None, typer.Option("--row", metavar="N", help="With --undo: row N of the correction alone.")
    ] = None,
) -> None:
    """Land the corrected rows; unchanged rows stay in quarantine. The same file again lands nothing.

    --undo DELIVERY takes a correction back; `quarantine list --corrected` names the corrections.
    """
    session: Session = context.obj
    if undo is not None and file is None and as_of is None and not again:
        _take_back(session, undo, row, by=by, why=why)
    elif file is not None and undo is None and row is None:
        _bring_back(session, file, as_of, is_again=again, by=by, why=why)
    else:
        raise UnknownSubject(
            "give either a FILE to import, or --undo DELIVERY, with --row N for one row of it"
        )


def _take_back(session: Session, delivery: str, row: int | None, *, by: str, why: str) -> None:
    from pipelines.corrected import undo_correction

    number, rows = undo_correction(session.workspace(), delivery, row, by=by, why=why, at=now())
    what = f"correction {delivery}" if row is None else f"row {row} of correction {delivery}"
    say(f"undoing {number}: takes {what} back")
    say(f"{_rows(rows)} in quarantine again; the table shows it from the next publication on")


def _bring_back(
    session: Session, file: Path, as_of: str | None, *, is_again: bool, by: str, why: str
) -> None:
    from pipelines.worklist import bring_back

    day = parse_past_date(as_of) if as_of else None
    outcome = bring_back(session.workspace(), file, by=by, why=why, at=now(), as_of=day, is_again=is_again)
    for delivery, is_new in outcome.deliveries:
        state = "landed" if is_new else "already landed"
        say(
            f"{delivery.source}: {state} correction {delivery.delivery_id}, {delivery.rows} "
            f"corrected row{'s' if delivery.rows != 1 else ''}, for {delivery.delivered_for}"
        )
    for line in outcome.left_out:
        say(f"left out: {line}")
    if outcome.notes:
        say(f"columns that are none of the source's were left out: {', '.join(outcome.notes)}")
    if outcome.unchanged:
        say(f"{_rows(outcome.unchanged)} in quarantine: nothing was changed in the file")


def _rows(count: int) -> str:
    return "1 row waits" if count == 1 else f"{count} rows wait"


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
