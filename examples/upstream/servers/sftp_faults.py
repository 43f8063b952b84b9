"""How the SFTP server misbehaves: in a session's first listing, in the middle of a file, in what a listing names."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import asyncssh

from examples.upstream.servers.faults import Fault, Faults, day_shown
from examples.upstream.servers.file_faults import OUTSIDE

STRANGE_NAMES = {"hotline": "../GD_{day:%Y%m%d}_91.csv", "petition": "../XFJ_{day:%Y%m%d}_2356.xlsx"}


class SftpFaults:
    """Decides by simulated instant, account and number of the session; safe to ask from several threads."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        # Set when hanging sessions may end.
        self.released = asyncio.Event()
        self._lock = threading.Lock()
        self._until = datetime.min
        self._sessions: Counter[str] = Counter()
        self._is_spared: set[str] = set()

    def advance(self, until: datetime) -> None:
        """A new simulated instant: sessions are counted from one again."""
        with self._lock:
            self._until = until
            self._sessions.clear()

    def of_session(self, account: str) -> Fault | None:
        """What befalls the next session of an account; never two in a row."""
        with self._lock:
            self._sessions[account] += 1
            number = self._sessions[account]
            fault = self.faults.one_of(
                (Fault.SFTP_HANG, Fault.SFTP_CUT), account, self._until, number, good_at=self._until
            )
            if fault is None or account in self._is_spared:
                self._is_spared.discard(account)
                return None
            self._is_spared.add(account)
            return fault

    def strange_name(self, account: str) -> str | None:
        """A name with a path in it that today's listings hold, or None."""
        day = day_shown(self._until)
        if not self.faults.strikes_day(Fault.PATH_IN_NAME, day):
            return None
        self.faults.meet(Fault.PATH_IN_NAME)
        return STRANGE_NAMES[account].format(day=day)


class FaultySession(asyncssh.SFTPServer):
    """One SFTP session in which a fault may strike."""

    def __init__(
        self, channel: asyncssh.SSHServerChannel[Any], chroot: bytes, account: str, faults: SftpFaults
    ) -> None:
        super().__init__(channel, chroot=chroot)
        self._account = account
        self._faults = faults
        self._fault = faults.of_session(account)
        self._has_begun = False

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        if self._fault is Fault.SFTP_HANG:
            self._faults.faults.meet(Fault.SFTP_HANG)
            await self._faults.released.wait()
            raise asyncssh.SFTPConnectionLost("the server is stopping")
        async for name in super().scandir(path):
            yield name
        strange = self._faults.strange_name(self._account)
        if strange is not None:
            attributes = asyncssh.SFTPAttrs(
                type=asyncssh.FILEXFER_TYPE_REGULAR, permissions=0o100644, size=len(OUTSIDE), mtime=0, atime=0
            )
            yield asyncssh.SFTPName(strange.encode(), attrs=attributes)

    def read(self, file_obj: object, offset: int, size: int) -> Any:
        content = super().read(file_obj, offset, size)
        if self._fault is not Fault.SFTP_CUT or not isinstance(content, bytes) or not content:
            return content
        if self._has_begun:
            self._faults.faults.meet(Fault.SFTP_CUT)
            self.connection.abort()
            raise asyncssh.SFTPConnectionLost("cut")
        self._has_begun = True
        return content[: len(content) // 2] or content
