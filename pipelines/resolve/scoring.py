"""How strongly candidate pairs speak for one lead: Splink with the frozen model beside this file (model.json).

The model is Splink's own settings as JSON: comparisons, levels, m and u of each, readable by a person; `name_model.json`
holds how common surnames and signs of given names are. Neither is computed from the day's rows, so a score depends on
the two tickets alone. `training` makes both.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.normalize import reading_version
from pipelines.store import SQL_ROOT, quote_identifier, run_sql

MODEL_FILE = Path(__file__).with_name("model.json")
NAMES_FILE = Path(__file__).with_name("name_model.json")
PARTS = (
    "person",
    "id_number",
    "contact",
    "employer",
    "project",
    "period",
    "claim",
    "persons",
    "division",
    "quoted",
)
"""The comparisons of the model; `core.scored` has a weight (log2 of m/u) for each."""
COLUMNS = (
    "unique_id",
    "ticket_no",
    "quoted",
    "id_number",
    "employer_keys",
    "project_keys",
    "claimed_fen",
    "persons",
    "division_code",
    "person_name",
    "tf_person_name",
    "person",
    "contact",
    "period",
)
"""The columns of `core.compared` that the model's comparisons name: Splink copies each for every pair."""


@cache
def load_model() -> dict[str, Any]:
    """Splink's settings. The key `version` is ours."""
    model: dict[str, Any] = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    return model


@cache
def _names() -> dict[str, Any]:
    names: dict[str, Any] = json.loads(NAMES_FILE.read_text(encoding="utf-8"))
    return names


@cache
def model_version() -> str:
    """What a publication records: the model's version, and a hash of all that decides with it."""
    files = [MODEL_FILE, NAMES_FILE, *Path(__file__).parent.glob("*.py")]
    files += [*(SQL_ROOT / "resolve").glob("*.sql"), *(SQL_ROOT / "macros").glob("*.sql")]
    digest = hashlib.sha256(reading_version().encode())
    for file in sorted(files, key=lambda path: (path.suffix, path.name)):
        digest.update(file.read_bytes())
    return f"{load_model()['version']}-{digest.hexdigest()[:12]}"


def name_frequency(surname: str, given: str, names: dict[str, Any]) -> float:
    """How likely a random person bears this very name: surname times signs of the given name."""
    frequency = names["surnames"].get(surname, names["rare_surname"]) * names["lengths"].get(
        str(len(given)), 0.01
    )
    for sign in given:
        frequency *= names["signs"].get(sign, names["rare_sign"])
    return max(float(frequency), 1e-9)


def describe_name_frequencies(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.name_frequencies (name, frequency) for the full names of core.features."""
    rows = connection.execute(
        "select distinct owed_name, owed.surname, owed.given from core.features "
        "where owed_name is not null and owed.surname is not null order by 1"
    ).fetchall()
    names = _names()
    table = pa.table(
        {
            "name": pa.array([row[0] for row in rows], pa.string()),
            "frequency": pa.array(
                [name_frequency(row[1], row[2] or "", names) for row in rows], pa.float64()
            ),
        }
    )
    connection.register("arriving", table)
    connection.execute("create or replace table core.name_frequencies as select * from arriving")
    connection.unregister("arriving")


def score(connection: duckdb.DuckDBPyConnection) -> None:
    """Make core.scored (ticket_a, ticket_b, weight, a weight for each of PARTS) for core.candidates."""
    from splink import DuckDBAPI, Linker  # half a second to import

    describe_name_frequencies(connection)
    run_sql(connection, "resolve/compared")
    parts = ", ".join(
        f"mw_{part} + mw_tf_adj_person as {part}_weight"
        if part == "person"
        else f"mw_{part} as {part}_weight"
        for part in PARTS
    )
    if not connection.execute("select count(*) from core.candidates").fetchall()[0][0]:
        columns = ", ".join(f"{part}_weight double" for part in PARTS)
        connection.execute(
            f"create or replace table core.scored (ticket_a varchar, ticket_b varchar, weight double, {columns})"
        )
        return
    home = quote_identifier(str(connection.execute("select current_database()").fetchall()[0][0]))
    # Splink's own tables are for this run: they stay in memory, not in the warehouse's file.
    api = DuckDBAPI(connection, output_schema="memory.splink")
    settings = {key: value for key, value in load_model().items() if key not in ("version", "trained_on")}
    connection.execute(
        f"create or replace temp view compared_tickets as select {', '.join(COLUMNS)} from {home}.core.compared"
    )
    linker = Linker(api.register("compared_tickets"), settings, log_level=40, validate_settings=False)
    connection.execute(
        "create or replace temp view blocked_pairs as select ticket_a as join_key_l, ticket_b as join_key_r, "
        f"'0' as match_key from {home}.core.candidates"
    )
    pairs = api.register("blocked_pairs")
    linker.table_management.register_blocked_pairs_for_predict(pairs)
    scored = linker.inference.predict(warning_mode="never")
    connection.execute(
        f"create or replace table {home}.core.scored as select least(unique_id_l, unique_id_r) as ticket_a, "
        f"greatest(unique_id_l, unique_id_r) as ticket_b, round(match_weight, 3) as weight, {parts} "
        f"from {scored.physical_name}"
    )
    connection.execute(f"use {home}")
    connection.execute("drop schema if exists memory.splink cascade")
