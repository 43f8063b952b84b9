"""Where everything is kept, and the only place that opens DuckDB, encrypts and decrypts.

A workspace:

    workspace.json      the layout's version; a workspace of another layout is refused
    key                 32 random bytes, mode 600; lose it and the restricted store is lost
    landing/            what the sources said: SOURCE/DELIVERED_FOR/DELIVERY_ID/{original…, rows.parquet, manifest.json}
    registry/           what we said and people decided: publications/, judgements/, waivers/, approvals/, replays/
    warehouse.duckdb    derived from the two; `rebuild` makes the same content again
    published/          DATE/rNN folders, complete or absent, and the link `latest`
    checks/             check reports of runs that did not publish
    attempts/           SOURCE/DATE.json: what came of the last pull; information, nothing is derived from it
    tmp/                spill and half-made things; may be deleted when nothing runs

Landing rows, registry and warehouse are encrypted with keys derived from `key` (Parquet and database encryption
by OpenSSL in the httpfs extension, original bytes by AES-256-GCM). `published/` is masked and not encrypted.

One process may write. `Workspace.warehouse()` holds a file lock; a second writer gets WarehouseLocked at once.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import hashlib
import hmac
import importlib.resources
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.errors import ConfigurationError, PublicationError, WarehouseLocked, WorkspaceVersionError
from pipelines.settings import PROJECT_ROOT

LAYOUT_VERSION = 1
SQL_ROOT = PROJECT_ROOT / "sql"
SCHEMAS = ("stage", "core", "registry", "clearance")


@dataclass(frozen=True)
class Keys:
    """Keys derived from the workspace's key file, one for each purpose."""

    parquet: str
    database: str
    original: bytes
    person: str

    @classmethod
    def derive(cls, secret: bytes) -> Keys:
        def part(purpose: str) -> bytes:
            return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()

        return cls(
            parquet=base64.b64encode(part("parquet")).decode(),
            database=part("database").hex(),
            original=part("original"),
            person=part("person").hex(),
        )


