"""The versions of one source's tickets, in the order in which the source shows them.

A frame of the city (`city.changes[source]`) holds one row a version; columns that begin with `_` belong to
the simulation and are never delivered. Everything the servers show follows from two questions asked here:
which versions appeared in a span of time, and which version of each ticket is in force at an instant.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Versions:
    """Versions by position: `rows[i]` (in the order of `columns`) is shown from `shown_at[i]` on.

    `tickets[i]` is the simulation's own key of the ticket (a row may lack a readable number of its own),
    `is_cut[i]` says that the record reaches us with fewer fields than the header. Positions are ordered by
    `shown_at`.
    """

    columns: tuple[str, ...]
    tickets: list[str]
    shown_at: list[datetime]
    rows: list[Row]
    is_cut: list[bool]

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> Versions:
        """The versions of a frame with `_ticket_no`, `_version`, `_changed_at` and the source's native
        columns.
        """
        ordered = frame.assign(_changed_at=pd.to_datetime(frame["_changed_at"]))
        ordered = ordered.sort_values(["_changed_at", "_ticket_no", "_version"], kind="stable")
        columns = tuple(name for name in ordered.columns if not name.startswith("_"))
        native = ordered[list(columns)].astype(object)
        values = native.where(native.notna(), None)
        has_defects = "_defect" in ordered.columns
        return cls(
            columns=columns,
            tickets=[str(number) for number in ordered["_ticket_no"]],
            shown_at=[moment.to_pydatetime() for moment in ordered["_changed_at"]],
            rows=list(zip(*(values[name] for name in columns), strict=True)) if len(ordered) else [],
            is_cut=[defect == "cut_record" for defect in ordered["_defect"]]
            if has_defects
            else [False] * len(ordered),
        )

    def shown_before(self, moment: datetime) -> int:
        """How many versions are shown before `moment` (a change at the very second belongs to what
        follows).
        """
        return bisect_left(self.shown_at, moment)

    def in_span(self, since: datetime, before: datetime) -> range:
        """Positions of the versions that appeared in [since, before)."""
        return range(self.shown_before(since), self.shown_before(before))

    def in_force(self, moment: datetime) -> list[int]:
        """Positions of the last version of each ticket shown before `moment`, ordered by position."""
        last: dict[str, int] = {}
        for position in range(self.shown_before(moment)):
            last[self.tickets[position]] = position
        return sorted(last.values())

    def seen_by_pulls(self, moments: list[datetime]) -> list[int]:
        """Positions of every version that was in force at one of the moments: what pulls at them would have
        read.
        """
        return sorted({position for moment in moments for position in self.in_force(moment)})

    def values(self, positions: list[int] | range) -> Iterator[Row]:
        """The rows at the positions."""
        return (self.rows[position] for position in positions)

    def index(self, column: str) -> int:
        """Where a column stands in a row. Raises ValueError when the source has no such column."""
        return self.columns.index(column)
