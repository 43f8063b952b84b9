"""Reads a window of a table of an exchange database (PostgreSQL) in one read-only, repeatable-read transaction.

The count of the window is taken in the same transaction: it is the control total. Values are the database's own
text: NUMERIC with its scale, timestamps with their microseconds. Rows without a change time are in no window, so
they come with every one.

A transaction that commits later than the overlap is never in a window. So the keys of the trailing days before the
window are read in the same transaction and compared with what is landed; rows that no delivery holds come with the
window and are part of its count.
"""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
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
from pipelines.ingest.acceptance import explain_missing
from pipelines.ingest.keys import HeldKeys, Key
from pipelines.ingest.landing import Say
from pipelines.ingest.limits import MAX_FILE_BYTES
from pipelines.ingest.windows import Window
from pipelines.settings import Connection

CONNECT_SECONDS = 10
SILENT_SECONDS = 60
STATEMENT_SECONDS = 900
SESSION_SECONDS = 1800.0
MAX_TRIES = 4
FIRST_PAUSE_SECONDS = 1.0
# More late rows than this are fetched by reading the trailing days whole, not by naming each.
MAX_NAMED_KEYS = 20_000
# PostgreSQL's numbers of date, timestamp and timestamp with time zone.
TIME_TYPES = (1082, 1114, 1184)
REFUSALS = (
    "authentication failed",
    "no pg_hba.conf entry",
    "does not exist",
    "permission denied",
    "not permitted",
)


@dataclass(frozen=True)
class Trailing:
    """What comparing the trailing days by their keys showed: `keys` of the table, `late` among them that no delivery
    held (their rows were fetched), `gone` numbers that we hold and the table has no more.
    """

    since: datetime
    before: datetime
    keys: int
    late: int
    gone: int

    def origin(self) -> dict[str, Any]:
        """As the manifest holds it."""
        return {
            "since": self.since.isoformat(sep=" "),
            "before": self.before.isoformat(sep=" "),
            "keys": self.keys,
            "late": self.late,
            "gone": self.gone,
        }


@dataclass(frozen=True)
class Extract:
    """A window as the database wrote it: a CSV with a header, NULL as an unquoted empty field. `count` is the
    database's own count of the same rows.
    """

    file: Path
    sha256: str
    count: int
    trailing: Trailing | None = None


