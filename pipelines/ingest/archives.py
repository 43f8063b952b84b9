"""What a person names for `clearance import`: files, folders, patterns and zip archives, as a list of files to read.

An archive is read, never unpacked by its own paths: each member is copied as a stream into a folder of ours under a
number, so a name that leads outside leads nowhere. Hidden and unfinished files are named and skipped.
"""

from __future__ import annotations

import errno
import glob
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from pipelines.errors import DeliveryRefused
from pipelines.ingest.limits import (
    MAX_ARCHIVE_MEMBERS,
    MAX_FILE_BYTES,
    MAX_LISTED_FILES,
    MAX_UNPACKED_ARCHIVE_BYTES,
    MAX_UNPACKED_RATIO,
    RATIO_JUDGED_FROM_BYTES,
)
from pipelines.ingest.names import readable

BLOCK_BYTES = 1024**2
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", ".lock", "~")
NOT_OURS = ("__MACOSX", "thumbs.db", "desktop.ini")
READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
WORKBOOK_PARTS = ("[content_types].xml", "xl/workbook.xml", "xl/workbook.bin")
SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
WINDOWS = 0


class FileUnreadable(DeliveryRefused):
    """The system does not let the file be read (permissions, a broken disk or share): no fault of its content."""

    def __init__(self, source: str, name: str, error: OSError) -> None:
        super().__init__(
            source,
            f"the file cannot be read: {error.strerror or type(error).__name__}",
            where=name,
            remedy="look at its permissions and at the disk or share it lies on",
        )


@dataclass(frozen=True)
class HandedOver:
    """A file to read. `name` is its own name, `place` the folder or archive it came in ('' for one that was named).

    `refusal` says why it cannot be read at all, where that is known already.
    """

    name: str
    file: Path
    place: str = ""
    refusal: DeliveryRefused | None = None


def is_there(named: Path) -> bool:
    """Whether a path that a person named is a file, a folder, or a pattern that something fits."""
    return named.exists() or (_is_pattern(named) and next(_fitting(named), None) is not None)


def gather(source: str, named: Sequence[Path], bench: Path, say: Callable[[str], None]) -> list[HandedOver]:
    """The files behind the paths that a person named, in order; members of archives are copied into `bench`.

    Raises DeliveryRefused where a path is not there. An archive that is refused whole stands in the list as one file
    with its refusal.
    """
    gathered: list[HandedOver] = []
    for number, (file, place) in enumerate(_files(source, named, say)):
        name = readable(file.name)
        try:
            if not is_archive(source, file, name):
                gathered.append(HandedOver(name, file, place))
                continue
            folder = bench / f"archive-{number:06d}"
            folder.mkdir()
            gathered += _members(source, file, f"{place}/{name}" if place else name, folder, say)
        except DeliveryRefused as error:
            gathered.append(HandedOver(name, file, place, error))
    return gathered


