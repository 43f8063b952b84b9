"""From tickets to leads: sure links, constraints, lasting ids."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipelines.contracts import load_sources
from pipelines.resolve.components import Decision, Link, Person, join
from pipelines.store import run_sql

MODEL_VERSION = "sure-rules-1"


def resolve(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.components, matches, lead_of_ticket, incident_of_lead, repeat_of_lead from core.ticket_state.

    Reads registry.judgements (a person's verdicts outrank every rule, "different" first).
    """
    parameters = {"period_sources": _period_sources()}
    for name in ("persons", "links"):
        run_sql(connection, f"resolve/{name}", parameters)
    people = {
        ticket: Person(role, id_number, (first, last) if first is not None else None, full_name, phone)
        for ticket, role, id_number, first, last, full_name, phone in connection.execute(
            "select ticket_id, role, id_number, period_from, period_to, full_name, any_phone from core.persons"
        ).fetchall()
    }
    links = [
        Link(strength, a, b, rule, reasons, doubt or "")
        for a, b, strength, rule, reasons, doubt in connection.execute(
            "select ticket_a, ticket_b, strength, rule, reasons, doubt from core.links"
        ).fetchall()
    ]
    judged = connection.execute(
        "select ticket_a, ticket_b, verdict from registry.standing_judgements order by all"
    ).fetchall()
    links += [
        Link(0, a, b, "judgement", "人工判定为同一线索") for a, b, verdict in judged if verdict == "same"
    ]
    different = [(a, b) for a, b, verdict in judged if verdict == "different"]
    components, decisions = join(people, links, different)
    _store_components(connection, components)
    _store_matches(connection, decisions)
    for name in ("lead_of_ticket", "incidents", "repeats"):
        run_sql(connection, f"resolve/{name}")


def _store_components(connection: duckdb.DuckDBPyConnection, components: dict[str, str]) -> None:
    table = pa.table(
        {
            "ticket_id": pa.array(list(components), type=pa.string()),
            "component": pa.array(list(components.values()), type=pa.string()),
        }
    )
    connection.register("arriving", table)
    connection.execute("create or replace table core.components as select * from arriving")
    connection.unregister("arriving")


def _store_matches(connection: duckdb.DuckDBPyConnection, decisions: list[Decision]) -> None:
    table = pa.table(
        {
            "ticket_a": pa.array([d.link.ticket_a for d in decisions], type=pa.string()),
            "ticket_b": pa.array([d.link.ticket_b for d in decisions], type=pa.string()),
            "rule": pa.array([d.link.rule for d in decisions], type=pa.string()),
            "reasons": pa.array(
                [
                    d.link.reasons if d.is_joined else f"{d.link.reasons}；未合并：{d.refusal}"
                    for d in decisions
                ],
                type=pa.string(),
            ),
            "is_joined": pa.array([d.is_joined for d in decisions], type=pa.bool_()),
        }
    )
    connection.register("arriving", table)
    connection.execute("create or replace table core.matches as select * from arriving")
    connection.unregister("arriving")


def _period_sources() -> list[str]:
    """The sources that have a field for the first month owed: they alone can be silent about the period."""
    return [name for name, contract in load_sources().items() if contract.columns_of("period_from")]
