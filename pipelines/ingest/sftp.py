"""An outbox behind SFTP. The server's host key must be known beforehand; every step has a time limit."""

from __future__ import annotations

import asyncio
import stat
import time
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from pipelines.errors import ConfigurationError, SourceError, SourceRejectedUs, SourceUnreachable
from pipelines.ingest.outboxes import BLOCK_BYTES, Entry, refuse_large, refuse_many, sorted_out
from pipelines.settings import Connection

CONNECT_SECONDS = 15
STEP_SECONDS = 60
MAX_FETCH_SECONDS = 1800
CLOSE_SECONDS = 5
MAX_TRIES = 3
FIRST_PAUSE_SECONDS = 1.0

Result = TypeVar("Result")


class SftpOutbox:
    """One SFTP session on one folder. Blocking: it runs its own event loop. Close it after use."""

    def __init__(
        self,
        source: str,
        connection: Connection,
        folder: str,
        *,
        tries: int | None = None,
        seconds: float | None = None,
    ) -> None:
        self.tries, self.seconds = tries or MAX_TRIES, seconds or CONNECT_SECONDS
        self.step_seconds = seconds or STEP_SECONDS
        self.source, self.connection, self.folder = source, connection, folder.rstrip("/") or "/"
        self.where = f"sftp {connection.host}:{connection.port or 22}{self.folder}"
        self._key = self._host_key()
        self._loop = asyncio.new_event_loop()
        # What a broken session leaves behind in asyncssh's own tasks is said once, by the step that met it.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._session: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self.left_out: tuple[str, ...] = ()
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.abort()
            with suppress(TimeoutError):
                self._loop.run_until_complete(asyncio.wait_for(self._session.wait_closed(), CLOSE_SECONDS))
            self._session = None
        if not self._loop.is_closed():
            hanging = asyncio.all_tasks(self._loop)
            for task in hanging:
                task.cancel()
            if hanging:
                self._loop.run_until_complete(asyncio.wait(hanging, timeout=CLOSE_SECONDS))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def entries(self) -> list[Entry]:
        listed = self._run(self._open_client().readdir(self.folder.encode()))
        entries, self.left_out = sorted_out(
            (
                item.filename if isinstance(item.filename, bytes) else item.filename.encode(),
                int(item.attrs.size or 0),
                int(item.attrs.mtime or 0),
                _is_regular(item.attrs),
            )
            for item in listed
        )
        refuse_many(self.source, len(entries))
        return entries

    def entry(self, listed: Entry) -> Entry | None:
        try:
            attributes = self._run(self._open_client().lstat(self._path(listed)), is_missing_expected=True)
        except FileNotFoundError:
            return None
        if not _is_regular(attributes):
            return None
        return replace(listed, size=int(attributes.size or 0), changed=int(attributes.mtime or 0))

    def fetch(self, listed: Entry, target: Path) -> None:
        self._run(self._fetch(listed, target), seconds=MAX_FETCH_SECONDS)

    async def _fetch(self, listed: Entry, target: Path) -> None:
        size = 0
        remote = await self._within(self._open_client().open(self._path(listed), "rb"), STEP_SECONDS)
        with target.open("wb") as out:
            while block := await self._within(remote.read(BLOCK_BYTES), STEP_SECONDS):
                size += len(block)
                refuse_large(self.source, listed.name, size)
                out.write(block if isinstance(block, bytes) else block.encode())
        # Not in a `finally`: a server that stopped answering would not answer this either; the session's end closes.
        await asyncio.wait_for(remote.close(), STEP_SECONDS)

    def _connect(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        for attempt in range(1, self.tries + 1):
            try:
                self._run(self._log_in(), seconds=2 * self.seconds)
                return
            except SourceUnreachable:
                if self._session is not None:
                    self._session.abort()
                if attempt == self.tries:
                    raise
                time.sleep(pause)
                pause *= 2

    async def _log_in(self) -> None:
        self._session = await asyncssh.connect(
            self.connection.host,
            self.connection.port or 22,
            username=self.connection.login,
            password=self.connection.password or None,
            known_hosts=([self._key], [], []),
            client_keys=self._client_keys(),
            agent_path=None,
            config=None,
            connect_timeout=self.seconds,
            login_timeout=self.seconds,
            keepalive_interval=15,
        )
        self._client = await self._session.start_sftp_client()

    def _client_keys(self) -> list[asyncssh.SSHKey] | None:
        text = self.connection.extra.get("private_key")
        if not isinstance(text, str) or not text:
            return None
        try:
            return [asyncssh.import_private_key(text)]
        except asyncssh.KeyImportError:
            raise ConfigurationError(
                "the connection's private_key cannot be read", where=self.where
            ) from None

    def _host_key(self) -> asyncssh.SSHKey:
        line = self.connection.extra.get("known_host_key")
        if not isinstance(line, str) or not line.strip():
            raise ConfigurationError(
                "the connection does not say which host key the server has",
                where=self.where,
                remedy='set "known_host_key" in its extra to the line of the server\'s public key',
            )
        words = line.split()
        start = next((at for at, word in enumerate(words) if word.startswith(("ssh-", "ecdsa-", "sk-"))), 0)
        try:
            return asyncssh.import_public_key(" ".join(words[start : start + 2]))
        except asyncssh.KeyImportError:
            raise ConfigurationError(
                "known_host_key is not a public key",
                where=self.where,
                remedy="copy the line as the server shows it",
            ) from None

    def _path(self, listed: Entry) -> bytes:
        return self.folder.rstrip("/").encode() + b"/" + listed.raw_name

    def _open_client(self) -> asyncssh.SFTPClient:
        if self._client is None:
            raise self._unreachable("not connected")
        return self._client

    def _run(
        self,
        step: Coroutine[Any, Any, Result],
        *,
        seconds: float | None = None,
        is_missing_expected: bool = False,
    ) -> Result:
        try:
            return self._loop.run_until_complete(self._within(step, seconds or self.step_seconds))
        except asyncssh.SFTPNoSuchFile:
            if is_missing_expected:
                raise FileNotFoundError from None
            raise self._rejected("the folder or file is not there") from None
        except asyncssh.SFTPPermissionDenied:
            raise self._rejected("the account may not read the folder or a file in it") from None
        except asyncssh.HostKeyNotVerifiable:
            raise self._rejected("the server shows another host key than the known one") from None
        except asyncssh.PermissionDenied:
            raise self._rejected("the server refuses the account or its password") from None
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise self._unreachable(type(error).__name__) from None

    async def _within(self, step: Awaitable[Result], seconds: float) -> Result:
        """The step's result. A server that hangs does not answer the closing of a handle either, which a step that
        is cancelled waits for: the session is broken off first. Raises TimeoutError.
        """
        task = asyncio.ensure_future(step)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            if self._session is not None:
                self._session.abort()
            task.cancel()
            await asyncio.wait({task}, timeout=CONNECT_SECONDS)
            raise TimeoutError
        return task.result()

    def _rejected(self, what: str) -> SourceError:
        return SourceRejectedUs(
            self.source,
            what,
            where=self.where,
            remedy="check login, password, path and host key in the connection",
        )

    def _unreachable(self, why: str) -> SourceUnreachable:
        return SourceUnreachable(
            self.source,
            f"the SFTP server does not answer, or broke off ({why})",
            where=self.where,
            remedy="look at the network and the server, then pull again",
        )


def _is_regular(attributes: asyncssh.SFTPAttrs) -> bool:
    if attributes.permissions is not None and stat.S_IFMT(attributes.permissions):
        return stat.S_ISREG(attributes.permissions)
    return attributes.type == asyncssh.FILEXFER_TYPE_REGULAR
