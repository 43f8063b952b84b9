"""Lands a delivery: sealed original bytes, encrypted rows, the manifest last, then one rename of the whole folder.

A delivery is in the landing complete or not at all. Its id is a hash of what it holds, so the same delivery lands
once. A refused delivery keeps its bytes and the reason under SOURCE/refused/ID.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts import SourceContract
from pipelines.errors import DeliveryRefused, SourceAnswerBroken
from pipelines.ingest.days import newest_change
from pipelines.ingest.deliveries import MANIFEST, ORIGINAL, REFUSED, ROWS, Delivery, Refusal, find_delivery
from pipelines.ingest.limits import MAX_FILE_BYTES, SEALED_PART_BYTES
from pipelines.ingest.rows import (
    HeaderMap,
    Reading,
    landing_columns,
    landing_query,
    map_headers,
    refuse_too_many_rows,
)
from pipelines.ingest.written_rows import counted_rows
from pipelines.store import Workspace, disk_full_is_said, move_into_place, remove_tree, write_atomically

Say = Callable[[str], None]
Sealing = Future[Path]
SCRATCH_MEMORY = "3GB"
NOT_THE_READERS_FAULT = (duckdb.OutOfMemoryException, duckdb.IOException, duckdb.InterruptException)


def print_nothing(line: str) -> None:
    """A `say` that says nothing."""


@dataclass(frozen=True)
class Original:
    """Original bytes as they came: a file of ours in tmp/, or the file a person named."""

    name: str
    file: Path
    sha256: str


@dataclass(frozen=True)
class Arrival:
    """A delivery on its way into the landing.

    `identity` is what its id is made of beside source and kind. `delivered_for` None means: the newest change time
    among its good rows. A delivery for a day later than `not_after` is refused.
    """

    contract: SourceContract
    kind: str
    name: str
    order_key: str
    originals: Sequence[Original]
    identity: str
    delivered_for: date | None
    is_handed_over: bool
    window_since: datetime | None = None
    window_before: datetime | None = None
    read_until: datetime | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    not_after: date | None = None

    @property
    def delivery_id(self) -> str:
        """First 20 hex digits of SHA-256 over source, kind and content."""
        text = f"{self.contract.source}\n{self.kind}\n{self.identity}"
        return hashlib.sha256(text.encode()).hexdigest()[:20]


def original(file: Path, source: str, name: str | None = None) -> Original:
    """Original bytes in a file, hashed. Raises DeliveryRefused beyond MAX_FILE_BYTES."""
    size = file.stat().st_size
    if size > MAX_FILE_BYTES:
        raise DeliveryRefused(
            source,
            f"the file has {size} bytes, more than MAX_FILE_BYTES = {MAX_FILE_BYTES}",
            where=name or file.name,
            remedy="deliver it in several parts",
        )
    with file.open("rb") as handle:
        return Original(name or file.name, file, hashlib.file_digest(handle, "sha256").hexdigest())


@contextmanager
def workbench(workspace: Workspace) -> Iterator[Path]:
    """A folder of our own in tmp/, gone afterwards. It holds plain text for a while, so what a process that was
    killed left there is removed first: a bench whose lock nobody holds has no owner.
    """
    _remove_abandoned(workspace.temporary)
    folder = workspace.temporary / f"ingest-{secrets.token_hex(8)}"
    lock_file = folder.with_suffix(".lock")
    with lock_file.open("w") as lock, disk_full_is_said(folder):
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            remove_tree(folder)
            lock_file.unlink(missing_ok=True)


def _remove_abandoned(temporary: Path) -> None:
    for lock_file in temporary.glob("ingest-*.lock"):
        try:
            with lock_file.open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(lock_file.with_suffix(""))
                lock_file.unlink(missing_ok=True)
        except (BlockingIOError, FileNotFoundError):
            continue


@contextmanager
def reading_connection(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """A scratch connection that keeps the order of rows, as row numbers need."""
    with workspace.scratch(memory=SCRATCH_MEMORY) as connection:
        connection.execute("set preserve_insertion_order = true")
        yield connection


@contextmanager
def sealed_beside(workspace: Workspace, originals: Sequence[Original], bench: Path) -> Iterator[Sealing]:
    """Seal original bytes in another thread; the result is the folder, to be moved to where it belongs."""
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(_seal_originals, workspace, originals, bench / f"sealed-{secrets.token_hex(4)}")


def land(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    reading: Reading,
    bench: Path,
    *,
    same_window: Sequence[Delivery] = (),
    sealing: Sealing | None = None,
) -> tuple[Delivery, bool]:
    """Land what was read. Returns the delivery and whether it is new (False: it was landed before).

    `sealing` is where the original bytes are being sealed already. `same_window` are landed deliveries of the same
    window and day: where they hold every row already, the window read again is not landed a second time.

    Raises DeliveryRefused where the header does not fit the contract, SourceAnswerBroken where fewer or more rows
    were read than are there.
    """
    contract = arrival.contract
    known = find_delivery(workspace, contract.source, arrival.delivery_id)
    if known is not None:
        return known, False
    refuse_too_many_rows(contract.source, reading.rows, arrival.name)
    headers = map_headers(contract, reading.headers, arrival.name)
    made = bench / f"landing-{arrival.delivery_id}"
    made.mkdir()
    with (
        sealed_beside(workspace, arrival.originals, bench)
        if sealing is None
        else nullcontext(sealing) as sealed
    ):
        if reading.written is None:
            _write_rows(workspace, connection, arrival, reading, headers, made / ROWS)
        else:
            reading.written.rename(made / ROWS)
        sealed.result().rename(made / ORIGINAL)
    if same_window and not _has_new_rows(workspace, connection, made / ROWS, same_window):
        return same_window[-1], False
    delivered_for = arrival.delivered_for or newest_change(
        workspace, connection, contract, made / ROWS, reading, arrival.name
    )
    if arrival.not_after is not None and delivered_for > arrival.not_after:
        named = "the date in its name" if arrival.delivered_for else "the newest change time of its rows"
        raise DeliveryRefused(
            contract.source,
            f"{named}, {delivered_for}, has not come yet: the rows would count from that day on alone",
            where=arrival.name,
            remedy="say the day the file is for with --as-of YYYY-MM-DD",
        )
    agrees = None if reading.control_total is None else reading.control_total == _control_rows(reading)
    delivery = Delivery(
        delivery_id=arrival.delivery_id,
        source=contract.source,
        delivered_for=delivered_for,
        kind=arrival.kind,
        name=arrival.name,
        order_key=arrival.order_key,
        rows=reading.rows,
        control_total=reading.control_total,
        control_rows=None if reading.control_total is None else _control_rows(reading),
        control_total_agrees=agrees,
        window_since=arrival.window_since,
        window_before=arrival.window_before,
        read_until=arrival.read_until,
        changed_at=reading.changed_at,
        sha256=_sha256(arrival.originals),
        columns=landing_columns(contract),
        header_map=headers.received,
        missing_optional=headers.missing_optional,
        extra_columns=tuple(name for name, _ in headers.extra),
        contract_digest=contract.digest,
        landed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        is_handed_over=arrival.is_handed_over,
        origin=arrival.origin,
        warnings=reading.warnings,
        folder=workspace.landing / contract.source / delivered_for.isoformat() / arrival.delivery_id,
    )
    write_atomically(made / MANIFEST, _json(delivery.manifest()))
    try:
        move_into_place(made, delivery.folder)
    except OSError:
        if not (delivery.folder / MANIFEST).is_file():
            raise
        return Delivery.read(delivery.folder), False
    return delivery, True


def keep_refused(
    workspace: Workspace,
    contract: SourceContract,
    originals: Sequence[Original],
    error: DeliveryRefused,
    bench: Path,
    *,
    origin: Mapping[str, Any] | None = None,
) -> Refusal:
    """Keep the bytes and the reason of a refused delivery. The same bytes refused again stay one refusal."""
    name = originals[0].name if len(originals) == 1 else f"{originals[0].name} and {len(originals) - 1} more"
    refusal_id = hashlib.sha256(f"{contract.source}\n{_sha256(originals)}".encode()).hexdigest()[:20]
    folder = workspace.landing / contract.source / REFUSED / refusal_id
    record = {
        "source": contract.source,
        "name": name,
        "reason": error.what,
        "where": error.where,
        "remedy": error.remedy,
        "sha256": _sha256(originals),
        "origin": dict(origin or {}),
        "refused_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if not (folder / "refusal.json").is_file():
        made = bench / f"refused-{refusal_id}"
        made.mkdir()
        if all(item.file.is_file() and item.file.stat().st_size <= MAX_FILE_BYTES for item in originals):
            _seal_originals(workspace, originals, made / ORIGINAL)
        write_atomically(made / "refusal.json", _json(record))
        move_into_place(made, folder)
    else:
        write_atomically(folder / "refusal.json", _json(record))
    return Refusal(refusal_id, contract.source, name, error.what, error.remedy, folder, dict(origin or {}))


def original_bytes(workspace: Workspace, delivery: Delivery) -> Iterator[bytes]:
    """The original bytes of a delivery, part by part, decrypted."""
    for part in delivery.original_files:
        yield workspace.unseal(part.read_bytes())


def _seal_originals(workspace: Workspace, originals: Sequence[Original], folder: Path) -> Path:
    folder.mkdir()
    with disk_full_is_said(folder):
        for number, item in enumerate(originals, start=1):
            with item.file.open("rb", buffering=0) as handle:
                for part, sealed in enumerate(workspace.seal_parts(handle, SEALED_PART_BYTES)):
                    (folder / f"{number:05d}-{part:05d}.sealed").write_bytes(sealed)
    return folder


def _write_rows(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    reading: Reading,
    headers: HeaderMap,
    rows_file: Path,
) -> None:
    """Write rows.parquet and prove that it holds the records that are there, each once."""
    source = arrival.contract.source
    found = 0
    for query, then in ((reading.query, reading.careful_query), (reading.careful_query, None)):
        if query is None:
            continue
        whole = landing_query(arrival.contract, replace(reading, query=query), headers)
        with reading_errors_are_named(source, arrival.name):
            try:
                workspace.write_parquet(connection, whole, rows_file)
            except (duckdb.Error, UnicodeDecodeError) as error:
                if then is None or isinstance(error, NOT_THE_READERS_FAULT):
                    raise
                continue
        found, is_numbered = counted_rows(connection, rows_file)
        if is_numbered and found == reading.rows:
            return
    raise SourceAnswerBroken(
        source,
        f"{reading.rows} records are there and {found} were read",
        where=arrival.name,
        remedy="keep the file and report it: a row must never be lost",
    )


@contextmanager
def reading_errors_are_named(source: str, where: str) -> Iterator[None]:
    """Turn an error of DuckDB while reading a delivery into one without its text, which may quote a value."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise DeliveryRefused(
            source,
            f"the delivery does not fit into the memory set aside for reading ({SCRATCH_MEMORY})",
            where=where,
            remedy="deliver it in several parts",
        ) from None
    except (duckdb.IOException, duckdb.InterruptException):
        raise
    except (duckdb.Error, UnicodeDecodeError) as error:
        # (DuckDB's own message can be cut inside a character: then it is the message that cannot be decoded.)
        raise DeliveryRefused(
            source,
            f"the delivery cannot be read ({type(error).__name__})",
            where=where,
            remedy="keep the file and report it: the reader should name what is wrong with it",
        ) from None


def _has_new_rows(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, rows_file: Path, landed: Sequence[Delivery]
) -> bool:
    """Whether the file holds a row, as text, that none of the landed deliveries of the same columns holds."""
    columns = [
        row[0] for row in connection.execute(f"describe from {workspace.scan([rows_file])}").fetchall()
    ]
    same = [item.rows_file for item in landed if list(item.columns) == columns]
    if not same:
        return True
    found = connection.execute(
        f"select count(*) from (select * exclude (row_no) from {workspace.scan([rows_file])} "
        f"except select * exclude (row_no) from {workspace.scan(same)})"
    ).fetchall()
    return bool(found[0][0])


def _control_rows(reading: Reading) -> int:
    return reading.rows if reading.control_rows is None else reading.control_rows


def _sha256(originals: Sequence[Original]) -> str:
    """The hash of the one original, or over the hashes of several in order."""
    if len(originals) == 1:
        return originals[0].sha256
    return hashlib.sha256("\n".join(item.sha256 for item in originals).encode()).hexdigest()


def _json(entry: Mapping[str, Any]) -> bytes:
    return (json.dumps(entry, ensure_ascii=False, indent=1) + "\n").encode()
