"""Places where sources drop files: a folder, or a folder behind SFTP. Read-only; nothing outside it is ever read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from pipelines.contracts import SourceContract
from pipelines.errors import ConfigurationError, DeliveryRefused, SourceRejectedUs, SourceUnreachable
from pipelines.ingest.limits import MAX_FILE_BYTES, MAX_LISTED_FILES
from pipelines.ingest.names import decoded
from pipelines.settings import Connection

BLOCK_BYTES = 1024**2


@dataclass(frozen=True, order=True)
class Entry:
    """A regular file of an outbox: its name, size in bytes, and time of last change (as fine as the place tells).

    `raw_name` is the name as the place keeps it, in UTF-8 or GB18030: the file is opened by it.
    """

    name: str
    size: int
    changed: int
    raw_name: bytes


class Outbox(Protocol):
    """What pulling files needs of a place. `left_out` names what the last listing held and we never read: links,
    folders, names that are more than a name, in no encoding we know, or there twice. `where` says which place it is.
    """

    where: str
    left_out: tuple[str, ...]

    def entries(self) -> list[Entry]:
        """The regular files, by name; links, folders and names with a path in them are left out."""

    def entry(self, listed: Entry) -> Entry | None:
        """One file as it is now, or None where it is gone."""

    def fetch(self, listed: Entry, target: Path) -> None:
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


def sorted_out(
    found: Iterable[tuple[bytes, int, int, bool]],
) -> tuple[list[Entry], tuple[str, ...]]:
    """The entries among what lies in a place (raw name, size, time, whether it is a regular file), by name, and the
    names that are left out. Where two names read alike, the one in UTF-8 is it.
    """
    entries: dict[str, Entry] = {}
    left_out: list[str] = []
    for raw, size, changed, is_regular in found:
        name = decoded(raw)
        if name is None:
            name = raw.decode("utf-8", "surrogateescape")
        if is_hidden(name):
            continue
        held = entries.get(name)
        if not is_plain_name(name) or not is_regular:
            left_out.append(name)
            continue
        if held is not None:
            left_out.append(name)
        if held is None or raw == name.encode():
            entries[name] = Entry(name, size, changed, raw)
    return sorted(entries.values()), tuple(sorted(left_out))


class FolderOutbox:
    """A folder of this machine (a mounted share)."""

    def __init__(self, source: str, folder: str) -> None:
        self.source, self.folder = source, Path(folder)
        self.where = str(self.folder)
        self.left_out: tuple[str, ...] = ()

    def entries(self) -> list[Entry]:
        found = []
        try:
            with os.scandir(os.fsencode(self.folder)) as items:
                for item in items:
                    try:
                        status = item.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue  # renamed or removed since the folder was opened
                    found.append(
                        (item.name, status.st_size, status.st_mtime_ns, stat.S_ISREG(status.st_mode))
                    )
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
        entries, self.left_out = sorted_out(found)
        refuse_many(self.source, len(entries))
        return entries

    def entry(self, listed: Entry) -> Entry | None:
        try:
            status = self._path(listed).stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreachable(error) from None
        if not stat.S_ISREG(status.st_mode):
            return None
        return replace(listed, size=status.st_size, changed=status.st_mtime_ns)

    def fetch(self, listed: Entry, target: Path) -> None:
        try:
            # O_NOFOLLOW: a link that took the file's place since the listing is not followed.
            descriptor = os.open(self._path(listed), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
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
                refuse_large(self.source, listed.name, size)
                out.write(block)

    def _path(self, listed: Entry) -> Path:
        return self.folder / os.fsdecode(listed.raw_name)

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
