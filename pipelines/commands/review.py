"""`clearance waive` and `clearance review`: what people decide; each decision is a row of the registry."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.context import By, Session, Why, console, now, parse_past_date, say
from pipelines.errors import UnknownSubject


def waive(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source that did not deliver.")],
    on: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD")],
    by: By,
    why: Why,
) -> None:
    """Record that a person let a day pass without a source."""
    from pipelines import registry
    from pipelines.contracts import load_sources

    session: Session = context.obj
    if source not in load_sources():
        raise UnknownSubject(
            f"there is no source {source}", remedy=f"known sources: {', '.join(load_sources())}"
        )
    number = registry.append_decision(
        session.workspace(),
        "waivers",
        {
            "source": source,
            "business_date": parse_past_date(on),
            "waived_by": by,
            "why": why,
            "waived_at": now(),
        },
    )
    say(f"waiver {number}: {source} on {on}")


review = typer.Typer(
    no_args_is_help=True, help="A person's verdicts on pairs of tickets; each can be undone."
)


@review.command("list")
def review_list(context: typer.Context) -> None:
    """Pairs that a rule would join and a constraint kept apart, and the verdicts that stand."""
    from pipelines.publish.terminal import show_review

    session: Session = context.obj
    show_review(session.workspace(), console)


@review.command("decide")
def review_decide(
    context: typer.Context,
    ticket_a: str,
    ticket_b: str,
    verdict: Annotated[str, typer.Argument(help="same or different")],
    by: By,
    why: Why,
) -> None:
    """Record a verdict on a pair of tickets: same or different. It takes effect with the next publication."""
    from pipelines import registry

    session: Session = context.obj
    if verdict not in ("same", "different"):
        raise UnknownSubject(f"a verdict is 'same' or 'different', not {verdict!r}")
    first, second = sorted((ticket_a, ticket_b))
    if first == second:
        raise UnknownSubject("a verdict is on two different tickets")
    number = registry.append_decision(
        session.workspace(),
        "judgements",
        {
            "ticket_a": first,
            "ticket_b": second,
            "verdict": verdict,
            "judged_by": by,
            "why": why,
            "judged_at": now(),
        },
    )
    say(f"judgement {number}: {first} and {second} are {verdict}")


@review.command("undo")
def review_undo(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The judgement's number.")],
    by: By,
    why: Why,
) -> None:
    """Undo a judgement by a new row; nothing is deleted."""
    from pipelines import registry

    session: Session = context.obj
    workspace = session.workspace()
    if not (workspace.registry / "judgements" / f"{number:06d}.parquet").is_file():
        raise UnknownSubject(
            f"there is no judgement {number}", remedy="clearance review list shows their numbers"
        )
    undone = registry.append_decision(
        workspace,
        "judgements",
        {"verdict": "undo", "judged_by": by, "why": why, "judged_at": now(), "undoes": number},
    )
    say(f"judgement {undone} undoes {number}")
