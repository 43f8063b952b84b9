"""From leads to incidents: all leads about the same employer and project, however each ticket writes them.

Leads that name both are linked where both agree; a chain of links that would join what excludes each other (differing
valid codes, firms or projects of other names) is taken apart, and a lead that fits two firms alike joins neither. A lead
that names no project joins the employer's incident where one fits best; of an employer without any project named,
the leads of a division are one incident.

An incident's id is a hash of its earliest ticket: a pure function of the tickets known, whatever their order. It moves
when an earlier ticket becomes known, or when that ticket leaves the incident. It has no memory, as a lead's id has.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.resolve.grouping import SCORED, Enemy, Link, join
from pipelines.store import run_sql

LARGEST_BLOCK = 200
"""Leads (or names) under one sound of employer and project that are all compared; above it, only neighbours."""
LARGEST_CHAIN = 2000
"""A disputed chain of more leads than this keeps only links of names written alike."""
LEAST_WEIGHT = 8
"""What a stray lead must share with a group: see sql/resolve/incident_strays.sql."""
ALIKE = 20.0
"""Weight of a link whose employer and project are both written alike."""


def relate(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.incident_of_lead (lead_id, incident_id) from core.features and core.lead_of_ticket."""
    run_sql(connection, "resolve/incident_leads")
    run_sql(connection, "resolve/incident_names")
    run_sql(connection, "resolve/incident_unnamed")
    connection.execute("create or replace table core.incident_groups (lead_id varchar, group_id varchar)")
    _group(
        connection,
        "select lead_id from core.incident_leads where employers is not null and projects is not null",
    )
    run_sql(
        connection, "resolve/incident_strays", {"largest_block": LARGEST_BLOCK, "least_weight": LEAST_WEIGHT}
    )
    connection.execute(
        "update core.incident_groups as g set group_id = s.group_id from core.incident_strays as s where s.lead_id = g.lead_id"
    )
    run_sql(connection, "resolve/incident_fits", {"largest_block": LARGEST_BLOCK})
    run_sql(connection, "resolve/incident_places")
    connection.execute("insert into core.incident_groups select lead_id, group_id from core.incident_places")
    _group(
        connection,
        "select lead_id from core.incident_leads where employers is not null and projects is null "
        "and lead_id not in (select lead_id from core.incident_fits where is_same and is_division_shared)"
        "and lead_id not in (select lead_id from core.incident_groups)",
    )
    run_sql(connection, "resolve/incidents")


def _group(connection: duckdb.DuckDBPyConnection, leads: str) -> None:
    """Add the groups of the leads that a query names to core.incident_groups."""
    connection.execute(f"create or replace table core.incident_round as {leads}")
    run_sql(connection, "resolve/incident_links", {"largest_block": LARGEST_BLOCK})
    _chain(connection)
    connection.execute(
        "delete from core.incident_pairs where verdict = 'linked' and weight < $1 and lead_a in "
        "(select lead_id from core.incident_chains where size > $2)",
        [ALIKE, LARGEST_CHAIN],
    )
    _chain(connection)
    run_sql(connection, "resolve/incident_foes")
    foes = {
        (a, b): Enemy("another employer or project", is_code)
        for a, b, is_code in connection.execute(
            "select lead_a, lead_b, bool_or(is_code) from core.incident_foes group by all"
        ).fetchall()
    }
    links = [
        Link(SCORED, -weight, a, b)
        for a, b, weight in connection.execute(
            "select p.lead_a, p.lead_b, p.weight from core.incident_pairs as p "
            "join core.incident_chains as c on c.lead_id = p.lead_a where p.verdict = 'linked' and c.chain in "
            "(select chain from core.incident_chains where lead_id in (select lead_a from core.incident_foes))"
        ).fetchall()
    ]
    groups, _ = join(sorted({lead for link in links for lead in (link.ticket_a, link.ticket_b)}), links, foes)
    connection.register(
        "arriving",
        pa.table(
            {
                "lead_id": pa.array(list(groups), pa.string()),
                "group_id": pa.array(list(groups.values()), pa.string()),
            }
        ),
    )
    connection.execute(
        "insert into core.incident_groups select r.lead_id, coalesce(a.group_id, c.first_lead, r.lead_id) "
        "from core.incident_round as r left join arriving as a on a.lead_id = r.lead_id "
        "left join core.incident_chains as c on c.lead_id = r.lead_id"
    )
    connection.unregister("arriving")


def _chain(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.incident_chains: leads that links connect, the chain's number, size and smallest lead id."""
    found = connection.execute(
        "select lead_a, lead_b from core.incident_pairs where verdict = 'linked' order by lead_a, lead_b"
    ).to_arrow_table()
    both = pa.chunked_array([*found["lead_a"].chunks, *found["lead_b"].chunks], pa.string())
    encoded = both.combine_chunks().dictionary_encode()
    numbers = np.asarray(encoded.indices)
    half, size = len(numbers) // 2, len(encoded.dictionary)
    matrix = coo_array((np.ones(half, dtype=np.int8), (numbers[:half], numbers[half:])), shape=(size, size))
    labels = connected_components(matrix, directed=False)[1] if size else np.zeros(0)
    connection.register(
        "arriving", pa.table({"lead_id": encoded.dictionary, "chain": pa.array(labels, pa.int64())})
    )
    connection.execute(
        "create or replace table core.incident_chains as select *, count(*) over (partition by chain) as size, "
        "min(lead_id) over (partition by chain) as first_lead from arriving"
    )
    connection.unregister("arriving")
