"""What the newest publication decided on pairs of tickets, and what the warehouse knows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines import normalize, registry
from pipelines.errors import UnknownSubject
from pipelines.publish.terminal import published_database
from pipelines.resolve.verdicts import Verdict, verdicts
from pipelines.review.evidence import Evidence, Pair, not_made, weigh
from pipelines.review.tickets import published_tickets, told_tickets
from pipelines.settings import City
from pipelines.store import Workspace, open_published

Row = Mapping[str, Any]
MOST_NAMED = 5


@dataclass(frozen=True)
class PairInReview:
    """Two tickets with all that a person needs to judge whether they are one lead."""

    pair: Pair
    tickets: tuple[Row, Row]
    evidence: Evidence
    matches: Sequence[Row]
    verdicts: Sequence[Verdict]
    was_candidate: bool

    @property
    def leads(self) -> tuple[str, str]:
        return str(self.tickets[0]["lead_id"]), str(self.tickets[1]["lead_id"])


def in_order(ticket_a: str, ticket_b: str) -> Pair:
    """The two tickets, the smaller id first. Raises UnknownSubject where they are one."""
    if ticket_a == ticket_b:
        raise UnknownSubject("a pair is two different tickets")
    return min(ticket_a, ticket_b), max(ticket_a, ticket_b)


def refuse_unpublished(workspace: Workspace, pair: Pair) -> None:
    """Raises UnknownSubject for a ticket that the newest publication does not hold."""
    with open_published(published_database(workspace.published, None)) as published:
        for ticket in pair:
            _refuse_unknown(published, ticket)


def _refuse_unknown(published: duckdb.DuckDBPyConnection, ticket: str) -> None:
    """Raises UnknownSubject for a ticket that the publication does not hold."""
    known = published.execute(
        "select ticket_id from clearance.tickets where ticket_id = $1 or ticket_no = $1 order by all",
        [ticket],
    ).fetchall()
    if (ticket,) in known:
        return
    members = published.execute(
        "select ticket_id from clearance.tickets where lead_id = $1 order by all", [ticket]
    ).fetchall()
    meant = ", ".join(str(row[0]) for row in known)
    if members:
        remedy = f"that is a lead; name tickets, such as its own: {', '.join(str(row[0]) for row in members[:MOST_NAMED])}"
    elif meant:
        remedy = f"do you mean {meant}?"
    else:
        remedy = "write it as source:number; one that has landed since has to be published first"
    raise UnknownSubject(f"no published ticket is called {ticket}", remedy=remedy)


def look_at(workspace: Workspace, city: City, pairs: Sequence[Pair]) -> list[PairInReview]:
    """Published pairs with all that is known of them, in the order given.

    Raises ConfigurationError where the warehouse does not hold their tickets as they are published.
    """
    tickets = sorted({ticket for pair in pairs for ticket in pair})
    with open_published(published_database(workspace.published, None)) as published:
        rows = published_tickets(published, tickets)
        matches = _matches_of(published, pairs)
    standing = standing_verdicts(workspace)
    with warehouse_of(workspace, city) as connection:
        told = told_tickets(connection, rows)
        if len(told) < len(rows):
            raise not_made()
        evidence = weigh(connection, pairs)
        candidates = _candidates(connection, tickets)
    if len(evidence) < len(set(pairs)):
        raise not_made()
    return [
        PairInReview(
            pair, (told[pair[0]], told[pair[1]]), evidence[pair], matches.get(pair, ()), standing.get(pair, ()),
            pair in candidates,
        )
        for pair in pairs
    ]  # fmt: skip


def standing_verdicts(workspace: Workspace) -> dict[Pair, list[Verdict]]:
    """The verdicts that stand, by their pair."""
    standing: dict[Pair, list[Verdict]] = {}
    for verdict in verdicts(registry.decisions(workspace, "judgements")):
        if verdict.is_active:
            standing.setdefault(verdict.tickets, []).append(verdict)
    return standing


@contextmanager
def warehouse_of(workspace: Workspace, city: City) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with its macros. Raises ConfigurationError where there is none, or one that is not made."""
    if not workspace.warehouse_file.is_file():
        raise not_made()
    with workspace.warehouse(memory=city.warehouse_memory, threads=city.warehouse_threads) as connection:
        normalize.prepare(connection, city)
        try:
            yield connection
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise not_made() from error


def _matches_of(published: duckdb.DuckDBPyConnection, pairs: Sequence[Pair]) -> dict[Pair, list[Row]]:
    found: dict[Pair, list[Row]] = {}
    wanted = set(pairs)
    result = published.execute(
        "select ticket_a, ticket_b, rule, score, reasons, is_joined from clearance.matches "
        "where ticket_a in (select unnest($1)) order by ticket_a, ticket_b, rule",
        [sorted({pair[0] for pair in pairs})],
    )
    names = [column[0] for column in result.description or ()]
    for row in result.fetchall():
        pair = (str(row[0]), str(row[1]))
        if pair in wanted:
            found.setdefault(pair, []).append(dict(zip(names, row, strict=True)))
    return found


def _candidates(connection: duckdb.DuckDBPyConnection, tickets: Sequence[str]) -> set[Pair]:
    rows = connection.execute(
        "select ticket_a, ticket_b from core.candidates where ticket_a in (select unnest($1))",
        [list(tickets)],
    ).fetchall()
    return {(str(a), str(b)) for a, b in rows}
