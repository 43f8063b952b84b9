"""Published tables against schemas/tables/: columns, types, keys, allowed values, and no personal numbers
anywhere.

Everything is counted in SQL, one pass a table; what Great Expectations sees is one row of counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import duckdb

from pipelines.contracts import Outcome, Status, TableContract, channels
from pipelines.quality.expectations import Check, validate
from pipelines.quality.results import CheckResult, crashed, make_checks_table, reason_of
from pipelines.store import quote_identifier

SCHEMA = "clearance"
FLOWS = ("received", "reopened", "transferred_in", "closed", "transferred_out", "withdrawn")
EVENTS = (
    "received",
    "accepted",
    "extended",
    "suspended",
    "resumed",
    "transferred",
    "returned",
    "withdrawn",
    "closed",
    "reopened",
)
DIVISION_COLUMNS = ("division_code", "from_division", "to_division")
# Allowed values by (table, column); ("", column) holds in every table that has no rule of its own.
ALLOWED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "basis"): ("ticket", "lead"),
    ("calendar", "basis"): ("national", "regional", "weekend", "weekday"),
    ("calendar", "status"): ("confirmed", "reported", "entered"),
    ("checks", "status"): ("passed", "failed", "crashed", "warned"),
    ("clocks", "state"): ("running", "met", "late", "overdue", "not_measurable", "suspended"),
    ("corrections", "flow"): FLOWS,
    ("incidents", "size"): ("ordinary", "large", "major"),
    ("leads", "status"): ("open", "closed", "returned", "withdrawn"),
    ("ticket_events", "event"): EVENTS,
    ("tickets", "outcome"): get_args(Outcome),
    ("tickets", "status"): get_args(Status),
}
# Numbers of tickets may be as long as a phone or an ID number; they are published as they are.
TICKET_NUMBERS = ("ticket_id", "ticket_no", "ticket_a", "ticket_b", "subject_id")
# Hashes and ids of ours: a run of digits inside one is no phone, a whole value of digits would be.
IDENTIFIERS = ("lead_id", "incident_id", "delivery_id", "publication_id", "person_key", "repeat_of")
NUMBER_IN_TEXT = r"(^|[^0-9])(1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\d{17}[0-9Xx])($|[^0-9])"
NUMBER_AS_WORD = r"\b(1[3-9]\d{9}|\d{17}[0-9Xx])\b"


def check_tables(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, TableContract],
    report_folder: Path | None = None,
) -> list[CheckResult]:
    """Check every table of schema `clearance` that has a contract, and that no other table stands there.

    A missing table is `crashed`; only `checks`, which `record` fills afterwards, is made empty where it is missing.
    Writes `tables.html` into `report_folder`.
    """
    import pandas as pd

    make_checks_table(connection)
    dead: list[CheckResult] = []
    checks: list[Check] = []
    counts: dict[str, list[int]] = {}
    for name in sorted(tables):
        try:
            found = count_faults(connection, tables[name])
        except duckdb.Error as error:
            dead.append(crashed("table", name, True, "0", "公布表可检查", reason_of(error)))
            continue
        for check_name, (faults, description) in found.items():
            column = f"{name}.{check_name}"
            counts[column] = [faults]
            checks.append(Check(check_name, name, column, description))
    counts["schema.no_other_tables"] = [_tables_without_contract(connection, tables)]
    checks.append(Check("no_other_tables", SCHEMA, "schema.no_other_tables", "公布库中没有未立约定的表"))
    page = None if report_folder is None else report_folder / "tables.html"
    return dead + validate("tables", pd.DataFrame(counts), checks, page)


def count_faults(
    connection: duckdb.DuckDBPyConnection, contract: TableContract
) -> dict[str, tuple[int, str]]:
    """What is against the contract in one table: check → (count, what it says). Raises duckdb.Error if it
    is missing.
    """
    table = f"{SCHEMA}.{quote_identifier(contract.table)}"
    present = {
        row[0]: row[1]
        for row in connection.execute(f"select column_name, column_type from (describe {table})").fetchall()
    }
    wanted = contract.columns
    missing_columns = [f"缺 {name}" for name in wanted if name not in present]
    other_columns = [f"多 {name}" for name in present if name not in wanted]
    other_types = [
        f"{name} {kind}≠{wanted[name].type}"
        for name, kind in present.items()
        if name in wanted and _type(wanted[name].type) != _type(kind)
    ]
    faults = {
        "columns": (
            len(missing_columns) + len(other_columns),
            _named("列与约定相同，不多不少", [*missing_columns, *other_columns]),
        ),
        "types": (len(other_types), _named("各列类型与约定相同", other_types)),
        "nothing_personal": (
            sum(column.privacy == "personal" for column in wanted.values()),
            "约定的公布列中没有个人信息列",
        ),
    }
    measures: dict[str, tuple[str, str]] = {}
    parameters: list[list[str]] = []
    if contract.key and all(name in present for name in contract.key):
        key = ", ".join(quote_identifier(name) for name in contract.key)
        measures["key_is_unique"] = (
            f"(select count(*) from (select 1 from {table} group by {key} having count(*) > 1))",
            f"主键（{'、'.join(contract.key)}）不重复",
        )
        missing = " or ".join(f"{quote_identifier(name)} is null" for name in contract.key)
        measures["key_is_complete"] = (f"count(*) filter (where {missing})", "主键没有空值")
    else:
        faults["key_is_unique"] = (1, "主键的列都在表中")
    for name in present:
        allowed = allowed_values(connection, contract.table, name)
        if allowed is not None:
            test = "list_contains(?, {0})"
            if name == "channels":
                test = "list_has_all(?, list_transform(string_split({0}, ','), lambda part: trim(part)))"
            measures[f"{name}_is_known"] = (
                f"count(*) filter (where {quote_identifier(name)} is not null and not {test.format(quote_identifier(name))})",
                f"{name} 只取规定的值",
            )
            parameters.append(allowed)
    texts = [
        name for name, kind in present.items() if kind.startswith("VARCHAR") and name not in TICKET_NUMBERS
    ]
    if texts:
        readable = " or ".join(_holds_number(name) for name in texts)
        measures["no_personal_numbers"] = (f"count(*) filter (where {readable})", "没有身份证号或手机号")
    if measures:
        select = ", ".join(expression for expression, _ in measures.values())
        row = connection.execute(f"select {select} from {table}", parameters or None).fetchone()
        assert row is not None
        faults |= {
            name: (int(value), description)
            for (name, (_, description)), value in zip(measures.items(), row, strict=True)
        }
    return faults


def allowed_values(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str] | None:
    """The values a column may hold (NULL besides), or None where any text is allowed."""
    if column in DIVISION_COLUMNS and table != "divisions":
        return [
            row[0] for row in connection.execute(f"select division_code from {SCHEMA}.divisions").fetchall()
        ]
    if column in ("channel", "channels"):
        return list(channels())
    values = ALLOWED.get((table, column), ALLOWED.get(("", column)))
    return None if values is None else list(values)


def _holds_number(name: str) -> str:
    is_identifier = name in IDENTIFIERS or name.endswith("_version")
    pattern = NUMBER_AS_WORD if is_identifier else NUMBER_IN_TEXT
    column = quote_identifier(name)
    # Most texts are too short to hold a number: the pattern is tried only where one fits.
    return f"(case when length({column}) >= 11 then regexp_matches({column}, '{pattern}') else false end)"


def _tables_without_contract(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, TableContract]
) -> int:
    rows = connection.execute(
        "select table_name from information_schema.tables "
        "where table_schema = ? and table_catalog = current_database()",
        [SCHEMA],
    ).fetchall()
    return sum(row[0] not in tables for row in rows)


def _named(description: str, names: list[str]) -> str:
    return f"{description}（{'，'.join(names)}）" if names else description


def _type(name: str) -> str:
    return " ".join(name.upper().split())
