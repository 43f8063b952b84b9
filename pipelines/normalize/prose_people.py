"""Who a text speaks of: whose wages they are, for whom an agent speaks, who the foreman is, phones and ID numbers, the role.

`read_people` cuts candidates out of the texts in SQL (sql/prose/people_*.sql), reads the distinct cuts in Python
(`prose_cuts.read_cut`) and joins what they say back to the rows. What is not said stays NULL or an empty list.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipelines.normalize.patterned import run_patterned
from pipelines.normalize.people import PHONE_MACROS
from pipelines.normalize.person_patterns import HINTS, NUMBERS, PATTERNS, ROLE_PATTERNS
from pipelines.normalize.prose_cuts import read_cut
from pipelines.store import run_sql

_COLUMNS = ("kind", "cut", "part", "name", "start", "length", "relation", "confidence")
_TYPES = (
    pa.string(),
    pa.string(),
    pa.string(),
    pa.string(),
    pa.int32(),
    pa.int32(),
    pa.string(),
    pa.float64(),
)


def read_people(connection: duckdb.DuckDBPyConnection, rows: str, into: str) -> None:
    """Make temp table `into`, one row a row of `rows`: the people its text names and the role of who wrote it.

    Columns: delivery_id, row_no, told_claimant, told_agent, told_principal, told_foreman (structs name, relation, start,
    length, confidence), told_phones, told_id_numbers (lists of structs), role, role_reason (Chinese). `start` counts
    characters of `rows.text` from 1. role: 'claimant' (speaks of the own wages), 'agent' (of one other's),
    'representative' (of several people's), 'reporter' (is not owed, or left no trace of a person).
    """
    for macro in ("is_valid_id_number", *PHONE_MACROS):
        run_sql(connection, f"macros/{macro}")
    connection.execute(f"create or replace temp view people_rows as select * from {rows}")
    run_patterned(connection, "prose/people_cuts", {**PATTERNS, **ROLE_PATTERNS, **HINTS, "numbers": NUMBERS})
    run_sql(connection, "prose/people_distinct_cuts")
    distinct = connection.execute("select kind, cut from people_distinct_cuts order by kind, cut").fetchall()
    read = [(kind, cut, *found) for kind, cut in distinct if (found := read_cut(kind, cut)) is not None]
    columns = list(zip(*read, strict=True)) if read else [()] * len(_COLUMNS)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, _TYPES, strict=True)]
    connection.register("people_read_cuts", pa.table(dict(zip(_COLUMNS, arrays, strict=True))))
    run_sql(connection, "prose/people_told")
    run_sql(connection, "prose/people_numbers")
    run_sql(connection, "prose/people_roles")
    connection.unregister("people_read_cuts")
    connection.execute(f"drop table if exists {into}")
    connection.execute(f"alter table people_read rename to {into}")
    connection.execute("drop view people_rows")
    for table in ("people_cuts", "people_distinct_cuts", "people_told", "people_numbers"):
        connection.execute(f"drop table {table}")
