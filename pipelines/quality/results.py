"""What a check says, the gate that reads it, and the published table `checks`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from pipelines.errors import CheckCrashed, GateFailed

CheckStatus = Literal["passed", "failed", "crashed", "warned"]
COLUMNS = (
    "check_name varchar, subject varchar, is_blocking boolean, status varchar, observed bigint, "
    "expected varchar, description varchar"
)


@dataclass(frozen=True)
class CheckResult:
    """One check of one subject (a source, a ledger, a table): a row of the published table `checks`.

    `observed` counts what is against the rule (or is a share in percent, where `expected` says %); it is None
    where nothing could be counted. A check that does not hold is `failed` if it blocks, `warned` if not;
    `crashed` says that the check itself died, which is neither.
    """

    check_name: str
    subject: str
    is_blocking: bool
    status: CheckStatus
    observed: int | None
    expected: str
    description: str


def crashed(
    check_name: str, subject: str, is_blocking: bool, expected: str, description: str, why: str
) -> CheckResult:
    """The result of a check that died; `why` holds no value of a row."""
    return CheckResult(
        check_name, subject, is_blocking, "crashed", None, expected, f"{description}（检查本身出错：{why}）"
    )


def reason_of(error: BaseException) -> str:
    """Why a check died, without any value of a row.

    Only errors that speak of tables, columns and syntax are quoted; the text of others may hold what was in a
    cell.
    """
    name = type(error).__name__
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException | duckdb.ParserException):
        return f"{name}: {str(error).strip().splitlines()[0]}"[:300]
    return name


def gate(results: Sequence[CheckResult], *, where: str = "") -> None:
    """Let a day pass, or stop it before anything is published.

    Raises CheckCrashed where a check died (or none ran), GateFailed where a blocking check failed; both name
    every check in plain words. A crash is named first: as long as a check is dead, nobody knows what it would
    have said.
    """
    if not results:
        raise CheckCrashed(
            "no check has run", where=where, remedy="nothing may be published unchecked; run the day again"
        )
    dead = [result for result in results if result.status == "crashed"]
    failed = [result for result in results if result.is_blocking and result.status == "failed"]
    if dead:
        also = f"; {len(failed)} blocking checks failed besides" if failed else ""
        raise CheckCrashed(
            f"{len(dead)} checks could not run{also}; nothing was published\n{_lines(dead + failed)}",
            where=where,
            remedy="this is a fault of the software or of its tables, not of what the sources sent: "
            "mend what each line names, then run the day again",
        )
    if failed:
        raise GateFailed(
            f"{len(failed)} blocking checks failed; nothing was published\n{_lines(failed)}",
            checks=[f"{result.check_name} [{result.subject}]" for result in failed],
            where=where,
            remedy="docs/checks.md says for every check what it means and what to do; an audit is one "
            "statement, sql/audits/NAME.sql, and returns the rows that violate it",
        )


def record(connection: duckdb.DuckDBPyConnection, results: Iterable[CheckResult]) -> int:
    """Write the published table `clearance.checks`, made anew from `results`. Returns the number of rows."""
    rows = [
        (
            item.check_name,
            item.subject,
            item.is_blocking,
            item.status,
            item.observed,
            item.expected,
            item.description,
        )
        for item in sorted(results, key=lambda item: (item.check_name, item.subject))
    ]
    connection.execute(f"create or replace table clearance.checks ({COLUMNS})")
    if rows:
        connection.executemany("insert into clearance.checks values (?, ?, ?, ?, ?, ?, ?)", rows)
    return len(rows)


def make_checks_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the published table `clearance.checks`, empty, where it is missing."""
    connection.execute(f"create table if not exists clearance.checks ({COLUMNS})")


def _lines(results: Sequence[CheckResult]) -> str:
    return "\n".join(
        f"  {item.check_name} [{item.subject}]: {item.description}"
        + (f" — observed {item.observed}, expected {item.expected}" if item.observed is not None else "")
        for item in results
    )
