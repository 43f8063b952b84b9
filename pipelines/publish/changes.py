"""changes.csv: what this publication says differently, cell by cell.

Against the publication before: every measure of every division and channel on the two business dates, and every day
that the restated ledger now tells differently. Against the last revision of the same date: every differing cell.
Only cells that differ stand in the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts import TableContract
from pipelines.harmless import csv_cell
from pipelines.publish.context import PublicationContext
from pipelines.store import plain, quote_identifier, quote_literal, write_atomically

CELL = ("basis", "division_code", "channel")
HEADER = (
    "against", "before", "table_name", "business_date", *CELL, "column_name", "value_before", "value_after",
    "difference",
)  # fmt: skip


def write_changes(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, TableContract],
    context: PublicationContext,
    parquet: Path,
    file: Path,
) -> None:
    """Write the differences to the two folders of `context`; only the header where there is none to compare with."""
    rows: list[Sequence[Any]] = []
    for against, folder in (("previous", context.previous), ("previous_revision", context.previous_revision)):
        if folder is None or not (folder / "parquet").is_dir():
            continue
        before = f"{folder.parent.name}_{folder.name}"
        for table, is_by_day in (
            ("clearance_daily", False),
            ("clearance_restated", True),
            ("campaign", False),
        ):
            old = folder / "parquet" / f"{table}.parquet"
            if old.is_file():
                measures = _measures(connection, tables[table], old)
                query = _query(measures, parquet / f"{table}.parquet", old, is_by_day)
                rows += [(against, before, table, *row) for row in connection.execute(query).fetchall()]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows([["" if value is None else csv_cell(plain(value)) for value in row] for row in rows])
    write_atomically(file, b"\xef\xbb\xbf" + out.getvalue().encode())


def _measures(connection: duckdb.DuckDBPyConnection, contract: TableContract, old: Path) -> list[str]:
    known = {
        row[0]
        for row in connection.execute(
            f"select column_name from (describe select * from read_parquet('{quote_literal(old)}'))"
        ).fetchall()
    }
    return [column for column in contract.columns if column not in contract.key and column in known]


def _query(measures: Sequence[str], new: Path, old: Path, is_by_day: bool) -> str:
    """Differing cells: of the same business date (`is_by_day`), or of the newest date of each."""
    names = ", ".join(quote_identifier(name) for name in measures)
    key = ("business_date", *CELL) if is_by_day else CELL
    cells = ", ".join(key)
    texts = ", ".join(
        f"coalesce(cast({quote_identifier(name)} as varchar), '') as {quote_identifier(name)}"
        for name in measures
    )

    def side(file: Path) -> str:
        source = f"read_parquet('{quote_literal(file)}')"
        newest = "" if is_by_day else f" where business_date = (select max(business_date) from {source})"
        rows = f"select business_date, {', '.join(CELL)}, {texts} from {source}{newest}"
        return f"unpivot ({rows}) on {names} into name column_name value cell"

    using = f"({cells}, column_name)"
    day = "business_date" if is_by_day else "coalesce(n.business_date, o.business_date)"
    # Of a day that the older one did not know every cell would differ; the newest day is compared with its newest.
    is_comparable = "o.cell is not null" if is_by_day else "true"
    return f"""
        with n as ({side(new)}), o as ({side(old)})
        select {day}, {", ".join(CELL)}, column_name, o.cell, n.cell, try_cast(n.cell as double) - try_cast(o.cell as double)
        from n full join o using {using}
        where o.cell is distinct from n.cell and {is_comparable}
        order by all
    """
