"""Reads a window of a table of an exchange database (PostgreSQL) in one read-only, repeatable-read transaction.

The count of the window is taken in the same transaction: it is the control total. Values are the database's own
text: NUMERIC with its scale, timestamps with their microseconds. Rows without a change time are in no window, so
they come with every one.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from pipelines.contracts import SourceContract, fold_header
from pipelines.errors import (
    ConfigurationError,
    ContractError,
    DeliveryRefused,
    SourceError,
    SourceRejectedUs,
    SourceUnreachable,
)
from pipelines.ingest.landing import Say
from pipelines.ingest.limits import MAX_FILE_BYTES
from pipelines.ingest.windows import Window
from pipelines.settings import Connection

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 900
MAX_TRIES = 4
FIRST_PAUSE_SECONDS = 1.0
REFUSALS = (
    "authentication failed",
    "no pg_hba.conf entry",
    "does not exist",
    "permission denied",
    "not permitted",
)


@dataclass(frozen=True)
class Extract:
    """A window as the database wrote it: a CSV with a header, NULL as an unquoted empty field."""

    file: Path
    sha256: str
    count: int


def read_window(
    contract: SourceContract,
    connection: Connection,
    window: Window,
    bench: Path,
    *,
    say: Say,
    sleep: Callable[[float], None] = time.sleep,
) -> Extract:
    """Read the window, trying again a few times where the connection fails.

    Raises SourceRejectedUs for a wrong account, database or table, DeliveryRefused for a missing column,
    SourceUnreachable at last.
    """
    if not connection.host or not connection.schema_name:
        raise ConfigurationError(
            "the connection lacks a host, or the database as its schema", where=contract.connection
        )
    pause = FIRST_PAUSE_SECONDS
    for attempt in range(1, MAX_TRIES + 1):
        try:
            return _read(contract, connection, window, bench)
        except psycopg.Error as error:
            failure = _named(contract, error)
            if attempt == MAX_TRIES or not failure.is_retryable:
                raise failure from None
            say(f"{contract.source}: {failure.what.split(': ', 1)[-1]}; trying again in {pause:.0f} s")
            sleep(pause)
            pause *= 2
    raise AssertionError("the last try returns or raises")


def _read(contract: SourceContract, connection: Connection, window: Window, bench: Path) -> Extract:
    table = _table(contract)
    options = f"-c statement_timeout={STATEMENT_SECONDS * 1000} -c datestyle=ISO -c timezone=Asia/Shanghai"
    extra: dict[str, Any] = {}
    if "sslmode" in connection.extra:
        extra["sslmode"] = connection.extra["sslmode"]
    with psycopg.connect(
        host=connection.host,
        port=connection.port,
        dbname=connection.schema_name,
        user=connection.login,
        password=connection.password,
        connect_timeout=CONNECT_SECONDS,
        client_encoding="utf8",
        application_name="arrears-clearance",
        options=options,
        **extra,
    ) as database:
        database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        database.read_only = True
        with database.cursor() as cursor:
            columns = _columns(contract, cursor, table)
            where = _condition(contract, window, columns)
            count_row = cursor.execute(
                sql.SQL("select count(*) from {} where {}").format(table, where)
            ).fetchone()
            count = int(count_row[0]) if count_row else 0
            selected = sql.SQL(", ").join(
                sql.SQL("{0}::text as {0}").format(sql.Identifier(name)) for name in columns
            )
            order = sql.SQL(", ").join(sql.Identifier(name) for name in _order(contract, columns))
            statement = sql.SQL(
                "copy (select {} from {} where {} order by {}) to stdout (format csv, header, force_quote *)"
            ).format(selected, table, where, order)
            file, digest, size = bench / "extract.csv", hashlib.sha256(), 0
            with file.open("wb") as out, cursor.copy(statement) as rows:
                # The byte-order mark says that the bytes are UTF-8, as it does for every CSV.
                out.write(b"\xef\xbb\xbf")
                for block in rows:
                    out.write(block)
                    digest.update(block)
                    size += len(block)
                    if size > MAX_FILE_BYTES:
                        raise DeliveryRefused(
                            contract.source,
                            f"the window has more than MAX_FILE_BYTES = {MAX_FILE_BYTES}",
                            where=f"window {window.name}",
                            remedy="have the history handed over as files (import), then pull day by day",
                        )
    return Extract(file, digest.hexdigest(), count)


def _table(contract: SourceContract) -> sql.Composable:
    name = str(contract.delivery.get("table", ""))
    if not name:
        raise ContractError("delivery names no table", where=f"schemas/sources/{contract.source}.yml")
    return sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))


def _columns(contract: SourceContract, cursor: psycopg.Cursor[Any], table: sql.Composable) -> list[str]:
    cursor.execute(sql.SQL("select * from {} limit 0").format(table))
    columns = [column.name for column in cursor.description or ()]
    declared = {name for column in columns if (name := contract.declared_name(column)) is not None}
    missing = contract.missing_columns(declared)
    order = str(contract.delivery["order_column"])
    if order not in {contract.declared_name(column) for column in columns}:
        missing = (*missing, order) if order not in missing else missing
    if missing:
        raise DeliveryRefused(
            contract.source,
            f"the table lacks required columns: {', '.join(missing)}",
            where=str(contract.delivery["table"]),
            remedy=f"ask the source, or add the new name as an alias in schemas/sources/{contract.source}.yml",
        )
    return columns


def _actual(contract: SourceContract, columns: list[str], declared: str) -> str:
    exact = [column for column in columns if fold_header(column) == fold_header(declared)]
    return (exact or [column for column in columns if contract.declared_name(column) == declared])[0]


def _condition(contract: SourceContract, window: Window, columns: list[str]) -> sql.Composable:
    changed = sql.Identifier(_actual(contract, columns, str(contract.delivery["order_column"])))
    before = sql.SQL("{} < {}").format(changed, sql.Literal(window.before))
    inside = before
    if window.since is not None:
        inside = sql.SQL("{} >= {} and {}").format(changed, sql.Literal(window.since), before)
    return sql.SQL("(({}) or {} is null)").format(inside, changed)


def _order(contract: SourceContract, columns: list[str]) -> list[str]:
    first = [str(contract.delivery["order_column"]), *contract.columns_of("ticket_no")]
    leading = [_actual(contract, columns, name) for name in first]
    # Rows without a number may share everything but their text: order by every column that can be compared.
    return list(
        dict.fromkeys([*leading, *(_actual(contract, columns, name) for name in contract.required_columns)])
    )


def _named(contract: SourceContract, error: psycopg.Error) -> SourceError:
    """The database's error by its kind; its own message is not passed on, it may quote a value."""
    state = error.sqlstate or ""
    where = f"{contract.delivery.get('table')}" + (f" (SQLSTATE {state})" if state else "")
    is_refusal = state[:2] in ("28", "3D", "42") or (
        not state
        and any(text in str(error) for text in REFUSALS)
        and isinstance(error, psycopg.OperationalError)
    )
    if is_refusal:
        return SourceRejectedUs(
            contract.source,
            "the database refuses us: account, password, database, table or rights are wrong",
            where=where,
            remedy="check the connection, and that the account may read the table",
        )
    return SourceUnreachable(
        contract.source,
        f"the database does not answer, or broke off ({type(error).__name__})",
        where=where,
        remedy="look at the network and the database, then pull again",
    )
