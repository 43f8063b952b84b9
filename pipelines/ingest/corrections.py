"""Rows of the quarantine that a person corrected: a delivery of their own, kind `correction`.

The landing is immutable: the row as received stays where it is. The manifest's `origin` says, for each row in its
order, which row it corrects and the change time that row had where it states none itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa

from pipelines.contracts import SourceContract
from pipelines.ingest.deliveries import Delivery
from pipelines.ingest.landing import Arrival, land, original, reading_connection, workbench
from pipelines.ingest.rows import Reading
from pipelines.store import Workspace

CORRECTION = "correction"


@dataclass(frozen=True)
class Corrects:
    """The row that a corrected row stands for, and its change time where the row itself states none."""

    delivery_id: str
    row_no: int
    changed_at: datetime


@dataclass(frozen=True)
class CorrectedRow:
    """A corrected row: its declared columns and the others it came with, as text."""

    corrects: Corrects
    values: Mapping[str, str | None]
    extra: Mapping[str, str]


def corrections_of(delivery: Delivery) -> tuple[Corrects, ...]:
    """What the rows of a delivery correct, in order of row_no; nothing for a delivery of a source."""
    if delivery.kind != CORRECTION:
        return ()
    return tuple(
        Corrects(entry["delivery_id"], entry["row_no"], datetime.fromisoformat(entry["changed_at"]))
        for entry in delivery.origin["corrects"]
    )


def change_time(delivery: Delivery, row_no: int) -> datetime:
    """The change time of a row that states none: its snapshot's, else the end of the day it was delivered for."""
    corrected = corrections_of(delivery)
    if corrected:
        return corrected[row_no - 1].changed_at
    return delivery.changed_at or datetime.combine(delivery.delivered_for, time(23, 59, 59))


def land_correction(
    workspace: Workspace,
    contract: SourceContract,
    rows: Sequence[CorrectedRow],
    file: Path,
    delivered_for: date,
    taken_back: Collection[str] = (),
) -> tuple[Delivery, bool]:
    """Land corrected rows of one source as a delivery; `file` is what the person handed over, kept as original.

    The id is made of references and values: the same corrections again, in another file, are the same delivery; but
    not the same as one that was `taken_back` (ids of deliveries), which counts no more.
    Returns the delivery and whether it is new.
    """
    ordered = sorted(rows, key=lambda row: (row.corrects.delivery_id, row.corrects.row_no))
    identity = json.dumps(
        [
            [row.corrects.delivery_id, row.corrects.row_no, dict(row.values), dict(row.extra)]
            for row in ordered
        ],
        ensure_ascii=False,
        sort_keys=True,
    )
    arrival = Arrival(
        contract=contract,
        kind=CORRECTION,
        name=f"correction of {len(ordered)} rows",
        # Before the deliveries of the same day: at one and the same change time the source's own row stands.
        order_key="",
        originals=[original(file, contract.source, "correction")],
        identity=hashlib.sha256(identity.encode()).hexdigest(),
        delivered_for=delivered_for,
        is_handed_over=True,
        origin={
            "corrects": [
                {
                    "delivery_id": row.corrects.delivery_id,
                    "row_no": row.corrects.row_no,
                    "changed_at": row.corrects.changed_at.isoformat(sep=" "),
                }
                for row in ordered
            ]
        },
    )
    times = 0
    while arrival.delivery_id in taken_back:
        times += 1
        text = f"{identity}\ntaken back {times}"
        arrival = replace(arrival, identity=hashlib.sha256(text.encode()).hexdigest())
    columns = tuple(contract.columns)
    content: dict[str, pa.Array] = {
        "row_no": pa.array(range(1, len(ordered) + 1), pa.int64()),
        **{
            f"c{at}": pa.array([row.values.get(name) for row in ordered], pa.string())
            for at, name in enumerate(columns)
        },
        "_defect": pa.nulls(len(ordered), pa.string()),
        "_surplus": pa.array(
            [json.dumps(dict(row.extra), ensure_ascii=False) if row.extra else None for row in ordered],
            pa.string(),
        ),
    }
    reading = Reading(
        headers=columns, query="select * from corrected", rows=len(ordered), has_broken_text=True
    )
    with workbench(workspace) as bench, reading_connection(workspace) as connection:
        connection.register("corrected", pa.table(content))
        try:
            return land(workspace, connection, arrival, reading, bench)
        finally:
            connection.unregister("corrected")
