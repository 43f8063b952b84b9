"""Known rows to ticket versions, and versions to events: a pure fold, the same for any order of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import pyarrow as pa

from pipelines.store import run_sql


def fold(connection: duckdb.DuckDBPyConnection, known: Sequence[str]) -> None:
    """Make core.known_rows, ticket_versions, state_changes and ticket_events of the deliveries named by `known`.

    What people settled (core.settled_rows) is read from registry.standing_dismissals.
    """
    table = pa.table({"delivery_id": pa.array(sorted(known), type=pa.string())})
    connection.register("arriving", table)
    connection.execute("create or replace table core.known_deliveries as select delivery_id from arriving")
    connection.unregister("arriving")
    for name in (
        "settled_rows", "known_rows", "ticket_versions", "standing_versions", "state_changes", "ticket_events",
    ):  # fmt: skip
        run_sql(connection, f"tickets/{name}")


def describe_state(connection: duckdb.DuckDBPyConnection, business_date: date, person_key: str) -> None:
    """Make core.ticket_state (each ticket at the end of `business_date`) and core.ticket_parties."""
    run_sql(connection, "tickets/ticket_state", {"business_date": business_date})
    run_sql(connection, "tickets/ticket_parties", {"person_key": person_key})