class Workspace:
    """Paths, keys and connections of one workspace. Make one with `Workspace.open`."""

    def __init__(self, root: Path, keys: Keys) -> None:
        self.root, self.keys = root, keys
        self._scratch: duckdb.DuckDBPyConnection | None = None

    @classmethod
    def open(cls, root: Path, *, create: bool = True) -> Workspace:
        """Open a workspace; make it, with its own key, where there is none and `create` is set.

        Raises WorkspaceVersionError for another layout, ConfigurationError for a missing workspace or key.
        """
        root = root.absolute()
        version_file, key_file = root / "workspace.json", root / "key"
        if not version_file.is_file():
            if not create:
                raise ConfigurationError(
                    "there is no workspace here yet",
                    where=str(root),
                    remedy="pull or import something first, or give another --workspace",
                )
            cls._make(root, version_file, key_file)
        try:
            layout = json.loads(version_file.read_text(encoding="utf-8"))["layout"]
        except (ValueError, KeyError, TypeError):
            layout = "unreadable"
        if layout != LAYOUT_VERSION:
            raise WorkspaceVersionError(
                f"the workspace has layout {layout}, this software works with layout {LAYOUT_VERSION}",
                where=str(version_file),
                remedy="use the software version that made it, or start a new workspace and import the deliveries again",
            )
        if not key_file.is_file():
            raise ConfigurationError(
                "the workspace's key file is gone",
                where=str(key_file),
                remedy="put the key back from its safe place",
            )
        try:
            secret = key_file.read_bytes()
        except PermissionError:
            raise ConfigurationError(
                "the workspace's key file may not be read by this user",
                where=str(key_file),
                remedy="run as the user that made the workspace; nobody else is to read it",
            ) from None
        return cls(root, Keys.derive(secret))

    @staticmethod
    def _make(root: Path, version_file: Path, key_file: Path) -> None:
        """Make a workspace with its own key; one process at a time, or two would each write a key of theirs."""
        root.mkdir(parents=True, exist_ok=True)
        with (root / "making.lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if version_file.is_file():
                return
            has_remains = any((root / part).exists() for part in ("landing", "registry"))
            if has_remains and not key_file.is_file():
                raise ConfigurationError(
                    "the workspace holds data but its key file is gone",
                    where=str(key_file),
                    remedy="put the key back; without it landing and registry cannot be read",
                )
            # The key first: folders without one are a workspace whose key was lost.
            if not key_file.is_file():
                write_atomically(key_file, secrets.token_bytes(32), mode=0o600)
            for part in ("landing", "registry", "published", "checks", "tmp"):
                (root / part).mkdir(exist_ok=True)
            write_atomically(version_file, json.dumps({"layout": LAYOUT_VERSION}).encode() + b"\n")

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def registry(self) -> Path:
        return self.root / "registry"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def checks(self) -> Path:
        return self.root / "checks"

    @property
    def temporary(self) -> Path:
        path = self.root / "tmp"
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def warehouse_file(self) -> Path:
        return self.root / "warehouse.duckdb"

    # -- original bytes ------------------------------------------------------------------------------------------

    def seal_parts(self, handle: BinaryIO, size: int) -> Iterator[memoryview]:
        """Compress (zstd) and encrypt (AES-256-GCM, a fresh 12-byte nonce in front) a file in parts of `size` bytes.

        An empty file is one part. Each part is to be used before the next is asked for: one buffer serves them all.
        """
        plain, sealed = bytearray(size), bytearray()
        cipher, codec, is_first = AESGCM(self.keys.original), pa.Codec("zstd", compression_level=1), True
        while (got := handle.readinto(plain)) or is_first:  # type: ignore[attr-defined]
            nonce, is_first = secrets.token_bytes(12), False
            packed = memoryview(codec.compress(memoryview(plain)[:got])).cast("B")
            length = 12 + 8 + len(packed) + 16
            if len(sealed) < length:
                sealed = bytearray(length + length // 4)
            part = memoryview(sealed)[:length]
            part[:20] = nonce + got.to_bytes(8, "big")
            cipher.encrypt_into(nonce, packed, bytes(part[12:20]), part[20:])
            yield part

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt a part that `seal_parts` made. Raises ConfigurationError where the key does not fit or bytes were changed."""
        from cryptography.exceptions import InvalidTag

        try:
            packed = AESGCM(self.keys.original).decrypt(sealed[:12], sealed[20:], sealed[12:20])
            plain = pa.Codec("zstd").decompress(packed, int.from_bytes(sealed[12:20], "big"))
            return bytes(plain.to_pybytes())
        except (InvalidTag, ValueError) as error:
            raise ConfigurationError(
                "original bytes cannot be decrypted: another key, or the file was changed",
                remedy="check the workspace's key file against its safe copy",
            ) from error

    # -- DuckDB --------------------------------------------------------------------------------------------------

    @contextmanager
    def scratch(self, *, memory: str = "4GB", threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
        """An in-memory connection that can read and write this workspace's encrypted Parquet.

        Loading the extension takes longer than landing a small file, so one is kept for the workspace and each use
        gets a cursor of it: make temporary tables only.
        """
        if self._scratch is None:
            self._scratch = self._connect(memory, threads)
        cursor = self._scratch.cursor()
        try:
            cursor.execute(f"set memory_limit = '{memory}'")
            cursor.execute(f"set threads = {threads}")
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def warehouse(self, *, memory: str = "5GB", threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, opened for writing under the workspace's lock; schemas stage, core, registry, clearance.

        Raises WarehouseLocked when another process holds it.
        """
        with self.lock():
            connection = self._connect(memory, threads)
            try:
                connection.execute(
                    f"attach '{quote_literal(self.warehouse_file)}' as warehouse (encryption_key '{self.keys.database}')"
                )
                connection.execute("use warehouse")
                for schema in SCHEMAS:
                    connection.execute(f"create schema if not exists warehouse.{schema}")
                yield connection
                connection.execute("use memory")
                connection.execute("detach warehouse")
            finally:
                connection.close()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workspace's write lock. Raises WarehouseLocked, naming the process that holds it."""
        path = self.root / "warehouse.lock"
        with path.open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                holder = handle.read().strip() or "unknown"
                raise WarehouseLocked(
                    f"the warehouse is being written by another process (pid {holder})",
                    where=str(self.warehouse_file),
                    remedy="wait for it to end; one process may write at a time",
                ) from None
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield
            handle.truncate(0)

    def _connect(self, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(":memory:")
        connection.execute("set autoinstall_known_extensions = false")
        connection.execute(f"load '{quote_literal(_httpfs_extension())}'")
        connection.execute(f"set memory_limit = '{memory}'")
        connection.execute(f"set threads = {threads}")
        connection.execute("set temp_file_encryption = true")
        connection.execute(f"set temp_directory = '{quote_literal(self.temporary)}'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"pragma add_parquet_key('landing', '{self.keys.parquet}')")
        return connection

    @staticmethod
    def scan(files: Sequence[Path], *, with_filename: bool = False) -> str:
        """SQL of a table function that reads encrypted Parquet files of one and the same column list.

        (DuckDB 1.5 cannot join encrypted files by name: it dies in `union_by_name`.)
        """
        names = ", ".join(f"'{quote_literal(file)}'" for file in files)
        options = "filename = true, " if with_filename else ""
        return f"read_parquet([{names}], {options}encryption_config = {{footer_key: 'landing'}})"

    @staticmethod
    def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
        """Write a query's rows as one encrypted Parquet file, on a connection of a workspace. `query` holds no values
        from outside.
        """
        with disk_full_is_said(file):
            connection.execute(
                f"copy ({query}) to '{quote_literal(file)}' "
                "(format parquet, compression zstd, encryption_config {footer_key: 'landing'})"
            )


def run_sql(
    connection: duckdb.DuckDBPyConnection, name: str, parameters: Mapping[str, object] | None = None
) -> duckdb.DuckDBPyConnection:
    """Run the one statement of `sql/NAME.sql`; `parameters` are bound by name ($business_date)."""
    statement = read_sql(name)
    used = {key: value for key, value in (parameters or {}).items() if re.search(rf"\${key}\b", statement)}
    return connection.execute(statement, used) if used else connection.execute(statement)


def read_sql(name: str) -> str:
    """The text of `sql/NAME.sql`."""
    return (SQL_ROOT / f"{name}.sql").read_text(encoding="utf-8")


def sql_names(folder: str) -> list[str]:
    """The statements of a folder under sql/, in order of name, as `folder/name`."""
    return [f"{folder}/{path.stem}" for path in sorted((SQL_ROOT / folder).glob("*.sql"))]


def fresh_database(file: Path) -> duckdb.DuckDBPyConnection:
    """A new, plain (unencrypted) database file for publishing. The file must not exist."""
    if file.exists():
        raise PublicationError("a database to publish stands there already", where=str(file))
    return _attached(file, "")


def open_published(file: Path) -> duckdb.DuckDBPyConnection:
    """A published database, read-only."""
    return _attached(file, "(read_only)")


def _attached(file: Path, options: str) -> duckdb.DuckDBPyConnection:
    """A connection whose current database is `file`, called `clearance` as when the file is opened directly.

    Its tables stand in the default schema, so that `clearance.tickets` means the same everywhere (a schema of that
    name too would make it ambiguous: docs/decisions/0004).
    """
    connection = duckdb.connect(":memory:")
    connection.execute(f"attach '{quote_literal(file)}' as clearance {options}")
    connection.execute("use clearance")
    return connection


def write_atomically(file: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that it is whole or absent: a temporary name, fsync, rename."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    with disk_full_is_said(file):
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            temporary.rename(file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def move_into_place(made: Path, place: Path) -> None:
    """Rename a finished folder to its place, which must not exist yet; the parent folder is made.

    Files and folders are on the disk before the rename, and the rename before this returns: power may fail at any time.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    for path in [*made.rglob("*"), made]:
        _reach_the_disk(path)
    made.rename(place)
    _reach_the_disk(place.parent)


def _reach_the_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_tree(path: Path) -> None:
    """Delete a half-made folder, if it is there."""
    if path.exists():
        shutil.rmtree(path)


def sha256_of(file: Path) -> str:
    """SHA-256 of a file, hex."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def disk_full_is_said(file: Path) -> Iterator[None]:
    """Turn 'no space left' into a PublicationError that says so; nothing half-written is ever used."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise _disk_full(file) from error
    except duckdb.IOException as error:
        if "No space left" not in str(error) and "Could not write" not in str(error):
            raise
        raise _disk_full(file) from error


def _disk_full(file: Path) -> PublicationError:
    return PublicationError(
        "the disk is full", where=str(file.parent), remedy="free some space and run again; nothing was lost"
    )


def quote_identifier(name: str) -> str:
    """A name of a column or table as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(value: object) -> str:
    """Text for use inside an SQL string literal where binding is not possible (file names of our own)."""
    return str(value).replace("'", "''")


def _httpfs_extension() -> Path:
    root = importlib.resources.files("duckdb_extension_httpfs")
    path = Path(str(root)) / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"
    if not path.is_file():
        raise ConfigurationError(
            f"the httpfs extension for DuckDB {duckdb.__version__} is not installed",
            where=str(path),
            remedy="install duckdb and duckdb-extension-httpfs of the same version (make does)",
        )
    return path


def plain(value: Any) -> Any:
    """A DuckDB value as JSON can hold it (dates as ISO text)."""
    return value.isoformat() if hasattr(value, "isoformat") else value
