"""The day a delivery that a person hands over is for: the date in its name, else the newest change time of its rows."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb

from pipelines.contracts import SourceContract
from pipelines.errors import DeliveryRefused
from pipelines.ingest.rows import Reading
from pipelines.store import Workspace, quote_identifier

NAME_DATE = re.compile(
    r"(?<!\d)(20\d{2})(?:[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])(?=日|\D|$|\d{4}(?:\d{2})?(?!\d))"
    r"|年(\d{1,2})月(\d{1,2})日)"
)


def date_in_name(name: str) -> date | None:
    """The date a file's name carries (20230831, 2023-08-31, 2023年8月31日), or None."""
    for found in NAME_DATE.finditer(name):
        try:
            year, *rest = (int(part) for part in found.groups() if part is not None)
            return date(year, *rest)
        except ValueError:
            continue
    return None


def newest_change(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    rows_file: Path,
    reading: Reading,
    where: str,
) -> date:
    """The day of the newest change time among the good rows: whole, with a number and a believable receipt."""
    if reading.changed_at is not None:
        return reading.changed_at.date()
    changed = [*contract.columns_of("changed_at"), *contract.columns_of("received_at")]
    number = quote_identifier(contract.columns_of("ticket_no")[0])
    received = ", ".join(_day(name) for name in contract.columns_of("received_at"))
    newest = connection.execute(
        f"select max(coalesce({', '.join(_day(name) for name in changed)})) from {workspace.scan([rows_file])} "
        f"where _defect is null and trim(coalesce({number}, '')) <> '' and not contains({number}, '\ufffd') "
        f"and coalesce({received}) between date '1990-01-01' and date '2099-12-31' "
        f"and coalesce({', '.join(_day(name) for name in changed)}) between date '1990-01-01' and date '2099-12-31'"
    ).fetchall()[0][0]
    if newest is None:
        raise DeliveryRefused(
            contract.source,
            "the day it was delivered for is unknown: no date in the file's name, no readable change time in its rows",
            where=where,
            remedy="say it with --as-of YYYY-MM-DD",
        )
    return newest if isinstance(newest, date) else date.fromisoformat(str(newest))


def _day(column: str) -> str:
    """SQL of the date a text starts with: 2023-08-15…, 2023/8/15…, 2023年8月15日…, 20230815…, or counts from 1970."""
    name = quote_identifier(column)
    separated = r"^\s*(\d{4})\s*[-/年.]\s*(\d{1,2})\s*[-/月.]\s*(\d{1,2})"
    packed = r"^\s*(\d{4})(\d{2})(\d{2})(\d{4}|\d{6})?\s*$"

    def parts(pattern: str) -> str:
        groups = ", ".join(f"nullif(regexp_extract({name}, '{pattern}', {group}), '')" for group in (1, 2, 3))
        return f"try_cast(concat_ws('-', {groups}) as date)"

    return (
        f"case when regexp_matches({name}, '{separated}') then {parts(separated)} "
        f"when regexp_matches({name}, '{packed}') then {parts(packed)} "
        f"when regexp_matches(trim({name}), '^1\\d{{9}}(\\d{{3}})?$') "
        f"then cast(make_timestamp(try_cast(rpad(trim({name}), 16, '0') as bigint)) + interval 8 hour as date) end"
    )
