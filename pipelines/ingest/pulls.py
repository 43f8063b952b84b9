"""`pull`: reads a configured source for a day and lands what is new."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts import SourceContract
from pipelines.errors import ConfigurationError, ContractError, DeliveryRefused
from pipelines.ingest import attempts
from pipelines.ingest.csv_reader import read_csv
from pipelines.ingest.database import Trailing, read_window
from pipelines.ingest.deliveries import Delivery, PullReport
from pipelines.ingest.file_pulls import pull_files
from pipelines.ingest.handover import incomplete, report_of, rows_reading, say_landed
from pipelines.ingest.keys import HeldKeys
from pipelines.ingest.landing import (
    Arrival,
    Original,
    Say,
    keep_refused,
    land,
    original,
    print_nothing,
    reading_connection,
    workbench,
)
from pipelines.ingest.reading_time import reading_time_is_limited
from pipelines.ingest.rest import Answer, RestSource, canonical_content
from pipelines.ingest.rows import Reading
from pipelines.ingest.trailing import late_parts
from pipelines.ingest.windows import Window, beijing_now, window_for
from pipelines.settings import Connection
from pipelines.store import Workspace


def pull(
    workspace: Workspace,
    contract: SourceContract,
    connection: Connection,
    delivered_for: date,
    *,
    say: Say = print_nothing,
) -> PullReport:
    """Read a source for a day and land what is new; what is landed already is reported, not landed again.

    Returns a report also when nothing new came. Raises the errors of errors.py by kind: SourceNotReady where a file
    source has nothing for the day yet (after landing what is there), SourceIncomplete where a control total does
    not add up, DeliveryRefused after keeping the bytes and the reason. What came of it is noted (attempts.py).
    """
    with attempts.noted(workspace, contract.source, delivered_for):
        return _pull(workspace, contract, connection, delivered_for, say)


def _pull(
    workspace: Workspace, contract: SourceContract, connection: Connection, delivered_for: date, say: Say
) -> PullReport:
    kind = str(contract.delivery.get("kind", ""))
    if kind == "rest":
        return _pull_rest(workspace, contract, connection, delivered_for, say)
    if kind == "database":
        return _pull_database(workspace, contract, connection, delivered_for, say)
    if kind == "files":
        return pull_files(workspace, contract, connection, delivered_for, say=say)
    raise ContractError(
        f"delivery.kind {kind!r} is not one of rest, database, files",
        where=f"schemas/sources/{contract.source}.yml",
    )


def _pull_rest(
    workspace: Workspace, contract: SourceContract, connection: Connection, delivered_for: date, say: Say
) -> PullReport:
    _expect(contract, connection, ("http", "https"))
    window, same_day = window_for(workspace, contract, delivered_for, beijing_now())
    say(f"{contract.source}: reading {window.name}")
    number = contract.columns_of("ticket_no")[0]
    with workbench(workspace) as bench, RestSource(contract, connection, say=say) as source:
        answer = source.read(window, bench)
        reports = [_land_answer(workspace, contract, window, same_day, delivered_for, answer, bench, say)]
        held = HeldKeys(workspace, contract, delivered_for)
        changed_since = {(row.get(number) or "").strip() for row in answer.rows}
        for late in late_parts(source, held, window, changed_since, beijing_now(), bench, say):
            say(f"{contract.source}: {late.rows} rows of {late.window.name} came late; fetched")
            origin = {
                "trailing": {
                    "since": str(late.window.since), "before": str(late.window.before), "late": late.rows,
                }
            }  # fmt: skip
            own = late.answer.pages_file.parent
            reports.append(
                _land_answer(
                    workspace, contract, late.window, (), delivered_for, late.answer, own, say, origin
                )
            )
    new = [item for report in reports for item in report.deliveries]
    known = [item for report in reports for item in report.already_landed]
    return report_of(contract.source, new, known, [])


def _land_answer(
    workspace: Workspace,
    contract: SourceContract,
    window: Window,
    same_day: Sequence[Delivery],
    delivered_for: date,
    answer: Answer,
    bench: Path,
    say: Say,
    origin: Mapping[str, Any] | None = None,
) -> PullReport:
    def reader(scratch: duckdb.DuckDBPyConnection) -> Reading:
        reading = rows_reading(scratch, contract, answer.rows, f"window {window.name}", bench)
        return replace(reading, control_total=answer.total, control_rows=len(answer.rows))

    item = original(answer.pages_file, contract.source, "pages.jsonl")
    identity = canonical_content(answer.rows)
    return _land_window(
        workspace,
        contract,
        window,
        same_day,
        delivered_for,
        "rest",
        item,
        identity,
        reader,
        bench,
        say,
        origin,
    )


def _pull_database(
    workspace: Workspace, contract: SourceContract, connection: Connection, delivered_for: date, say: Say
) -> PullReport:
    _expect(contract, connection, ("postgres", "postgresql"))
    window, same_day = window_for(workspace, contract, delivered_for, beijing_now())
    say(f"{contract.source}: reading {window.name}")
    with workbench(workspace) as bench:
        held = HeldKeys(workspace, contract, delivered_for)
        extract = read_window(contract, connection, window, bench, say=say, held=held)
        trailing = extract.trailing
        warnings = _say_trailing(contract, trailing, say)

        def reader(scratch: duckdb.DuckDBPyConnection) -> Reading:
            reading = read_csv(scratch, contract.source, extract.file, "extract", bench, has_nulls=True)
            return replace(
                reading,
                control_total=extract.count,
                control_rows=reading.rows,
                warnings=(*reading.warnings, *warnings),
            )

        item = original(extract.file, contract.source, "extract.csv")
        return _land_window(
            workspace,
            contract,
            window,
            same_day,
            delivered_for,
            "database",
            item,
            extract.sha256,
            reader,
            bench,
            say,
            {} if trailing is None else {"trailing": trailing.origin()},
        )


def _land_window(
    workspace: Workspace,
    contract: SourceContract,
    window: Window,
    same_day: Sequence[Delivery],
    delivered_for: date,
    kind: str,
    item: Original,
    content: str,
    reader: Callable[[duckdb.DuckDBPyConnection], Reading],
    bench: Path,
    say: Say,
    origin: Mapping[str, Any] | None = None,
) -> PullReport:
    arrival = Arrival(
        contract=contract,
        kind=kind,
        name=f"window {window.name}",
        order_key=window.before.isoformat(sep=" "),
        originals=[item],
        identity=f"{window.name}\n{delivered_for.isoformat()}\n{content}",
        delivered_for=delivered_for,
        is_handed_over=False,
        window_since=window.since,
        window_before=window.before,
        read_until=window.read_until,
        origin=origin or {},
    )
    try:
        with (
            reading_connection(workspace) as scratch,
            reading_time_is_limited(scratch, contract.source, arrival.name),
        ):
            reading = reader(scratch)
            failure = incomplete(arrival.name, contract, reading)
            if failure is not None:
                raise failure
            delivery, is_new = land(workspace, scratch, arrival, reading, bench, same_window=same_day)
    except DeliveryRefused as error:
        keep_refused(workspace, contract, [item], error, bench)
        raise
    say_landed(say, delivery, is_new=is_new)
    new, known = ([delivery], []) if is_new else ([], [delivery])
    return report_of(contract.source, new, known, [])


def _say_trailing(contract: SourceContract, trailing: Trailing | None, say: Say) -> list[str]:
    """Say what the trailing days showed, and return it as the warnings of the delivery."""
    if trailing is None:
        return []
    days = f"{trailing.since.date()} to {trailing.before}"
    warnings = []
    if trailing.late:
        warnings.append(f"{trailing.late} rows changed in {days} came late; fetched")
    if trailing.gone:
        warnings.append(f"{trailing.gone} numbers last changed in {days} are not in the table any more; kept")
    for line in warnings:
        say(f"{contract.source}: {line}")
    return warnings


def _expect(contract: SourceContract, connection: Connection, kinds: Sequence[str]) -> None:
    if connection.conn_type not in kinds:
        raise ConfigurationError(
            f"the connection of {contract.source} has conn_type {connection.conn_type!r}, it needs {' or '.join(kinds)}",
            where=contract.connection,
            remedy="correct the connection",
        )
