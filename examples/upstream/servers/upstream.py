"""The five source systems of the simulated city, served together.

Under the folder lie the outboxes: `petition/outbox`, `hotline/outbox` (each the root of an SFTP account)
and `cyberspace`. They belong to the simulation: starting it makes them anew, in a folder that is empty or
was its own.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from examples.upstream.servers import cyberspace, hotline, petition
from examples.upstream.servers.faults import NO_FAULTS, Fault, Faults, day_shown
from examples.upstream.servers.file_faults import FileFaults
from examples.upstream.servers.national import NationalPlatform
from examples.upstream.servers.outbox import OutboxFile
from examples.upstream.servers.regional import DATABASE, READER, RegionalDatabase
from examples.upstream.servers.sftp import SftpServer
from examples.upstream.servers.versions import Versions
from examples.upstream.servers.web import WebServer

if TYPE_CHECKING:
    from examples.upstream.model import City

FilesOf = Callable[[Versions, int, datetime, datetime], Iterator[OutboxFile]]
# The file-delivering sources: what makes their files, and where under the folder they lie.
FILE_SOURCES: dict[str, tuple[FilesOf, str]] = {
    "petition": (petition.files, "petition/outbox"),
    "hotline": (hotline.files, "hotline/outbox"),
    "cyberspace": (cyberspace.files, "cyberspace"),
}
MARK = "simulated-upstream.txt"
MARK_TEXT = "The outboxes of a simulated city: everyone in them is invented. Made anew at every start.\n"


class Upstream:
    """Real servers on loopback and free ports, from `start` to `stop` (or as a context manager).

    Simulated time is Beijing time and moves by `advance` only. Passwords and keys are made at every start.
    `faults` make the servers misbehave (see `faults.Fault`); without them they do as they should. `only` names
    the sources that are served, where not all are.
    """

    def __init__(
        self,
        city: City,
        folder: Path,
        faults: Faults = NO_FAULTS,
        only: Collection[str] = ("national", "regional", *FILE_SOURCES),
    ) -> None:
        self._folder = folder.resolve()
        self._seed = city.parameters.seed
        self._versions = {source: Versions.of_frame(frame) for source, frame in city.changes.items()}
        self._passwords = {source: secrets.token_urlsafe(18) for source in self._versions}
        self._app_id = "yinchuan-clearance"
        self._faults = faults
        self._only = frozenset(only)
        self._platform = NationalPlatform(
            self._versions["national"], self._app_id, self._passwords["national"], faults
        )
        self._web = WebServer(self._platform.app, log_level="critical" if faults.rates else "error")
        self._database = RegionalDatabase(self._versions["regional"], self._passwords["regional"], faults)
        accounts = ("petition", "hotline")
        self._sftp = SftpServer(
            {account: self._folder / account for account in accounts},
            {account: self._passwords[account] for account in accounts},
            faults,
        )
        self._running = ExitStack()
        self._until = datetime.min

    def start(self) -> None:
        """Start every server, with nothing to see yet. Whatever was started is stopped again when one
        fails.
        """
        self._prepare_folder()
        with ExitStack() as started:
            for server, sources in (
                (self._database, {"regional"}),
                (self._web, {"national"}),
                (self._sftp, {"petition", "hotline"}),
            ):
                if self._only & sources:
                    started.callback(server.stop)
                    server.start()
            self._running = started.pop_all()

    def stop(self) -> None:
        """Stop every server; the outboxes stay where they are."""
        self._running.close()

    def __enter__(self) -> Upstream:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def until(self) -> datetime:
        """The simulated instant that the servers show."""
        return self._until

    def advance(self, until: datetime) -> None:
        """Let what happened before `until` (Beijing time) become visible. Raises ValueError for an earlier
        instant.
        """
        if until < self._until:
            raise ValueError(f"simulated time runs forward only: it is {self._until}, asked for {until}")
        for source in FILE_SOURCES:
            if source in self._only:
                self._deliver(source, until)
        if "regional" in self._only:
            self._database.advance(until)
            self._open_or_close(self._database, Fault.REGIONAL_DOWN, day_shown(until))
        if "national" in self._only:
            self._platform.advance(until)
            self._open_or_close(self._web, Fault.NATIONAL_DOWN, day_shown(until))
        if self._only & {"petition", "hotline"}:
            self._sftp.advance(until)
            self._open_or_close(self._sftp, Fault.SFTP_DOWN, day_shown(until))
        self._until = until

    def faults_met(self) -> dict[str, int]:
        """How often each fault was shown since the start, by name."""
        self._database.count_faults()
        return self._faults.counts()

    def connections(self) -> dict[str, str]:
        """The connections of the sources served, as environment variables: name to JSON of an Airflow connection."""
        sftp = {"conn_type": "sftp", "host": "127.0.0.1", "port": self._sftp.port}
        outbox = {"path": "/outbox", "known_host_key": self._sftp.host_key_line}
        by_source: dict[str, dict[str, object]] = {
            "national": {
                "conn_type": "http",
                "host": "127.0.0.1",
                "port": self._web.port,
                "schema": "http",
                "login": self._app_id,
            },
            "regional": {
                "conn_type": "postgres",
                "host": self._database.socket_folder,
                "port": self._database.port,
                "schema": DATABASE,
                "login": READER,
            },
            "petition": {**sftp, "login": "petition", "extra": outbox},
            "hotline": {**sftp, "login": "hotline", "extra": outbox},
            "cyberspace": {"conn_type": "fs", "extra": {"path": str(self._folder / "cyberspace")}},
        }
        for source, connection in by_source.items():
            if "login" in connection:
                connection["password"] = self._passwords[source]
        return {
            f"AIRFLOW_CONN_CLEARANCE_{source.upper()}": json.dumps(by_source[source])
            for source in by_source
            if source in self._only
        }

    def _deliver(self, source: str, until: datetime) -> None:
        files_of, place = FILE_SOURCES[source]
        outbox = FileFaults(source, self._faults)
        files = files_of(self._versions[source], self._seed, outbox.reach(self._until), until)
        for step in outbox.steps(files, self._until, until):
            step.carry_out(self._folder / place)
            if step.fault is not None and until < step.seen_until:
                self._faults.meet(step.fault)

    def _open_or_close(
        self, server: WebServer | SftpServer | RegionalDatabase, fault: Fault, day: date
    ) -> None:
        """Refuse connections on a day on which the server is down, and admit them again."""
        if self._faults.strikes_day(fault, day):
            server.refuse()
            self._faults.meet(fault)
        else:
            server.admit()

    def _prepare_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        mark = self._folder / MARK
        if not mark.exists() and any((self._folder / source).exists() for source in FILE_SOURCES):
            raise ValueError(
                f"{self._folder} holds folders that are not a simulated city's: name another one"
            )
        mark.write_text(MARK_TEXT, encoding="utf-8")
        for source, (_, place) in FILE_SOURCES.items():
            shutil.rmtree(self._folder / source, ignore_errors=True)
            (self._folder / place).mkdir(parents=True)
