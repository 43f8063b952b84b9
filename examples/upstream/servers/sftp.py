"""An SFTP server (asyncssh) in a thread with its own event loop: one account a source, each locked into its
folder.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import socket
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncssh

from examples.upstream.servers.faults import NO_FAULTS, Faults
from examples.upstream.servers.sftp_faults import FaultySession, SftpFaults


class _PasswordServer(asyncssh.SSHServer):
    """Admits the accounts it was given, by password alone."""

    def __init__(self, passwords: Mapping[str, str], connections: set[asyncssh.SSHServerConnection]) -> None:
        self._passwords = passwords
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connections.add(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        expected = self._passwords.get(username)
        return expected is not None and hmac.compare_digest(expected.encode(), password.encode())


class SftpServer:
    """Serves `folders[account]` as the root of each account, from `start` to `stop`."""

    def __init__(
        self, folders: Mapping[str, Path], passwords: Mapping[str, str], faults: Faults = NO_FAULTS
    ) -> None:
        self._folders = folders
        self._faults = SftpFaults(faults)
        self._passwords = passwords
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._acceptor: asyncssh.SSHAcceptor | None = None
        # Holds the port while connections are refused: bound and not listening.
        self._holder: socket.socket | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.port = 0

    @property
    def host_key_line(self) -> str:
        """The public host key as one line (algorithm and key), for a client that must know the server."""
        return self._host_key.export_public_key().decode().strip()

    def start(self) -> None:
        """Listen on a free loopback port."""
        self._thread.start()
        self.admit()

    def stop(self) -> None:
        """Close the port and every connection, and end the thread."""
        self._close_port()
        if self._holder is not None:
            self._holder.close()
            self._holder = None
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10)
            self._loop.close()

    def advance(self, until: datetime) -> None:
        """A new simulated instant, for the faults alone: the folders are filled by others."""
        self._faults.advance(until)

    def refuse(self) -> None:
        """End every connection and refuse new ones, at the same port, until `admit`."""
        if self._acceptor is None:
            return
        self._close_port()
        self._holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind(("127.0.0.1", self.port))

    def admit(self) -> None:
        """Listen (again after `refuse`); nothing to do where the server listens."""
        if self._acceptor is not None:
            return
        if self._holder is not None:
            self._holder.close()
            self._holder = None
        self._acceptor = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(timeout=10)
        self.port = self._acceptor.get_port()

    def _close_port(self) -> None:
        if self._acceptor is not None:
            asyncio.run_coroutine_threadsafe(self._close(self._acceptor), self._loop).result(timeout=10)
            self._acceptor = None

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _PasswordServer(self._passwords, self._connections),
            server_host_keys=[self._host_key],
            sftp_factory=self._sftp,
            allow_scp=False,
            agent_forwarding=False,
        )

    async def _close(self, acceptor: asyncssh.SSHAcceptor) -> None:
        self._faults.released.set()
        acceptor.close()
        await acceptor.wait_closed()
        for connection in self._connections:
            connection.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in self._connections))
        self._connections.clear()
        self._faults.released.clear()

    def _sftp(self, channel: asyncssh.SSHServerChannel[Any]) -> asyncssh.SFTPServer:
        account = channel.get_extra_info("username")
        return FaultySession(channel, os.fsencode(self._folders[account]), account, self._faults)
