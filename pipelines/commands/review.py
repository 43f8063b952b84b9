"""`clearance waive` and `clearance review`: what people decide; each decision is a row of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.context import (
    By,
    DateOption,
    Session,
    Since,
    Until,
    Why,
    console,
    days_of,
    now,
    parse_past_date,
    say,
)
from pipelines.commands.review_worklist import review_export, review_import
from pipelines.errors import UnknownSubject

if TYPE_CHECKING:
    from pipelines.resolve.verdicts import Verdict


def waive(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source that did not deliver.")],
    by: By,
    why: Why,
    on: DateOption = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Record that a person let a day, or each day of a range, pass without a source."""
    from pipelines import registry
    from pipelines.contracts import load_sources

    session: Session = context.obj
    if source not in load_sources():
        raise UnknownSubject(
            f"there is no source {source}", remedy=f"known sources: {', '.join(load_sources())}"
        )
    # (All days are looked at before the first is recorded.)
    days = [parse_past_date(str(day)) for day in days_of(on, since, until)]
    workspace = session.workspace()
    waived = {
        row["business_date"]: row
        for row in registry.decisions(workspace, "waivers")
        if row["source"] == source
    }
    for day in days:
        if day in waived:
            before = waived[day]
            say(f"{source} on {day}: waived already (waiver {before['waiver_no']}, {before['waived_by']})")
            continue
        number = registry.append_decision(
            workspace,
            "waivers",
            {"source": source, "business_date": day, "waived_by": by, "why": why, "waived_at": now()},
        )
        say(f"waiver {number}: {source} on {day}")


review = typer.Typer(
    no_args_is_help=True, help="A person's verdicts on pairs of tickets; each can be undone."
)
review.command("export")(review_export)
review.command("import")(review_import)


@review.command("list")
def review_list(
    context: typer.Context,
    is_all: Annotated[bool, typer.Option("--all", help="The verdicts that were undone, too.")] = False,
) -> None:
    """Pairs that a rule would join and a constraint kept apart, and the verdicts that stand, with who and why."""
    from pipelines import registry
    from pipelines.publish.terminal import show_review
    from pipelines.resolve.verdicts import said, verdicts

    session: Session = context.obj
    workspace = session.workspace()
    known = verdicts(registry.decisions(workspace, "judgements"))
    for item in known:
        if not is_all and not item.is_active:
            continue
        say(f"judgement {item.number}: {item.tickets[0]} and {item.tickets[1]} are {item.verdict}")
        say(f"  {item.said}: {item.row['why']}")
        if item.ended_by is not None:
            how = "undone by" if item.ended_by["undoes"] is not None else "replaced by"
            say(
                f"  {how} judgement {item.ended_by['judgement_no']}, {said(item.ended_by)}: {item.ended_by['why']}"
            )
    active = sum(item.is_active for item in known)
    more = "" if is_all or active == len(known) else " (--all shows them)"
    say(f"{active} verdicts stand, {len(known) - active} were undone or replaced{more}")
    show_review(workspace, console)


@review.command("show")
def review_show(
    context: typer.Context,
    ticket_a: Annotated[str, typer.Argument(help="A ticket, 'hotline:GD…'.")],
    ticket_b: Annotated[str, typer.Argument(help="Another ticket.")],
    masked: Annotated[
        bool, typer.Option("--masked", help="Published columns alone: no personal data.")
    ] = False,
) -> None:
    """Two published tickets side by side: what they say, how alike it is, why they are one lead or not.

    It shows personal data, unless --masked.
    """
    from pipelines.review.pairs import in_order, look_at, refuse_unpublished
    from pipelines.review.terminal import show_pair

    session: Session = context.obj
    if masked:
        show_masked_pair(session, ticket_a, ticket_b)
        return
    pair = in_order(ticket_a, ticket_b)
    workspace = session.workspace()
    refuse_unpublished(workspace, pair)
    show_pair(look_at(workspace, session.city, [pair])[0], console)


def show_masked_pair(session: Session, ticket_a: str, ticket_b: str) -> None:
    """Print why two published tickets are one lead or not, without personal data. Raises UnknownSubject."""
    from pipelines.review.masked import show_masked
    from pipelines.review.pairs import in_order, refuse_unpublished, standing_verdicts

    pair = in_order(ticket_a, ticket_b)
    workspace = session.workspace()
    refuse_unpublished(workspace, pair)
    show_masked(workspace.published, pair, standing_verdicts(workspace).get(pair, ()), console)


