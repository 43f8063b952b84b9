"""`clearance refusals`: deliveries that were refused, what settled them, and a person's word that one needs no more."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.context import By, Session, Why, now, say
from pipelines.errors import UnknownSubject

refusals = typer.Typer(no_args_is_help=True, help="Deliveries that were refused.")


@refusals.command("list")
def refusals_list(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="One source; all by default.")] = None,
    is_all: Annotated[
        bool, typer.Option("--all", help="The settled ones too, with what settled them.")
    ] = False,
) -> None:
    """Refused deliveries that still want a person: number, file, why, what to do."""
    from pipelines import ingest
    from pipelines.contracts import load_sources

    session: Session = context.obj
    contracts = load_sources()
    if source is not None and source not in contracts:
        raise UnknownSubject(f"there is no source {source}", remedy=f"known sources: {', '.join(contracts)}")
    workspace = session.workspace()
    everything = ingest.landed(workspace)
    found = [
        item
        for name, contract in contracts.items()
        if source in (None, name)
        for item in ingest.standing_refusals(workspace, contract, everything)
    ]
    shown = [item for item in found if is_all or item.is_open]
    for item in shown:
        since = "" if item.at is None else f" ({item.at:%Y-%m-%d %H:%M})"
        say(f"{item.refusal.refusal_id}  {item.refusal.source}  {item.refusal.name}{since}")
        say(f"  {item.refusal.reason.removeprefix(f'{item.refusal.source}: ')}")
        say(f"  settled: {item.settled_by}" if item.settled_by else f"  to do: {item.refusal.remedy}")
    settled = len(found) - sum(item.is_open for item in found)
    say(f"{len(found) - settled} refused deliveries want a person, {settled} are settled")
    if settled < len(found):
        say("one that was a mistake is settled by clearance refusals dismiss ID --by NAME --why REASON")


@refusals.command("dismiss")
def refusals_dismiss(
    context: typer.Context,
    by: By,
    why: Why,
    refusal: Annotated[str | None, typer.Argument(help="The number that refusals list shows.")] = None,
    undo: Annotated[int | None, typer.Option("--undo", metavar="N", help="Take dismissal N back.")] = None,
) -> None:
    """Record that a refused delivery needs nothing more (a mistaken import); its bytes stay. --undo N takes it back."""
    from pipelines import ingest

    session: Session = context.obj
    if undo is not None and refusal is None:
        number = ingest.undo_refusal_dismissal(session.workspace(), undo, by=by, why=why, at=now())
        say(f"dismissal {number}: takes dismissal {undo} back")
    elif undo is None and refusal is not None:
        number = ingest.dismiss_refusal(session.workspace(), refusal, by=by, why=why, at=now())
        say(f"dismissal {number}: refused delivery {refusal}")
    else:
        raise UnknownSubject("give either a refusal's number, or --undo N")
