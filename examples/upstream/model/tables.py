"""Rows of versions gathered column by column, so that a million tickets need no dictionary a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from examples.upstream.model.times import as_datetimes

FLUSH_AT = 20_000


class VersionTable:
    """The versions of one source's tickets; `frame` empties it."""

    def __init__(self, columns: Sequence[str], has_defects: bool = False) -> None:
        self.columns = tuple(columns)
        self._has_defects = has_defects
        self._cells: list[list[str | None]] = [[] for _ in columns]
        self._rows: list[Sequence[str | None]] = []
        self._keys: list[str] = []
        self._versions: list[int] = []
        self._seconds: list[int] = []
        self._micros: list[int] = []
        self._defects: list[str | None] = []

    def add(
        self, key: str, version: int, second: int, cells: Sequence[str | None], micro: int = 0,
        defect: str | None = None,
    ) -> None:  # fmt: skip
        """A version of the ticket `key`, visible from `second` on."""
        self._keys.append(key)
        self._versions.append(version)
        self._seconds.append(second)
        self._micros.append(micro)
        if self._has_defects:
            self._defects.append(defect)
        self._rows.append(cells)
        if len(self._rows) >= FLUSH_AT:
            self._flush()

    def __len__(self) -> int:
        return len(self._keys)

    def frame(self) -> pd.DataFrame:
        """All versions, sorted by (_changed_at, _ticket_no, _version)."""
        self._flush()
        keys = np.array(self._keys, dtype=object)
        moments = as_datetimes(self._seconds, self._micros)
        versions = np.array(self._versions, dtype=np.int32)
        names = np.array(self._keys, dtype=np.str_) if self._keys else np.array([], dtype="U1")
        order = np.lexsort((versions, names, moments))
        del names
        made: dict[str, object] = {
            "_ticket_no": pd.Series(keys[order], dtype=object),
            "_version": versions[order],
            "_changed_at": moments[order],
        }
        if self._has_defects:
            made["_defect"] = pd.Series(_objects(self._defects)[order], dtype=object)
        for place, name in enumerate(self.columns):
            made[name] = pd.Series(_objects(self._cells[place])[order], dtype=object)
            self._cells[place] = []
        return pd.DataFrame(made)

    def _flush(self) -> None:
        if self._rows:
            for column, values in zip(self._cells, zip(*self._rows, strict=True), strict=True):
                column.extend(values)
            self._rows = []


def _objects(values: Sequence[str | None]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
