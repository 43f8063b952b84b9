"""What the landing holds, as typed objects: `Delivery` is a manifest, `Refusal` a refused delivery's record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.ingest.days import date_in_name
from pipelines.store import Workspace

MANIFEST = "manifest.json"
ROWS = "rows.parquet"
ORIGINAL = "original"
REFUSED = "refused"


@dataclass(frozen=True)
class Delivery:
    """One landed delivery; the fields are those of its manifest.

    `control_total` is the number the source stated, `control_rows` ours counted against it; `window_since` and
    `window_before` bound a pull's window [since, before) in Beijing time, `read_until` is how far that window had
    passed when it was read. `changed_at` is set where one time holds for every row (a snapshot).
    """

    delivery_id: str
    source: str
    delivered_for: date
    kind: str
    name: str
    order_key: str
    rows: int
    control_total: int | None
    control_rows: int | None
    control_total_agrees: bool | None
    window_since: datetime | None
    window_before: datetime | None
    read_until: datetime | None
    changed_at: datetime | None
    sha256: str
    columns: tuple[str, ...]
    header_map: Mapping[str, str]
    missing_optional: tuple[str, ...]
    extra_columns: tuple[str, ...]
    contract_digest: str
    landed_at: str
    is_handed_over: bool
    origin: Mapping[str, Any]
    warnings: tuple[str, ...]
    folder: Path

    @property
    def covers(self) -> date:
        """The day it speaks for: that of a pulled file is the date in its name, where that is earlier than the day it was
        pulled for. A file of yesterday that is first seen today does not say that today's is there.
        """
        own = date_in_name(self.name) if self.kind == "file" and not self.is_handed_over else None
        return self.delivered_for if own is None else min(own, self.delivered_for)

    @property
    def rows_file(self) -> Path:
        """The encrypted Parquet file of the rows as received."""
        return self.folder / ROWS

    @property
    def original_files(self) -> tuple[Path, ...]:
        """The sealed parts of the original bytes, in order."""
        return tuple(sorted((self.folder / ORIGINAL).glob("*.sealed")))

    def manifest(self) -> dict[str, Any]:
        """The manifest as JSON can hold it."""
        window = None
        if self.window_before is not None:
            window = {"since": _text(self.window_since), "before": _text(self.window_before)}
        return {
            "delivery_id": self.delivery_id,
            "source": self.source,
            "delivered_for": self.delivered_for.isoformat(),
            "kind": self.kind,
            "name": self.name,
            "order_key": self.order_key,
            "rows": self.rows,
            "control_total": self.control_total,
            "control_rows": self.control_rows,
            "control_total_agrees": self.control_total_agrees,
            "window": window,
            "read_until": _text(self.read_until),
            "changed_at": _text(self.changed_at),
            "sha256": self.sha256,
            "columns": list(self.columns),
            "header_map": dict(self.header_map),
            "missing_optional": list(self.missing_optional),
            "extra_columns": list(self.extra_columns),
            "contract_digest": self.contract_digest,
            "landed_at": self.landed_at,
            "handed_over": self.is_handed_over,
            "origin": dict(self.origin),
            "warnings": list(self.warnings),
        }

    @classmethod
    def read(cls, folder: Path) -> Delivery:
        """The delivery in a landed folder. Raises ConfigurationError where its manifest cannot be read."""
        file = folder / MANIFEST
        try:
            entry = json.loads(file.read_text(encoding="utf-8"))
            window = entry["window"] or {"since": None, "before": None}
            return cls(
                delivery_id=entry["delivery_id"],
                source=entry["source"],
                delivered_for=date.fromisoformat(entry["delivered_for"]),
                kind=entry["kind"],
                name=entry["name"],
                order_key=entry["order_key"],
                rows=entry["rows"],
                control_total=entry["control_total"],
                control_rows=entry["control_rows"],
                control_total_agrees=entry["control_total_agrees"],
                window_since=_time(window["since"]),
                window_before=_time(window["before"]),
                read_until=_time(entry["read_until"]),
                changed_at=_time(entry["changed_at"]),
                sha256=entry["sha256"],
                columns=tuple(entry["columns"]),
                header_map=entry["header_map"],
                missing_optional=tuple(entry["missing_optional"]),
                extra_columns=tuple(entry["extra_columns"]),
                contract_digest=entry["contract_digest"],
                landed_at=entry["landed_at"],
                is_handed_over=entry["handed_over"],
                origin=entry["origin"],
                warnings=tuple(entry["warnings"]),
                folder=folder,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"a delivery's manifest cannot be read ({type(error).__name__})",
                where=str(file),
                remedy="put the landing folder back from its backup; nothing in landing is ever changed by hand",
            ) from error


@dataclass(frozen=True)
class Refusal:
    """A delivery that was refused: its bytes and the reason are kept under landing/SOURCE/refused/ID."""

    refusal_id: str
    source: str
    name: str
    reason: str
    remedy: str
    folder: Path
    origin: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PullReport:
    """What one pull or import brought.

    `rows` counts the rows of new deliveries. `control_total` is the number the source stated (`theirs`),
    `control_rows` ours counted against it; both are None where the source states none. `pending` names files that
    are still being written.
    """

    source: str
    deliveries: tuple[Delivery, ...] = ()
    already_landed: tuple[Delivery, ...] = ()
    refused: tuple[Refusal, ...] = ()
    rows: int = 0
    control_total: int | None = None
    control_rows: int | None = None
    pending: tuple[str, ...] = ()

    @property
    def theirs(self) -> int | None:
        """The number of rows the source itself stated."""
        return self.control_total


def landed(workspace: Workspace, source: str | None = None) -> list[Delivery]:
    """All landed deliveries (of one source), ordered by source, day, order key and id. No manifest, no delivery."""
    deliveries = [Delivery.read(folder) for folder in _folders(workspace, source)]
    return sorted(
        deliveries, key=lambda item: (item.source, item.delivered_for, item.order_key, item.delivery_id)
    )


def refusals(workspace: Workspace, source: str | None = None) -> list[Refusal]:
    """All refused deliveries (of one source), ordered by source and id."""
    found = []
    for file in sorted(workspace.landing.glob(f"{source or '*'}/{REFUSED}/*/refusal.json")):
        try:
            entry = json.loads(file.read_text(encoding="utf-8"))
            found.append(
                Refusal(
                    refusal_id=file.parent.name,
                    source=entry["source"],
                    name=entry["name"],
                    reason=entry["reason"],
                    remedy=entry["remedy"],
                    origin=entry["origin"],
                    folder=file.parent,
                )
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"a refusal's record cannot be read ({type(error).__name__})", where=str(file)
            ) from error
    return found


def find_delivery(workspace: Workspace, source: str, delivery_id: str) -> Delivery | None:
    """The landed delivery with this id, whatever day it was delivered for, or None."""
    for manifest in workspace.landing.glob(f"{source}/*/{delivery_id}/{MANIFEST}"):
        return Delivery.read(manifest.parent)
    return None


def _folders(workspace: Workspace, source: str | None) -> Iterator[Path]:
    for manifest in workspace.landing.glob(f"{source or '*'}/*/*/{MANIFEST}"):
        if manifest.parent.parent.name != REFUSED:
            yield manifest.parent


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(sep=" ")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
