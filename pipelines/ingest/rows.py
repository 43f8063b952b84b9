"""From what a reader found to the columns of rows.parquet: headers are mapped to the contract's names, here alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.contracts import SourceContract, fold_header
from pipelines.errors import DeliveryRefused
from pipelines.ingest.acceptance import explain_missing
from pipelines.ingest.limits import MAX_COLUMNS, MAX_ROWS
from pipelines.ingest.reading_time import refuse_too_slow
from pipelines.store import quote_identifier, quote_literal

REPLACEMENT = "\ufffd"
CUT_RECORD = "cut_record"
BROKEN_ROW = "broken_row"


@dataclass(frozen=True)
class Reading:
    """What a reader made of the bytes.

    `query` selects, on the reader's connection, `row_no BIGINT`, `c0 … cN VARCHAR` (one a header, in order),
    `_defect VARCHAR` and `_surplus VARCHAR` (JSON of what has no column). `rows` is how many records are there,
    counted apart from the query; `careful_query` is a slower way to the same rows, for when the query finds another
    number. `has_broken_text` says whether any text holds U+FFFD. Where the reader wrote the rows itself, `written` is
    their file (the columns of `landing_columns`), and there is no query.
    """

    headers: tuple[str, ...]
    query: str
    rows: int
    careful_query: str | None = None
    has_broken_text: bool = False
    control_total: int | None = None
    control_rows: int | None = None
    changed_at: datetime | None = None
    warnings: tuple[str, ...] = ()
    written: Path | None = None


@dataclass(frozen=True)
class HeaderMap:
    """Which received header stands for which declared column; positions count from 0."""

    declared: dict[str, int]
    received: dict[str, str]
    extra: tuple[tuple[str, int], ...]
    missing_optional: tuple[str, ...]


def map_headers(contract: SourceContract, headers: Sequence[str], where: str) -> HeaderMap:
    """Map received headers to declared columns: a column's own name first, then its aliases in their order.

    A header that maps to a column already taken, or to none, is an extra column. Raises DeliveryRefused for a
    declared name that stands twice, for a required column that is missing, and for too many columns.
    """
    if len(headers) > MAX_COLUMNS:
        raise DeliveryRefused(
            contract.source,
            f"the delivery has {len(headers)} columns, more than MAX_COLUMNS = {MAX_COLUMNS}",
            where=where,
            remedy="look at the header; a table of tickets has a few dozen columns",
        )
    folded = [fold_header(header) for header in headers]
    declared: dict[str, int] = {}
    for name, column in contract.columns.items():
        for candidate in (name, *column.aliases):
            positions = [at for at, header in enumerate(folded) if header == fold_header(candidate)]
            if not positions:
                continue
            if len(positions) > 1:
                raise DeliveryRefused(
                    contract.source,
                    f"the column {candidate} stands {len(positions)} times in the header",
                    where=where,
                    remedy="keep one of them; which one holds the values cannot be guessed",
                )
            declared[name] = positions[0]
            break
    missing = contract.missing_columns(set(declared))
    if missing:
        what, remedy = explain_missing(contract, missing, headers)
        raise DeliveryRefused(contract.source, what, where=where, remedy=remedy)
    taken = set(declared.values())
    return HeaderMap(
        declared=declared,
        received={headers[at]: name for name, at in declared.items()},
        extra=_extra_names(headers, taken),
        missing_optional=tuple(name for name in contract.columns if name not in declared),
    )


def landing_columns(contract: SourceContract) -> tuple[str, ...]:
    """The columns of rows.parquet for a source, in order."""
    return ("row_no", *contract.columns, "_extra", "_defect", "_broken")


def landing_query(contract: SourceContract, reading: Reading, headers: HeaderMap) -> str:
    """The query that gives rows.parquet: declared columns in contract order, then _extra, _defect, _broken."""
    columns = [
        f"{f'c{headers.declared[name]}' if name in headers.declared else 'cast(null as varchar)'} as {quote_identifier(name)}"
        for name in contract.columns
    ]
    extra = "_surplus"
    if headers.extra:
        pairs = ", ".join(f"'{quote_literal(name)}', c{at}" for name, at in headers.extra)
        whole = f"json_object({pairs})"
        extra = f"case when _surplus is null then {whole} else json_merge_patch({whole}, _surplus) end"
    broken = "cast(null as varchar)"
    if reading.has_broken_text and headers.declared:
        tests = ", ".join(
            f"case when contains(c{at}, '{REPLACEMENT}') then '{quote_literal(name)}' end"
            for name, at in headers.declared.items()
        )
        broken = f"nullif(concat_ws(',', {tests}), '')"
    return (
        f"select row_no, {', '.join(columns)}, cast({extra} as varchar) as _extra, _defect, {broken} as _broken "
        f"from ({reading.query})"
    )


def empty_reading(contract: SourceContract) -> Reading:
    """A reading of no rows with the contract's own header: the source answered, and had nothing."""
    columns = ", ".join(f"cast(null as varchar) as c{at}" for at in range(len(contract.columns)))
    return Reading(
        headers=tuple(contract.columns),
        query=f"select cast(0 as bigint) as row_no, {columns}, cast(null as varchar) as _defect, "
        "cast(null as varchar) as _surplus where false",
        rows=0,
    )


def refuse_too_many_rows(source: str, rows: int, where: str) -> None:
    """Raise DeliveryRefused where a delivery has more rows than MAX_ROWS, or takes too long; asked after each block."""
    refuse_too_slow(source, where)
    if rows > MAX_ROWS:
        raise DeliveryRefused(
            source,
            f"the delivery has more than MAX_ROWS = {MAX_ROWS} rows",
            where=where,
            remedy="deliver it in several parts",
        )


def _extra_names(headers: Sequence[str], taken: set[int]) -> tuple[tuple[str, int], ...]:
    names: list[tuple[str, int]] = []
    seen: set[str] = set()
    for at, header in enumerate(headers):
        if at in taken:
            continue
        name = header.strip() or f"column {at + 1}"
        while name in seen:
            name = f"{name} ({at + 1})"
        seen.add(name)
        names.append((name, at))
    return tuple(names)
