"""The keys of a source's rows, ticket number and change time, as the landing holds them against the source's own.

An overlap of some hours sees a row that comes late by some hours. A trailing window compared by its keys sees every
row of it, however late: what the source has and no delivery holds is fetched, what we hold and the source has no
more is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from pipelines.contracts import SourceContract
from pipelines.ingest.corrections import CORRECTION
from pipelines.ingest.deliveries import Delivery, landed
from pipelines.store import Workspace, quote_identifier, quote_literal

KEY_HEADER = ("number", "changed")
BLANKS = r"^[\s\p{Z}]+|[\s\p{Z}]+$"


@dataclass(frozen=True)
class Key:
    """A row's ticket number and change time, as the source writes them; no number is the empty text."""

    number: str
    changed: str


@dataclass(frozen=True)
class Comparison:
    """Their keys of [since, before) against ours. `ours_alone` are numbers whose newest change, as we hold it, lies
    in there and is not among theirs: changed since, or gone.
    """

    theirs: int
    theirs_alone: tuple[Key, ...]
    ours_alone: tuple[str, ...]


class HeldKeys:
    """The keys that the landing holds for days up to `until`, to be compared with a source's own."""

    def __init__(self, workspace: Workspace, contract: SourceContract, until: date) -> None:
        self.workspace, self.contract = workspace, contract
        self.deliveries = [
            item
            for item in landed(workspace, contract.source)
            # What a person corrected is no row of the source.
            if item.delivered_for <= until and item.rows and item.kind != CORRECTION
        ]

    def compare(self, keys_file: Path, since: datetime, before: datetime) -> Comparison:
        """Compare with the keys in a CSV with the header `number,changed`.

        A key counts as often as it stands in the one delivery that has it most often. Change times are compared as
        times where both can be read as such, else as text.
        """
        with self.workspace.scratch() as scratch:
            _load_theirs(scratch, keys_file)
            self._load_ours(scratch, since)
            alone = scratch.execute(
                "select number, changed from (select number, moment, min(changed) as changed, count(*) as n "
                "from theirs group by number, moment) as theirs "
                "left join ours using (number, moment) where theirs.n > coalesce(ours.n, 0) order by all"
            ).fetchall()
            missing = scratch.execute(
                "select number from (select number, arg_max(moment, try_cast(moment as timestamp)) as moment "
                "from ours where number <> '' group by number) as newest "
                "where try_cast(moment as timestamp) >= $since and try_cast(moment as timestamp) < $before "
                "and not exists (from theirs where theirs.number = newest.number and theirs.moment = newest.moment) "
                "order by number",
                {"since": since, "before": before},
            ).fetchall()
            total = scratch.execute("select count(*) from theirs").fetchall()
        return Comparison(
            theirs=int(total[0][0]),
            theirs_alone=tuple(Key(number, changed) for number, changed in alone),
            ours_alone=tuple(row[0] for row in missing),
        )

    def count(self, since: datetime, before: datetime, leaving: Collection[str] = ()) -> int | None:
        """How many rows the source should still show as last changed within [since, before): the numbers whose newest
        change lies there, and the rows without a number. `leaving` are numbers known to have changed since. None where
        no change time we hold can be read as a time.
        """
        with self.workspace.scratch() as scratch:
            self._load_ours(scratch, since)
            times = scratch.execute(
                "select count(*), count(try_cast(moment as timestamp)) from ours"
            ).fetchall()[0]
            if times[0] and not times[1]:
                return None
            inside = "try_cast(moment as timestamp) >= $since and try_cast(moment as timestamp) < $before"
            found = scratch.execute(
                "select (select count(*) from (select number, arg_max(moment, try_cast(moment as timestamp)) as moment "
                f"from ours where number <> '' group by number) where {inside} "
                "and number not in (select unnest($leaving))) "
                f"+ (select coalesce(sum(n), 0) from ours where number = '' and {inside})",
                {"since": since, "before": before, "leaving": list(leaving)},
            ).fetchall()
        return int(found[0][0])

    def _load_ours(self, scratch: duckdb.DuckDBPyConnection, since: datetime) -> None:
        number = self.contract.columns_of("ticket_no")[0]
        changed = str(self.contract.delivery["order_column"])
        held = f"coalesce({quote_identifier(number)}, '')"
        if self.contract.delivery.kind == "rest":
            # A platform's numbers are compared without the blanks around them, theirs (`write_keys`) and ours.
            held = f"regexp_replace({held}, '{BLANKS}', '', 'g')"
        scratch.execute(
            "create or replace temp table held_keys (delivery varchar, number varchar, moment varchar)"
        )
        for columns in dict.fromkeys(item.columns for item in self.deliveries):
            if number not in columns or changed not in columns:
                continue
            files = [
                item.rows_file
                for item in self.deliveries
                if item.columns == columns and _may_hold(item, since)
            ]
            if files:
                scratch.execute(
                    f"insert into held_keys select filename, {held}, "
                    f"{_moment(quote_identifier(changed))} from {self.workspace.scan(files, with_filename=True)}"
                )
        scratch.execute(
            "create or replace temp table ours as select number, moment, max(n) as n from "
            "(select delivery, number, moment, count(*) as n from held_keys group by all) group by all"
        )


def write_keys(keys: Sequence[Key], file: Path) -> None:
    """Write keys as a CSV that `compare` reads."""
    lines = [",".join(KEY_HEADER)]
    lines += [
        ",".join('"' + text.replace('"', '""') + '"' for text in (key.number, key.changed)) for key in keys
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _load_theirs(scratch: duckdb.DuckDBPyConnection, keys_file: Path) -> None:
    options = (
        "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', parallel = false, "
        "columns = {'number': 'varchar', 'changed': 'varchar'}"
    )
    scratch.execute(
        "create or replace temp table theirs as select coalesce(number, '') as number, "
        f"coalesce(changed, '') as changed, {_moment('changed')} as moment "
        f"from read_csv('{quote_literal(keys_file)}', {options})"
    )


def _may_hold(item: Delivery, since: datetime) -> bool:
    """Whether a delivery can hold a change at or after `since`: a window that ended before it cannot."""
    return item.window_before is None or item.window_before > since


def _moment(column: str) -> str:
    return f"coalesce(cast(try_cast({column} as timestamp) as varchar), {column}, '')"
