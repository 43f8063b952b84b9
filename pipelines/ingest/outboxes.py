"""Places where sources drop files: a folder, or a folder behind SFTP. Read-only; nothing outside it is ever read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipelines.contracts import SourceContract
from pipelines.errors import ConfigurationError, DeliveryRefused, SourceRejectedUs, SourceUnreachable
from pipelines.ingest.limits import MAX_FILE_BYTES, MAX_LISTED_FILES
from pipelines.settings import Connection

BLOCK_BYTES = 1024**2


@dataclass(frozen=True, order=True)
class Entry:
    """A regular file of an outbox: its name, size in bytes, and time of last change (as fine as the place tells)."""

    name: str
    size: int
    changed: int


class Outbox(Protocol):
    """What pulling files needs of a place. `left_out` names what the last listing held and we never read: links,
    folders, names that are more than a name.
    """

    left_out: tuple[str, ...]

    def entries(self) -> list[Entry]:
        """The regular files, by name; links, folders and names with a path in them are left out."""

    def entry(self, name: str) -> Entry | None:
        """One file as it is now, or None where it is gone."""

    def fetch(self, name: str, target: Path) -> None:
        """Copy one file's bytes to `target`."""


@contextmanager
def open_outbox(
    contract: SourceContract,
    connection: Connection,
    *,
    tries: int | None = None,
    seconds: float | None = None,
) -> Iterator[Outbox]:
    """The outbox of a connection: conn_type `fs` is a folder, `sftp` an SFTP account. `tries` and `seconds` limit how
    often and how long a server is waited for, where less than usual is enough.
    """
    if connection.conn_type == "fs":
        yield FolderOutbox(contract.source, _path(contract, connection))
    elif connection.conn_type == "sftp":
        from pipelines.ingest.sftp import SftpOutbox

        outbox = SftpOutbox(
            contract.source, connection, _path(contract, connection), tries=tries, seconds=seconds
        )
        try:
            yield outbox
        finally:
            outbox.close()
    else:
        raise ConfigurationError(
            f"the connection of {contract.source} has conn_type {connection.conn_type!r}, it needs fs or sftp",
            where=contract.connection,
            remedy="correct the connection",
        )


def is_hidden(name: str) -> bool:
    """Whether a name is one that systems and offices make for themselves: `.`, `..`, a dot in front, Excel's lock."""
    return not name or name.startswith((".", "~$"))


def is_plain_name(name: str) -> bool:
    """Whether a name is a file's name alone: no folder in it, not hidden, no control character."""
    return not is_hidden(name) and "/" not in name and "\\" not in name and name.isprintable()


def refuse_large(source: str, name: str, size: int) -> None:
    """Raise DeliveryRefused where a file is larger than MAX_FILE_BYTES."""
    if size > MAX_FILE_BYTES:
        raise DeliveryRefused(
            source,
            f"the file has {size} bytes, more than MAX_FILE_BYTES = {MAX_FILE_BYTES}",
            where=name,
            remedy="deliver it in several parts",
        )


def refuse_many(source: str, count: int) -> None:
    """Raise DeliveryRefused where an outbox has more files than MAX_LISTED_FILES."""
    if count > MAX_LISTED_FILES:
        raise DeliveryRefused(
            source,
            f"the outbox has more than MAX_LISTED_FILES = {MAX_LISTED_FILES} files",
            remedy="move what was landed long ago to another folder",
        )


class FolderOutbox:
    """A folder of this machine (a mounted share)."""

    def __init__(self, source: str, folder: str) -> None:
        self.source, self.folder = source, Path(folder)
        self.left_out: tuple[str, ...] = ()

    def entries(self) -> list[Entry]:
        entries, left_out = [], []
        try:
            with os.scandir(self.folder) as found:
                for item in found:
                    try:
                        status = item.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue  # renamed or removed since the folder was opened
                    if is_plain_name(item.name) and stat.S_ISREG(status.st_mode):
                        entries.append(Entry(item.name, status.st_size, status.st_mtime_ns))
                    elif not is_hidden(item.name):
                        left_out.append(item.name)
        except (FileNotFoundError, NotADirectoryError):
            raise SourceUnreachable(
                self.source,
                "the folder is not there",
                where=str(self.folder),
                remedy="mount the share, or correct the path in the connection",
            ) from None
        except PermissionError:
            raise self._rejected() from None
        except OSError as error:
            raise self._unreachable(error) from None
        refuse_many(self.source, len(entries))
        self.left_out = tuple(sorted(left_out))
        return sorted(entries)

    def entry(self, name: str) -> Entry | None:
        try:
            status = (self.folder / name).stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreachable(error) from None
        return Entry(name, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None

    def fetch(self, name: str, target: Path) -> None:
        try:
            # O_NOFOLLOW: a link that took the file's place since the listing is not followed.
            descriptor = os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except PermissionError:
            raise self._rejected() from None
        except OSError as error:
            raise self._unreachable(error) from None
        with os.fdopen(descriptor, "rb") as received, target.open("wb") as out:
            if not stat.S_ISREG(os.fstat(received.fileno()).st_mode):
                raise self._unreachable(OSError("not a regular file"))
            size = 0
            while block := received.read(BLOCK_BYTES):
                size += len(block)
                refuse_large(self.source, name, size)
                out.write(block)

    def _unreachable(self, error: OSError) -> SourceUnreachable:
        return SourceUnreachable(
            self.source,
            f"the folder cannot be read ({type(error).__name__})",
            where=str(self.folder),
            remedy="look at the share, then pull again",
        )

    def _rejected(self) -> SourceRejectedUs:
        return SourceRejectedUs(
            self.source,
            "we may not read the folder or a file in it",
            where=str(self.folder),
            remedy="give this account the right to read it",
        )


def _path(contract: SourceContract, connection: Connection) -> str:
    path = connection.extra.get("path")
    if not isinstance(path, str) or not path:
        raise ConfigurationError(
            "the connection's extra has no path",
            where=contract.connection,
            remedy='set extra to {"path": "/outbox"}',
        )
    return path