def is_archive(source: str, file: Path, name: str) -> bool:
    """Whether a file is a zip archive and no workbook (which is a zip archive too), by its bytes and then its name."""
    with opened(source, file, name) as handle:
        is_zip = handle.read(4) in SIGNATURES
    suffix = Path(name).suffix.lower()
    if not is_zip or suffix in (".xlsx", ".xls", ".xlsm"):
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            return not any(name.lower() in WORKBOOK_PARTS for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return suffix == ".zip"


def opened(source: str, file: Path, name: str) -> BinaryIO:
    """Open a delivered file; raises FileUnreadable where the system does not let it be read."""
    try:
        return file.open("rb")
    except OSError as error:
        raise FileUnreadable(source, name, error) from None


def _files(source: str, named: Sequence[Path], say: Callable[[str], None]) -> Iterator[tuple[Path, str]]:
    for path in named:
        found = [path]
        if not path.exists() and _is_pattern(path):
            found = sorted(_fitting(path))
        if not found or not all(entry.exists() for entry in found):
            raise DeliveryRefused(
                source,
                "there is no such file",
                where=readable(str(path)),
                remedy="look at the name and the folder",
            )
        is_of_pattern = found != [path]
        for entry in found:
            if entry.is_dir():
                yield from _files_of_folder(source, entry, say)
            elif _is_read(entry.name, readable(str(entry)), say):
                yield entry, readable(str(entry.parent)) if is_of_pattern else ""


def _files_of_folder(source: str, folder: Path, say: Callable[[str], None]) -> Iterator[tuple[Path, str]]:
    """A folder's files and those of its folders, sorted by path; links are named and skipped."""
    files: list[Path] = []
    for parent, folders, names in os.walk(folder):
        hidden = [name for name in folders if _skip_reason(name)]
        for name in sorted(hidden):
            say(f"skipped: {readable(str(Path(parent) / name))} (a hidden folder)")
        folders[:] = [name for name in folders if name not in hidden]
        files += [Path(parent) / name for name in names]
        if len(files) > MAX_LISTED_FILES:
            raise DeliveryRefused(
                source,
                f"the folder has more than MAX_LISTED_FILES = {MAX_LISTED_FILES} files",
                where=readable(str(folder)),
                remedy="hand over one part of it after another",
            )
    for file in sorted(files):
        if not stat.S_ISREG(file.lstat().st_mode):
            say(f"skipped: {readable(str(file))} (a link, or no file)")
        elif _is_read(file.name, readable(str(file)), say):
            yield file, readable(str(file.parent))


def _is_read(name: str, shown: str, say: Callable[[str], None]) -> bool:
    reason = _skip_reason(name)
    if reason:
        say(f"skipped: {shown} ({reason})")
    return not reason


def _skip_reason(name: str) -> str:
    if name.startswith((".", "~$")):
        return "hidden"
    if name in NOT_OURS or name.lower() in NOT_OURS:
        return "made by the system, not by the source"
    return "unfinished" if name.lower().endswith(UNFINISHED) else ""


def _is_pattern(path: Path) -> bool:
    return glob.has_magic(str(path))


def _fitting(pattern: Path) -> Iterator[Path]:
    start = Path(pattern.anchor)
    with suppress(ValueError):  # a pattern that is none, such as a**
        yield from start.glob(str(pattern.relative_to(start)))


def _members(
    source: str, file: Path, inside: str, folder: Path, say: Callable[[str], None]
) -> list[HandedOver]:
    """Copy an archive's files into `folder`; raises DeliveryRefused where the archive is refused whole."""
    members: list[HandedOver] = []
    packed = file.stat().st_size
    if packed > MAX_FILE_BYTES:
        raise DeliveryRefused(
            source,
            f"the archive has {packed} bytes, more than MAX_FILE_BYTES = {MAX_FILE_BYTES}",
            where=inside,
            remedy="deliver it in several parts",
        )
    try:
        with zipfile.ZipFile(file) as archive:
            entries = _checked(source, archive.infolist(), inside, packed)
            for number, (name, entry) in enumerate(entries):
                path = PurePosixPath(name)
                parts = [part for part in path.parts if _skip_reason(part)]
                if parts:
                    say(f"skipped: {inside}/{name} ({_skip_reason(parts[0])})")
                    continue
                copy = folder / f"{number:06d}"
                _copy(archive, entry, copy)
                place = inside if path.parent == PurePosixPath() else f"{inside}/{path.parent}"
                members.append(HandedOver(path.name, copy, place, _nested(source, copy, path.name)))
    except NotImplementedError:  # zipfile's word for a form of zip that it does not read
        raise DeliveryRefused(
            source,
            "the archive is a form of zip that is not read: strongly encrypted, patched, or newer than ours",
            where=inside,
            remedy="pack it as an ordinary zip, or unpack it and hand over the files",
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # (a place before the file's start)
            raise
        raise DeliveryRefused(
            source,
            "the archive is not whole: it may have been cut, or is still being written",
            where=inside,
            remedy="send it again, or unpack it and hand over the files",
        ) from None
    return members


def _checked(
    source: str, entries: Sequence[zipfile.ZipInfo], inside: str, packed: int
) -> list[tuple[str, zipfile.ZipInfo]]:
    """The files of an archive with their names, sorted; raises DeliveryRefused where one of them is not to be read."""

    def refused(what: str, remedy: str) -> DeliveryRefused:
        return DeliveryRefused(source, what, where=inside, remedy=remedy)

    parts = "deliver it in several parts"
    if len(entries) > MAX_ARCHIVE_MEMBERS:
        raise refused(
            f"the archive has {len(entries)} members, more than MAX_ARCHIVE_MEMBERS = {MAX_ARCHIVE_MEMBERS}",
            parts,
        )
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_ARCHIVE_BYTES:
        raise refused(
            f"the archive unpacks to {unpacked} bytes, more than "
            f"MAX_UNPACKED_ARCHIVE_BYTES = {MAX_UNPACKED_ARCHIVE_BYTES}",
            parts,
        )
    if unpacked > RATIO_JUDGED_FROM_BYTES and unpacked > packed * MAX_UNPACKED_RATIO:
        raise refused(
            f"the archive unpacks to {unpacked // max(packed, 1)} times its size, more than "
            f"MAX_UNPACKED_RATIO = {MAX_UNPACKED_RATIO}",
            "if it is right as it is, unpack it and hand over the files",
        )
    found: list[tuple[str, zipfile.ZipInfo]] = []
    for entry in entries:
        name = _member_name(entry)
        if _leads_outside(name):
            raise refused(
                "the archive holds a name that leads out of it (an absolute path, or ..)",
                "do not open it; ask the source how it was made",
            )
        kind = stat.S_IFMT(entry.external_attr >> 16) if entry.create_system != WINDOWS else 0
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise refused(
                "the archive holds a link or a device, not files alone", "pack the files themselves"
            )
        if entry.is_dir() or name.endswith("/"):
            continue
        if entry.flag_bits & 0x1:
            raise refused("the archive is protected by a password", "pack it without a password")
        if entry.compress_type not in READ_METHODS:
            raise refused(
                f"the archive is packed by method {entry.compress_type}, stored and deflate are read",
                "pack it as an ordinary zip, or unpack it and hand over the files",
            )
        if entry.file_size > MAX_FILE_BYTES:
            raise refused(
                f"a member has {entry.file_size} bytes, more than MAX_FILE_BYTES = {MAX_FILE_BYTES}", parts
            )
        found.append((readable(name), entry))
    return sorted(found, key=lambda item: (item[0], item[1].header_offset))


def _member_name(entry: zipfile.ZipInfo) -> str:
    """A member's name; without the UTF-8 flag its bytes are what its maker's system writes: GBK on Windows in China."""
    name = entry.orig_filename
    if not entry.flag_bits & 0x800 and not name.isascii():
        received = name.encode("cp437")
        name = received.decode("gb18030", "replace")
        if entry.create_system != WINDOWS:
            with suppress(UnicodeDecodeError):
                name = received.decode("utf-8")
    return name.replace("\\", "/")


def _leads_outside(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name) is not None


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, copy: Path) -> None:
    with archive.open(entry) as member, copy.open("wb") as out:
        while block := member.read(BLOCK_BYTES):
            out.write(block)


def _nested(source: str, copy: Path, name: str) -> DeliveryRefused | None:
    if not is_archive(source, copy, name):
        return None
    return DeliveryRefused(
        source,
        "an archive inside an archive is not opened",
        where=name,
        remedy="unpack the outer archive and hand over the inner one",
    )
