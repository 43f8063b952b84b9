"""What speaks for and against one lead, for any pair of tickets: likenesses, weights and vetoes.

The pairs are copied into a database in memory and weighed there by the very statements and model that resolve uses, so
a pair that was never a candidate gets the weight that it would have had.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from pipelines.errors import ConfigurationError
from pipelines.resolve.leads import LARGEST_BLOCK, THRESHOLD
from pipelines.resolve.scoring import PARTS, load_model, score
from pipelines.store import quote_identifier, run_sql

Pair = tuple[str, str]
"""Two ticket ids, the smaller first."""
EVERY_WEIGHT = -1e9
LIKENESSES = ("person", "id_number", "contact", "employer", "project", "period", "claim")
QUERY = """
select
    a.ticket_a, a.ticket_b, a.weight, {weights}, {likenesses},
    case when l.persons is null or r.persons is null then 'unknown' when l.persons = r.persons then 'same' else 'different' end
        as persons,
    case when l.division_code is null or r.division_code is null then 'unknown' when l.division_code = r.division_code then 'same'
         else 'different' end as division,
    case when a.is_quoted then 'same' else 'unknown' end as quoted,
    a.veto, a.is_one_matter, k.doubt,
    exists (select 1 from core.blocks as x join core.blocks as y on y.block = x.block
            where x.ticket_id = a.ticket_a and y.ticket_id = a.ticket_b) as has_common_key
from core.alike as a
join core.features as l on l.ticket_id = a.ticket_a
join core.features as r on r.ticket_id = a.ticket_b
left join core.links as k on k.ticket_a = a.ticket_a and k.ticket_b = a.ticket_b
order by a.ticket_a, a.ticket_b
"""


@dataclass(frozen=True)
class Evidence:
    """What two tickets say of each other.

    `likeness`: a word (same, sound, different, unknown …) for each of PARTS; `weights`: log2 of m/u for each of them, which
    with the prior add up to `weight`, the log2 of the odds that the two are one matter.
    """

    likeness: Mapping[str, str]
    weights: Mapping[str, float]
    weight: float
    veto: str | None
    is_one_matter: bool
    has_common_key: bool

    @property
    def is_absolute(self) -> bool:
        """Whether no judgement can join the two: both state a valid claimant ID, and another one."""
        return self.likeness["id_number"] == "different"


def prior() -> float:
    """The weight (log2 of the odds) of any two tickets before anything is known of them."""
    probability = float(load_model()["probability_two_random_records_match"])
    return math.log2(probability / (1 - probability))


def weigh(connection: duckdb.DuckDBPyConnection, pairs: Sequence[Pair]) -> dict[Pair, Evidence]:
    """The evidence of pairs of tickets of the warehouse; a pair of which a ticket is not there is left out.

    Reads stage.prose, core.features, core.ticket_state and core.ticket_versions (normalize.prepare has made the
    macros); changes nothing in the warehouse. Raises ConfigurationError where the warehouse is not made or of another version.
    """
    if not pairs:
        return {}
    try:
        with _apart(connection, pairs):
            score(connection)
            run_sql(connection, "resolve/texts")
            run_sql(connection, "resolve/likeness")
            run_sql(connection, "resolve/links", {"threshold": THRESHOLD, "grey": EVERY_WEIGHT})
            run_sql(connection, "resolve/blocks", {"largest_block": LARGEST_BLOCK})
            query = QUERY.format(
                weights=", ".join(f"a.{part}_weight" for part in PARTS),
                likenesses=", ".join(f"a.{part}" for part in LIKENESSES),
            )
            result = connection.execute(query)
            names = [column[0] for column in result.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise not_made() from error
    return {(str(row["ticket_a"]), str(row["ticket_b"])): _evidence(row) for row in rows}


def not_made() -> ConfigurationError:
    """The warehouse does not hold what the newest publication was made of."""
    return ConfigurationError(
        "the warehouse does not hold the tickets as they are published (a build, a stopped run or another version made it)",
        remedy="clearance rebuild makes it again; after a change of version, the next publication does",
    )


def valid_ids(connection: duckdb.DuckDBPyConnection, tickets: Sequence[str]) -> dict[str, str]:
    """The claimant's own valid ID number of each ticket that states one."""
    found = connection.execute(
        "select ticket_id, id_number from core.features where id_number is not null and ticket_id in (select unnest($1))",
        [list(tickets)],
    ).fetchall()
    return {str(ticket): str(number) for ticket, number in found}


def _evidence(row: Mapping[str, object]) -> Evidence:
    return Evidence(
        likeness={part: str(row[part]) for part in PARTS},
        weights={part: float(str(row[f"{part}_weight"] or 0.0)) for part in PARTS},
        weight=float(str(row["weight"])),
        veto=None if row["veto"] is None else str(row["veto"]),
        is_one_matter=bool(row["is_one_matter"]),
        has_common_key=bool(row["has_common_key"]),
    )


@contextmanager
def _apart(connection: duckdb.DuckDBPyConnection, pairs: Sequence[Pair]) -> Iterator[None]:
    """A database in memory, current inside, whose schema core holds the pairs' tickets alone."""
    home = quote_identifier(str(connection.execute("select current_database()").fetchall()[0][0]))
    table = pa.table(
        {
            "ticket_a": pa.array([pair[0] for pair in pairs], pa.string()),
            "ticket_b": pa.array([pair[1] for pair in pairs], pa.string()),
        }
    )
    connection.register("arriving", table)
    connection.execute("attach ':memory:' as weighed")
    try:
        connection.execute("create schema weighed.core")
        connection.execute("create temp table review_pairs as select distinct * from arriving")
        connection.execute(
            f"create table weighed.core.features as select * from {home}.core.features where ticket_id in "
            "(select ticket_a from review_pairs union select ticket_b from review_pairs)"
        )
        for name in ("ticket_state", "ticket_versions"):
            connection.execute(
                f"create table weighed.core.{name} as select t.* from {home}.core.{name} as t "
                "semi join weighed.core.features as f on f.ticket_id = t.ticket_id"
            )
        connection.execute(
            "create table weighed.core.candidates as select p.* from review_pairs as p "
            "semi join weighed.core.features as a on a.ticket_id = p.ticket_a "
            "semi join weighed.core.features as b on b.ticket_id = p.ticket_b"
        )
        connection.execute("use weighed")
        yield
    finally:
        connection.execute(f"use {home}")
        connection.execute("detach weighed")
        connection.execute("drop table if exists review_pairs")
        connection.unregister("arriving")
