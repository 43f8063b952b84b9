"""From tickets to leads: candidates, scores, constraints, lasting ids."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.resolve.grouping import Decision, Enemy, Link, join
from pipelines.resolve.incidents import relate
from pipelines.resolve.scoring import model_version, score
from pipelines.store import run_sql

LARGEST_BLOCK = 100
"""A key that more tickets share brings no two of them together."""
THRESHOLD = 8.0
"""Weight (log2 of the odds) from which a pair that nothing speaks against is joined."""
GREY = 4.0
"""Weight from which a pair that is not joined waits for a person."""
LARGEST_LINKED = 2000
"""A chain of links through more tickets than this joins nothing: no claim has so many tickets, a fault has."""
MODEL_VERSION = model_version()


def resolve(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.matches, lead_of_ticket, incident_of_lead, repeat_of_lead from core.ticket_state and stage.prose.

    Reads registry.judgements (a person's verdicts outrank every rule, "different" first).
    """
    run_sql(connection, "resolve/features")
    run_sql(connection, "resolve/blocks", {"largest_block": LARGEST_BLOCK})
    run_sql(connection, "resolve/candidates")
    score(connection)
    run_sql(connection, "resolve/texts")
    run_sql(connection, "resolve/likeness")
    run_sql(connection, "resolve/links", {"threshold": THRESHOLD, "grey": GREY})
    group(connection)
    for name in ("matches", "lead_of_ticket", "repeats"):
        run_sql(connection, f"resolve/{name}")
    relate(connection)


def group(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.components (ticket_id, component) and core.decided (a link, is_joined, refusal)."""
    run_sql(connection, "resolve/linked")
    if _link_components(connection):
        # What a person said, and who is one by number, holds in a chain of any length.
        connection.execute(
            "delete from core.joining_links where rule not in ('judgement', 'same_id') and ticket_a in "
            "(select ticket_id from core.linked_components where is_too_large)"
        )
        _link_components(connection)
    for name in ("enemies", "disputed_enemies", "disputed_links"):
        run_sql(connection, f"resolve/{name}")
    links = [
        Link(rank, -weight, a, b, rule)
        for a, b, rank, rule, weight in connection.execute(
            "select ticket_a, ticket_b, rank, rule, weight from core.disputed_links"
        ).fetchall()
    ]
    enemies = {
        (a, b): Enemy(reason, is_absolute)
        for a, b, reason, is_absolute in connection.execute(
            "select ticket_a, ticket_b, reason, is_absolute from core.disputed_enemies"
        ).fetchall()
    }
    tickets = {ticket for link in links for ticket in (link.ticket_a, link.ticket_b)}
    groups, decisions = join(sorted(tickets), links, enemies)
    _store_groups(connection, groups, decisions)
    run_sql(connection, "resolve/components")
    run_sql(connection, "resolve/decided")


def _link_components(connection: duckdb.DuckDBPyConnection) -> bool:
    """Make core.linked_components: tickets that links connect, and a number for each such chain of links. Whether one
    has more than LARGEST_LINKED tickets.
    """
    found = connection.execute(
        "select ticket_a, ticket_b from core.joining_links order by ticket_a, ticket_b"
    ).to_arrow_table()
    both = pa.chunked_array([*found["ticket_a"].chunks, *found["ticket_b"].chunks], pa.string())
    encoded = both.combine_chunks().dictionary_encode()
    numbers = np.asarray(encoded.indices)
    half, size = len(numbers) // 2, len(encoded.dictionary)
    matrix = coo_array((np.ones(half, dtype=np.int8), (numbers[:half], numbers[half:])), shape=(size, size))
    _, labels = connected_components(matrix, directed=False)
    table = pa.table({"ticket_id": encoded.dictionary, "component": pa.array(labels, pa.int64())})
    connection.register("arriving", table)
    connection.execute(
        "create or replace table core.linked_components as select *, count(*) over (partition by component) "
        f"> {LARGEST_LINKED} as is_too_large from arriving"
    )
    connection.unregister("arriving")
    found_large = connection.execute(
        "select count(*) from core.linked_components where is_too_large"
    ).fetchall()
    return bool(found_large[0][0])


def _store_groups(
    connection: duckdb.DuckDBPyConnection, groups: dict[str, str], decisions: list[Decision]
) -> None:
    text = pa.string()
    tables = {
        "disputed_groups": pa.table(
            {"ticket_id": pa.array(list(groups), text), "component": pa.array(list(groups.values()), text)}
        ),
        "disputed_decisions": pa.table(
            {
                "ticket_a": pa.array([d.link.ticket_a for d in decisions], text),
                "ticket_b": pa.array([d.link.ticket_b for d in decisions], text),
                "rule": pa.array([d.link.rule for d in decisions], text),
                "is_joined": pa.array([d.is_joined for d in decisions], pa.bool_()),
                "refusal": pa.array([d.refusal for d in decisions], text),
            }
        ),
    }
    for name, table in tables.items():
        connection.register("arriving", table)
        connection.execute(f"create or replace table core.{name} as select * from arriving")
        connection.unregister("arriving")
