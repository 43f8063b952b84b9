"""An SFTP server (asyncssh) in a thread with its own event loop: one account a source, each locked into its
folder.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncssh


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

    def __init__(self, folders: Mapping[str, Path], passwords: Mapping[str, str]) -> None:
        self._folders = folders
        self._passwords = passwords
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._acceptor: asyncssh.SSHAcceptor | None = None
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
        self._acceptor = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(timeout=10)
        self.port = self._acceptor.get_port()

    def stop(self) -> None:
        """Close the port and every connection, and end the thread."""
        if self._acceptor is not None:
            asyncio.run_coroutine_threadsafe(self._close(self._acceptor), self._loop).result(timeout=10)
            self._acceptor = None
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10)
            self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: _PasswordServer(self._passwords, self._connections),
            server_host_keys=[self._host_key],
            sftp_factory=self._sftp,
            allow_scp=False,
            agent_forwarding=False,
        )

    async def _close(self, acceptor: asyncssh.SSHAcceptor) -> None:
        acceptor.close()
        await acceptor.wait_closed()
        for connection in self._connections:
            connection.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in self._connections))

    def _sftp(self, channel: asyncssh.SSHServerChannel[Any]) -> asyncssh.SFTPServer:
        account = channel.get_extra_info("username")
        return asyncssh.SFTPServer(channel, chroot=os.fsencode(self._folders[account]))
