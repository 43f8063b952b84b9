"""`clearance quarantine`: the rows that the table does not hold yet, as a worklist."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.context import Session, console, say

quarantine = typer.Typer(no_args_is_help=True, help="Rows that the table does not hold yet.")


@quarantine.command("list")
def quarantine_list(context: typer.Context) -> None:
    """Rows in quarantine by source and reason, with the numbers of the tickets."""
    from pipelines.publish.terminal import show_quarantine

    session: Session = context.obj
    show_quarantine(session.workspace().published, console)


@quarantine.command("replay")
def quarantine_replay(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source whose rows are judged again.")],
    by: Annotated[str, typer.Option("--by")],
    why: Annotated[str, typer.Option("--why", help="What was mended: a rule, a code list, an alias.")],
) -> None:
    """Judge a source's rows again after a rule or code list was mended; a replay is a row of the registry."""
    from pipelines import day

    session: Session = context.obj
    before, after = day.replay(session.workspace(), session.city, source, by=by, why=why, say=say)
    say(f"{source}: {before} rows in quarantine before, {after} after")
