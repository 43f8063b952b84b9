"""Statements of sql/ whose regular expressions are filled in as constants.

A pattern that is bound as a parameter is compiled anew for each row, which costs several times what the search costs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb

from pipelines.store import read_sql


def run_patterned(connection: duckdb.DuckDBPyConnection, name: str, patterns: Mapping[str, str]) -> None:
    """Run the one statement of `sql/NAME.sql` with `patterns` in place of {their_name}."""

    def pattern_of(found: re.Match[str]) -> str:
        return patterns[found[1]].replace("'", "''")

    connection.execute(re.sub(r"\{([a-z_]+)\}", pattern_of, read_sql(name)))
