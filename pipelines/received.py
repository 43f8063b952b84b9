"""Landed rows as they were received, read back by delivery and row number."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from pipelines import ingest
from pipelines.contracts import SourceContract, load_sources
from pipelines.store import Workspace

Key = tuple[str, int]
"""Delivery and row number."""


@dataclass(frozen=True)
class SourceRow:
    """A landed row: the contract's columns as text, whatever else it came with, the change time it has without one."""

    source: str
    values: Mapping[str, str | None]
    extra: Mapping[str, str]
    changed_at: datetime
    delivered_for: date


def source_rows(workspace: Workspace, keys: Iterable[Key]) -> dict[Key, SourceRow]:
    """Landed rows as received, by delivery and row number; a key that is not landed is left out."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for delivery_id, row_no in set(keys):
        wanted[delivery_id].append(row_no)
    contracts = load_sources()
    groups: dict[tuple[str, tuple[str, ...]], list[ingest.Delivery]] = defaultdict(list)
    for item in ingest.landed(workspace):
        if item.delivery_id in wanted:
            groups[(item.source, tuple(item.columns))].append(item)
    found: dict[Key, SourceRow] = {}
    for (source, _), items in groups.items():
        by_file = {str(item.rows_file): item for item in items}
        pairs = [(str(item.rows_file), number) for item in items for number in wanted[item.delivery_id]]
        arriving = pa.table(
            {"filename": [name for name, _ in pairs], "row_no": pa.array([no for _, no in pairs], pa.int64())}
        )
        with workspace.scratch() as connection:
            connection.register("arriving", arriving)
            scan = workspace.scan([item.rows_file for item in items], with_filename=True)
            result = connection.execute(
                f"select r.* from {scan} as r semi join arriving as a on a.filename = r.filename and a.row_no = r.row_no"
            )
            names = [column[0] for column in result.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
            connection.unregister("arriving")
        for row in rows:
            item = by_file[row.pop("filename")]
            row_no = int(row.pop("row_no"))
            found[(item.delivery_id, row_no)] = _source_row(item, row_no, row, contracts[source])
    return found


def _source_row(
    item: ingest.Delivery, row_no: int, row: dict[str, str | None], contract: SourceContract
) -> SourceRow:
    surplus = json.loads(row.get("_extra") or "{}")
    extra = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in surplus.items()
        if value is not None
    }
    for name, value in row.items():
        if name not in contract.columns and not name.startswith("_") and value is not None:
            extra[name] = value
    return SourceRow(
        source=item.source,
        values={name: row.get(name) for name in contract.columns},
        extra=extra,
        changed_at=ingest.change_time(item, row_no),
        delivered_for=item.delivered_for,
    )
