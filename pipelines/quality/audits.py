"""Audits: what must hold between tables. Each is one statement in sql/audits/ that returns the rows that
violate it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts import channels
from pipelines.errors import ContractError
from pipelines.quality.expectations import Check, validate
from pipelines.quality.results import CheckResult, crashed, reason_of
from pipelines.store import read_sql, sql_names

FIELD = re.compile(r"^-- (audit|blocking|reissue|grain|inputs|zh|why): *(.+)$")


@dataclass(frozen=True)
class Audit:
    """One file of sql/audits/: its header and its statement."""

    name: str
    is_blocking: bool
    is_for_reissue: bool
    description: str
    statement: str


def load_audits() -> list[Audit]:
    """All audits in order of name. Raises ContractError for a header that does not say what it must."""
    return [_audit(name.removeprefix("audits/"), read_sql(name)) for name in sql_names("audits")]


def check_audits(
    connection: duckdb.DuckDBPyConnection,
    business_date: date,
    report_folder: Path | None = None,
    *,
    is_reissue: bool = False,
) -> list[CheckResult]:
    """Run every audit of sql/audits/ and count its violations (0 is a pass).

    An audit whose table or column is missing is `crashed`. With `is_reissue` the audits whose header says
    `reissue: no` are left out: a reissue knows later deliveries and books nothing. Writes `audits.html`.
    """
    import pandas as pd

    dead: list[CheckResult] = []
    checks: list[Check] = []
    counts: dict[str, list[int]] = {}
    for audit in load_audits():
        if is_reissue and not audit.is_for_reissue:
            continue
        try:
            counts[audit.name] = [count_violations(connection, audit, business_date)]
        except duckdb.Error as error:
            dead.append(
                crashed(audit.name, "audit", audit.is_blocking, "0", audit.description, reason_of(error))
            )
        else:
            checks.append(
                Check(audit.name, "audit", audit.name, audit.description, is_blocking=audit.is_blocking)
            )
    page = None if report_folder is None else report_folder / "audits.html"
    return dead + validate("audits", pd.DataFrame(counts), checks, page)


def count_violations(connection: duckdb.DuckDBPyConnection, audit: Audit, business_date: date) -> int:
    """How many rows violate an audit. Raises duckdb.Error where it cannot run."""
    parameters = {"business_date": business_date, "channels": list(channels())}
    used = {key: value for key, value in parameters.items() if re.search(rf"\${key}\b", audit.statement)}
    row = connection.execute(
        f"select count(*) from (\n{audit.statement}\n) as violations", used or None
    ).fetchone()
    return int(row[0]) if row else 0


def _audit(file_name: str, text: str) -> Audit:
    matches = (FIELD.match(line) for line in text.splitlines())
    header = {match[1]: match[2] for match in matches if match}
    where = f"sql/audits/{file_name}.sql"
    missing = [
        field for field in ("audit", "blocking", "grain", "inputs", "zh", "why") if field not in header
    ]
    if missing:
        raise ContractError(f"the audit's header does not say {', '.join(missing)}", where=where)
    if header["audit"] != file_name:
        raise ContractError(f"the audit calls itself {header['audit']}, its file {file_name}", where=where)
    for field in ("blocking", "reissue"):
        if header.get(field, "yes") not in ("yes", "no"):
            raise ContractError(f"{field} is yes or no, not {header[field]}", where=where)
    return Audit(
        name=file_name,
        is_blocking=header["blocking"] == "yes",
        is_for_reissue=header.get("reissue", "yes") == "yes",
        description=header["zh"],
        statement=text,
    )
