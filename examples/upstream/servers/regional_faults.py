"""How the regional exchange database misbehaves: rows that commit late, a table that changes for a day, a session
that is terminated while it reads, a server that is down for a day.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from examples.upstream.servers.faults import Fault, Faults, day_shown
from examples.upstream.servers.outbox import DAY
from examples.upstream.servers.versions import Versions

Connection = psycopg.Connection[tuple[object, ...]]

TABLE = sql.SQL("exchange.ldjc_aj")
RENAMED_COLUMNS = ("ajly", "ajzt", "xzqh")
RETYPED_COLUMNS = ("gxsj", "djsj", "qxje")
LATE_HOURS = {Fault.LATE_COMMIT: (1, 23), Fault.VERY_LATE_COMMIT: (48, 120)}
# The advisory lock that a fuse holds: while it is held, the next reading session is terminated.
FUSE = 20230829
# Row security asks this function for every row that the reader reads: it burns the fuse and ends the session.
FUSE_FUNCTION = """
create schema simulation;
create function simulation.passes() returns boolean language plpgsql volatile security definer as $$
declare fuse integer;
begin
    if current_query() ilike '%count(%' then return true; end if;
    select pid into fuse from pg_locks where locktype = 'advisory' and objid = 20230829 and granted limit 1;
    if fuse is not null then
        perform pg_terminate_backend(fuse, 5000);
        perform pg_terminate_backend(pg_backend_pid());
    end if;
    return true;
end $$;
create policy fuse on exchange.ldjc_aj for select using (simulation.passes());
"""


class Door:
    """The socket by which everybody reaches the server. Closed, it refuses: the server goes on behind another one."""

    def __init__(self, folder: Path, port: int) -> None:
        self._socket = folder / f".s.PGSQL.{port}"
        self._behind = folder / "behind"

    @property
    def folder(self) -> str:
        """Where the simulation itself connects: the server's socket lies there, open or closed."""
        return str(self._behind if self._is_closed else self._socket.parent)

    @property
    def _is_closed(self) -> bool:
        return (self._behind / self._socket.name).exists()

    def close(self) -> None:
        """Refuse connections; a socket that nobody listens at lies in the server's place, as after a crash."""
        if self._is_closed:
            return
        self._behind.mkdir(exist_ok=True)
        self._socket.rename(self._behind / self._socket.name)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as nobody:
            nobody.bind(str(self._socket))

    def open(self) -> None:
        """Admit connections again; nothing to do where they are admitted."""
        if self._is_closed:
            (self._behind / self._socket.name).replace(self._socket)


class RegionalFaults:
    """Decides by version and simulated day; changes the table for a day and changes it back."""

    def __init__(self, faults: Faults, versions: Versions, reader: str) -> None:
        self.faults = faults
        self._versions = versions
        self._reader = sql.Identifier(reader)
        self._following = _following(versions) if faults.rates else {}
        self._held: set[int] = set()
        self._undo: list[sql.Composed] = []
        self._fuse: Connection | None = None

    def prepare(self, connection: Connection) -> None:
        """What must be there before anybody reads."""
        if self.faults.is_on(Fault.RESTART_IN_READ):
            connection.execute(sql.SQL(FUSE_FUNCTION))

    def committed(self, positions: Sequence[int], until: datetime) -> list[int]:
        """Which of the versions shown by now, and of those held back before, are committed before `until`."""
        candidates = sorted({*self._held, *positions})
        held = {position for position in candidates if self._commits_at(position) >= until}
        for position in held - self._held:
            self.faults.meet(self._lateness(position)[0] or Fault.LATE_COMMIT)
        self._held = held
        return [position for position in candidates if position not in held]

    def restore(self, connection: Connection) -> None:
        """Make the table what it should be."""
        self.count_burnt()
        if self._fuse is not None:
            self._fuse.close()
            self._fuse = None
        for statement in self._undo:
            connection.execute(statement)
        self._undo.clear()

    def spoil(
        self,
        connection: Connection,
        until: datetime,
        types: dict[str, str],
        connect: Callable[[], Connection],
    ) -> None:
        """What befalls the table for the day that `until` shows; `connect` opens the session of a fuse."""
        day = day_shown(until)
        if self.faults.strikes_day(Fault.PERMISSION_DENIED, day):
            self._change(
                connection,
                Fault.PERMISSION_DENIED,
                sql.SQL("revoke select on {} from {}").format(TABLE, self._reader),
                sql.SQL("grant select on {} to {}").format(TABLE, self._reader),
            )
        if self.faults.strikes_day(Fault.COLUMN_DROPPED, day):
            name = self._column(Fault.COLUMN_DROPPED, RENAMED_COLUMNS, day)
            rename = sql.SQL("alter table {} rename column {} to {}")
            there, away = sql.Identifier(name), sql.Identifier(f"{name}_bak")
            self._change(
                connection,
                Fault.COLUMN_DROPPED,
                rename.format(TABLE, there, away),
                rename.format(TABLE, away, there),
            )
        if self.faults.strikes_day(Fault.COLUMN_RETYPED, day):
            name = self._column(Fault.COLUMN_RETYPED, RETYPED_COLUMNS, day)
            retype = sql.SQL("alter table {} alter column {} type {kind} using {}::{kind}")
            column = sql.Identifier(name)
            self._change(
                connection,
                Fault.COLUMN_RETYPED,
                retype.format(TABLE, column, column, kind=sql.SQL("text")),
                retype.format(TABLE, column, column, kind=sql.SQL(types[name])),
            )
        if self.faults.strikes(Fault.RESTART_IN_READ, until, good_at=until):
            connection.execute(sql.SQL("alter table {} enable row level security").format(TABLE))
            self._undo.append(sql.SQL("alter table {} disable row level security").format(TABLE))
            self._fuse = connect()
            self._fuse.execute("select pg_advisory_lock(%s)", (FUSE,))

    def count_burnt(self) -> None:
        """Count the session that was terminated since, if one was."""
        if self._fuse is None:
            return
        try:
            self._fuse.execute("select 1")
        except psycopg.OperationalError:
            self._fuse = None
            self.faults.meet(Fault.RESTART_IN_READ)

    def _change(
        self, connection: Connection, fault: Fault, statement: sql.Composed, back: sql.Composed
    ) -> None:
        connection.execute(statement)
        self._undo.append(back)
        self.faults.meet(fault)

    def _column(self, fault: Fault, columns: Sequence[str], day: date) -> str:
        return self.faults.chance(fault, "column", day).choice(columns)

    def _lateness(self, position: int) -> tuple[Fault | None, timedelta]:
        """Which fault holds a version back, and how long: only one that stays the newest of its case for a day more,
        so that whoever looks daily sees every version.
        """
        shown_at = self._versions.shown_at[position]
        for fault, (least, most) in LATE_HOURS.items():
            luck = self.faults.chance(fault, "hours", position)
            delay = timedelta(hours=luck.randint(least, most))
            is_last = self._following.get(position, datetime.max) - DAY >= shown_at + delay
            if is_last and self.faults.strikes(fault, position, good_at=shown_at + delay):
                return fault, delay
        return None, timedelta()

    def _commits_at(self, position: int) -> datetime:
        return self._versions.shown_at[position] + self._lateness(position)[1]


def _following(versions: Versions) -> dict[int, datetime]:
    """When the next version of the same case is shown, by the position of a version that has one."""
    found: dict[int, datetime] = {}
    last: dict[str, int] = {}
    for position, ticket in enumerate(versions.tickets):
        if ticket in last:
            found[last[ticket]] = versions.shown_at[position]
        last[ticket] = position
    return found