def read_window(
    contract: SourceContract,
    connection: Connection,
    window: Window,
    bench: Path,
    *,
    say: Say,
    held: HeldKeys | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Extract:
    """Read the window, and the rows of the trailing days that `held` lacks, trying again where the connection fails.

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
            return _read(contract, connection, window, bench, held)
        except psycopg.Error as error:
            failure = named_error(contract, error)
            if attempt == MAX_TRIES or not failure.is_retryable:
                raise failure from None
            say(f"{contract.source}: {failure.what.split(': ', 1)[-1]}; trying again in {pause:.0f} s")
            sleep(pause)
            pause *= 2
    raise AssertionError("the last try returns or raises")


def _read(
    contract: SourceContract, connection: Connection, window: Window, bench: Path, held: HeldKeys | None
) -> Extract:
    with open_database(contract, connection) as database, database.cursor() as cursor:
        table = table_of(contract)
        columns = columns_of(contract, cursor)
        where, trailing = _condition(contract, window, columns), None
        if held is not None and window.trailing_since is not None and window.since is not None:
            late, trailing = _compare(
                contract, cursor, columns, (window.trailing_since, window.since), bench, held
            )
            where = sql.SQL("({} or {})").format(where, late)
        count_row = cursor.execute(
            sql.SQL("select count(*) from {} where {}").format(table, where)
        ).fetchone()
        selected = sql.SQL(", ").join(
            sql.SQL("{0}::text as {0}").format(sql.Identifier(name)) for name in columns
        )
        order = sql.SQL(", ").join(sql.Identifier(name) for name in _order(contract, columns))
        statement = sql.SQL("select {} from {} where {} order by {}").format(selected, table, where, order)
        file = bench / "extract.csv"
        digest = _copy(contract, cursor, statement, file, f"window {window.name}")
    return Extract(file, digest, int(count_row[0]) if count_row else 0, trailing)


@contextmanager
def open_database(
    contract: SourceContract, connection: Connection, *, seconds: float | None = None
) -> Iterator[psycopg.Connection[Any]]:
    """A read-only, repeatable-read transaction that ends after `seconds` (SESSION_SECONDS) whatever the server does.

    Raises SourceUnreachable then; a dead network is found after SILENT_SECONDS.
    """
    limit = SESSION_SECONDS if seconds is None else seconds
    options = f"-c statement_timeout={int(min(STATEMENT_SECONDS, limit) * 1000)} -c datestyle=ISO -c timezone=Asia/Shanghai"
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
        keepalives_idle=SILENT_SECONDS // 3,
        keepalives_interval=SILENT_SECONDS // 6,
        keepalives_count=3,
        tcp_user_timeout=SILENT_SECONDS * 1000,
        options=options,
        **extra,
    ) as database:
        database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        database.read_only = True
        cut = threading.Event()
        timer = threading.Timer(limit, _cut, (database, cut))
        timer.daemon = True
        timer.start()
        try:
            yield database
        except psycopg.Error:
            if not cut.is_set():
                raise
            raise SourceUnreachable(
                contract.source,
                f"the database did not answer within {limit:.0f} s",
                where=f"{contract.delivery.get('table')}",
                remedy="look at the database (locks, load), then pull again",
            ) from None
        finally:
            timer.cancel()


def _cut(database: psycopg.Connection[Any], cut: threading.Event) -> None:
    """End a session whose server accepts and does not answer: no time limit of its own would."""
    cut.set()
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(database.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def copy_keys(
    contract: SourceContract,
    cursor: psycopg.Cursor[Any],
    columns: list[str],
    bounds: tuple[datetime, datetime],
    file: Path,
) -> None:
    """Write the keys of the rows changed within [since, before) as a CSV with the header `number,changed`."""
    number, changed = _key_columns(contract, columns)
    statement = sql.SQL(
        "select coalesce({0}::text, '') as number, {1}::text as changed from {2} where {1} >= {3} and {1} < {4}"
    ).format(number, changed, table_of(contract), sql.Literal(bounds[0]), sql.Literal(bounds[1]))
    _copy(contract, cursor, statement, file, f"keys {bounds[0]} to {bounds[1]}")


def _compare(
    contract: SourceContract,
    cursor: psycopg.Cursor[Any],
    columns: list[str],
    bounds: tuple[datetime, datetime],
    bench: Path,
    held: HeldKeys,
) -> tuple[sql.Composable, Trailing]:
    """The condition for the rows of the trailing days that no delivery holds, and what was compared."""
    file = bench / "keys.csv"
    copy_keys(contract, cursor, columns, bounds, file)
    found = held.compare(file, *bounds)
    gone = len(found.ours_alone) - len(numbers_there(contract, cursor, columns, found.ours_alone))
    trailing = Trailing(*bounds, keys=found.theirs, late=len(found.theirs_alone), gone=gone)
    return _late(contract, columns, bounds, found.theirs_alone), trailing


def _late(
    contract: SourceContract, columns: list[str], bounds: tuple[datetime, datetime], late: Sequence[Key]
) -> sql.Composable:
    if not late:
        return sql.SQL("false")
    number, changed = _key_columns(contract, columns)
    inside = sql.SQL("{0} >= {1} and {0} < {2}").format(
        changed, sql.Literal(bounds[0]), sql.Literal(bounds[1])
    )
    if len(late) > MAX_NAMED_KEYS:
        return sql.SQL("({})").format(inside)
    return sql.SQL(
        "({} and (coalesce({}::text, ''), {}::text) in (select * from unnest({}::text[], {}::text[])))"
    ).format(
        inside,
        number,
        changed,
        sql.Literal([key.number for key in late]),
        sql.Literal([key.changed for key in late]),
    )


def numbers_there(
    contract: SourceContract, cursor: psycopg.Cursor[Any], columns: list[str], numbers: Sequence[str]
) -> set[str]:
    """Those of the numbers that the table holds, whenever they changed."""
    if not numbers:
        return set()
    number, _ = _key_columns(contract, columns)
    statement = sql.SQL("select distinct {0}::text from {1} where {0}::text = any({2})").format(
        number, table_of(contract), sql.Literal(list(numbers))
    )
    return {row[0] for row in cursor.execute(statement).fetchall()}


def _key_columns(contract: SourceContract, columns: list[str]) -> tuple[sql.Identifier, sql.Identifier]:
    number, changed = contract.columns_of("ticket_no")[0], str(contract.delivery["order_column"])
    return sql.Identifier(_actual(contract, columns, number)), sql.Identifier(
        _actual(contract, columns, changed)
    )


def _copy(
    contract: SourceContract, cursor: psycopg.Cursor[Any], statement: sql.Composable, file: Path, where: str
) -> str:
    """Copy a query's rows to a CSV file; returns the SHA-256 of what the database wrote."""
    digest, size = hashlib.sha256(), 0
    copy = sql.SQL("copy ({}) to stdout (format csv, header, force_quote *)").format(statement)
    with file.open("wb") as out, cursor.copy(copy) as rows:
        # The byte-order mark says that the bytes are UTF-8, as it does for every CSV.
        out.write(b"\xef\xbb\xbf")
        for block in rows:
            out.write(block)
            digest.update(block)
            size += len(block)
            if size > MAX_FILE_BYTES:
                raise DeliveryRefused(
                    contract.source,
                    f"the answer has more than MAX_FILE_BYTES = {MAX_FILE_BYTES}",
                    where=where,
                    remedy="have the history handed over as files (import), then pull day by day",
                )
    return digest.hexdigest()


def table_of(contract: SourceContract) -> sql.Composable:
    name = str(contract.delivery.get("table", ""))
    if not name:
        raise ContractError("delivery names no table", where=f"schemas/sources/{contract.source}.yml")
    return sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))


def columns_of(contract: SourceContract, cursor: psycopg.Cursor[Any]) -> list[str]:
    """The table's columns. Raises DeliveryRefused where a required one is missing, or the time of change is no time."""
    cursor.execute(sql.SQL("select * from {} limit 0").format(table_of(contract)))
    columns = [column.name for column in cursor.description or ()]
    declared = {name for column in columns if (name := contract.declared_name(column)) is not None}
    missing = contract.missing_columns(declared)
    order = str(contract.delivery["order_column"])
    if order not in {contract.declared_name(column) for column in columns}:
        missing = (*missing, order) if order not in missing else missing
    if missing:
        what, remedy = explain_missing(contract, missing, columns)
        raise DeliveryRefused(contract.source, what, where=str(contract.delivery["table"]), remedy=remedy)
    of_order = next(
        item for item in cursor.description or () if item.name == _actual(contract, columns, order)
    )
    if of_order.type_code not in TIME_TYPES:
        raise DeliveryRefused(
            contract.source,
            f"the type of {order} changed: it is {of_order.type_display} now, and no time",
            where=str(contract.delivery["table"]),
            remedy="ask the source to give it back its type, or name another column that holds the time of the last "
            f"change as order_column under delivery: in schemas/sources/{contract.source}.yml",
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


def named_error(contract: SourceContract, error: psycopg.Error) -> SourceError:
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