@review.command("decide")
def review_decide(
    context: typer.Context,
    ticket_a: Annotated[str, typer.Argument(help="A ticket, 'hotline:GD…'.")],
    ticket_b: Annotated[str, typer.Argument(help="Another ticket.")],
    verdict: Annotated[str, typer.Argument(help="same or different")],
    by: By,
    why: Why,
) -> None:
    """Record a verdict on a pair of tickets: same or different. It takes effect with the next publication."""
    from pipelines import registry
    from pipelines.resolve.verdicts import verdicts
    from pipelines.review.consistency import claimant_ids, refuse_two_ids
    from pipelines.review.pairs import in_order, refuse_unpublished

    session: Session = context.obj
    if verdict not in ("same", "different"):
        raise UnknownSubject(f"a verdict is 'same' or 'different', not {verdict!r}")
    pair = in_order(ticket_a, ticket_b)
    workspace = session.workspace()
    refuse_unpublished(workspace, pair)
    known = verdicts(registry.decisions(workspace, "judgements"))
    _refuse_contradiction(known, pair, verdict)
    ids: dict[str, str] | None = {}
    if verdict == "same":
        standing = [item for item in known if item.is_active]
        tickets = {*pair, *(ticket for item in standing for ticket in item.tickets)}
        ids = claimant_ids(workspace, session.city, sorted(tickets))
        refuse_two_ids(standing, pair, ids or {})
    number = registry.append_decision(
        workspace,
        "judgements",
        {
            "ticket_a": pair[0],
            "ticket_b": pair[1],
            "verdict": verdict,
            "judged_by": by,
            "why": why,
            "judged_at": now(),
        },
    )
    say(f"judgement {number}: {pair[0]} and {pair[1]} are {verdict}")
    if ids is None:
        say("the warehouse is not there: claimant IDs were not compared (two that differ are never joined)")


@review.command("undo")
def review_undo(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The judgement's number.")],
    by: By,
    why: Why,
) -> None:
    """Undo a judgement by a new row; nothing is deleted."""
    from pipelines import registry
    from pipelines.resolve.verdicts import said, verdicts

    session: Session = context.obj
    workspace = session.workspace()
    rows = registry.decisions(workspace, "judgements")
    by_number = {item.number: item for item in verdicts(rows)}
    if number not in by_number:
        undone = next((row["undoes"] for row in rows if row["judgement_no"] == number), None)
        raise UnknownSubject(
            f"there is no judgement {number}"
            if undone is None
            else f"judgement {number} is itself the undoing of judgement {undone}",
            remedy="clearance review list shows their numbers"
            if undone is None
            else "to judge the pair again, use clearance review decide",
        )
    ended = by_number[number].ended_by
    if ended is not None and ended["undoes"] is not None:
        raise UnknownSubject(
            f"judgement {number} is undone already, by judgement {ended['judgement_no']} ({said(ended)})",
            remedy="clearance review list --all shows who undid it, and why",
        )
    new = registry.append_decision(
        workspace,
        "judgements",
        {"verdict": "undo", "judged_by": by, "why": why, "judged_at": now(), "undoes": number},
    )
    say(f"judgement {new} undoes {number}")


def _refuse_contradiction(known: Sequence[Verdict], pair: tuple[str, str], verdict: str) -> None:
    """Raises UnknownSubject for a verdict that was given already, or that contradicts those that stand."""
    from pipelines.resolve.verdicts import contradiction

    found = contradiction(known, pair, verdict)
    if not found:
        return
    is_said = len(found) == 1 and found[0].tickets == pair and found[0].verdict == verdict
    told = "; ".join(
        f"judgement {item.number}: {' and '.join(item.tickets)} are {item.verdict} "
        f"({item.said}: {item.row['why']})"
        for item in found
    )
    raise UnknownSubject(
        f"that is judged already: {told}" if is_said else f"that contradicts what is judged: {told}",
        remedy="nothing is to be done"
        if is_said
        else f"if that was wrong, undo it first: clearance review undo {found[-1].number} --by NAME --why REASON",
    )
