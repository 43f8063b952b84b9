"""From leads to incidents: all leads about the same employer and project, however each ticket writes them.

Leads that tell the same are one profile. First the firm, in each division: profiles that tell an employer's whole name (or
valid code) follow the first that tells it; then those that tell it shortly go where the firm's own leads call it so, where
project or foreman agree, or where the name fits one firm alone. Whoever follows is held against the first, so no chain of
likenesses brings two employers together, and differing valid codes are never one incident. Then the project: a firm's leads
part where they clearly name two. Last, a lead that names no employer goes to the incident whose project or foreman it names.
Where two fit alike, neither is taken.

Every comparison is bounded by the number of profiles times a constant: see the limits below.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

import duckdb
import pyarrow as pa

from pipelines.store import run_sql

LIMITS: dict[str, float] = {
    # Names that may stand for one lead's employer, and for its project; the likeliest are taken.
    "most_names": 6,
    # A word of the prose beside which fields name more employers is no employer; beside four times as many, no project.
    "most_firms": 6,
    # Blocks by which one profile looks for its firm.
    "most_keys": 16,
    # Profiles of a block, the first in place, that the others of the block are held against.
    "most_heads": 30,
    # Signs in which two whole names of one employer may differ.
    "most_slips": 2,
    # Leads that must name a project, in a field or surely in prose, before it parts from the firm's others.
    "least_leads": 1,
    "least_leads_in_prose": 2,
    # Sets of projects of one firm, the most told first, that its others are held against.
    "most_projects": 12,
    # Share of a firm's leads with a project that its main project needs to take in those that name none.
    "main_share": 0.6,
    # Incidents that share a project's sound, or a foreman, in one division; a key that more share says too little.
    "most_groups": 8,
}
SHORT_CONFIRMED, SHORT = 2, 3
"""Ranks of links by a short name that fits: see sql/resolve/incident_firm_links.sql."""


class Link(NamedTuple):
    """A place and a head that it may follow, of a smaller place; `is_chained`: or else whom that one follows."""

    place: int
    rank: int
    weight: int
    head: int
    is_chained: bool


def relate(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.incident_of_lead (lead_id, incident_id) from core.ticket_state, stage.prose and core.lead_of_ticket."""
    for name in ("mentions", "told", "leads", "names", "unnamed", "profiles", "firm_links"):
        run_sql(connection, f"resolve/incident_{name}", LIMITS)
    _find_firms(connection)
    for name in ("project_sets", "project_links"):
        run_sql(connection, f"resolve/incident_{name}", LIMITS)
    _follow(connection, "project", "select place from core.incident_project_sets", {})
    for name in ("groups", "unnamed_fits"):
        run_sql(connection, f"resolve/incident_{name}", LIMITS)
    connection.execute(
        "insert into core.incident_groups select profile, group_place from core.incident_unnamed_fits"
    )
    run_sql(connection, "resolve/incidents")


def _find_firms(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.incident_firms (profile, firm): those that tell a whole name, those that fit one, the rest by themselves."""
    codes: dict[int, str] = dict(
        connection.execute("select place, code from core.incident_profiles where code is not null").fetchall()
    )
    connection.execute("create or replace table core.incident_firms (profile ubigint, firm bigint)")
    _find_heads(connection, "is_whole", codes, "and rank = 1")
    run_sql(connection, "resolve/incident_firm_fits", LIMITS)
    run_sql(connection, "resolve/incident_firm_joins")
    connection.execute(
        "delete from core.incident_firms where profile in (select profile from core.incident_firm_joins); "
        "insert into core.incident_firms select profile, firm from core.incident_firm_joins"
    )
    _find_heads(
        connection,
        "employers is not null and profile not in (select profile from core.incident_firms)",
        codes,
    )


def _find_heads(
    connection: duckdb.DuckDBPyConnection, which: str, codes: dict[int, str], links: str = ""
) -> None:
    connection.execute(
        f"create or replace table core.incident_round as select * from core.incident_profiles where {which}"
    )
    _follow(connection, "firm", "select place from core.incident_round", codes, links)
    run_sql(connection, "resolve/incident_firms")


def _follow(
    connection: duckdb.DuckDBPyConnection, kind: str, places: str, codes: dict[int, str], links: str = ""
) -> None:
    """Make core.incident_<kind>_heads (place, head) from core.incident_<kind>_links, among `places` (a query)."""
    rows = connection.execute(
        f"select place, rank, weight, head, is_chained from core.incident_{kind}_links "
        f"where place in ({places}) and head in ({places}) {links} order by place, rank, weight desc, head"
    ).fetchall()
    head_of = follow((Link(*row) for row in rows), codes)
    heads = pa.table(
        {"place": pa.array(list(head_of), pa.int64()), "head": pa.array(list(head_of.values()), pa.int64())}
    )
    connection.register("arriving", heads)
    connection.execute(
        f"create or replace table core.incident_{kind}_heads as select place, head from arriving"
    )
    connection.unregister("arriving")


def follow(links: Iterable[Link], codes: dict[int, str]) -> dict[int, int]:
    """The head of each place that has one. Links come by place, rank, weight (descending) and head.

    A place follows the first head in its links that follows nobody and whose group has no other valid code; by an equal
    code also the head that another of that code follows. Where two heads fit a name that only fits (rank 2 and 3) as well,
    it follows neither.
    """
    head_of: dict[int, int] = {}
    code_of = dict(codes)
    for place, linked in groupby(links, key=lambda link: link.place):
        code = codes.get(place)
        open_links = [
            (link.rank, link.weight, head_of.get(link.head, link.head) if link.is_chained else link.head)
            for link in linked
            if link.is_chained or link.head not in head_of
        ]
        open_links = [link for link in open_links if code is None or code_of.get(link[2], code) == code]
        for rank, weight, head in open_links:
            rivals = [h for r, w, h in open_links if (r, w) == (rank, weight) and h != head]
            if rank in (SHORT_CONFIRMED, SHORT) and rivals:
                continue
            head_of[place] = head
            if code is not None:
                code_of.setdefault(head, code)
            break
    return head_of
