"""What a publication is made of, besides the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PublicationContext:
    """A publication in the making.

    `deliveries` and `waivers` are written into the manifest as they are. `previous` is the folder of the publication
    before this one, `previous_revision` that of the revision before of the same date. `content_hashes` saves
    computing them again where the caller has them already. `kind` is 'daily' or 'reissue'.
    """

    business_date: date
    revision: int
    publication_id: str
    published_at: datetime
    deliveries: Sequence[Mapping[str, Any]]
    versions: Mapping[str, str]
    checks_folder: Path | None = None
    previous: Path | None = None
    previous_revision: Path | None = None
    waivers: Sequence[Mapping[str, Any]] = ()
    content_hashes: Mapping[str, str] = field(default_factory=dict)
    kind: str = "daily"
