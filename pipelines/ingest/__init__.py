"""Ingest: brings deliveries from the source systems into the landing, whole or not at all.

`pull` reads a configured source for a day, `import_files` takes what a person hands over, `landed` says what is
there. Nothing here knows what a ticket means: rows are kept as received.
"""

from __future__ import annotations

from pipelines.ingest.corrections import (
    CORRECTION,
    CorrectedRow,
    Corrects,
    change_time,
    corrections_of,
    land_correction,
)
from pipelines.ingest.deliveries import Delivery, PullReport, Refusal, landed, refusals
from pipelines.ingest.handover import import_files
from pipelines.ingest.landing import original_bytes
from pipelines.ingest.pulls import pull
from pipelines.ingest.refused import Standing, dismiss_refusal, standing_refusals, undo_refusal_dismissal

__all__ = [
    "CORRECTION",
    "CorrectedRow",
    "Corrects",
    "Delivery",
    "PullReport",
    "Refusal",
    "Standing",
    "change_time",
    "corrections_of",
    "dismiss_refusal",
    "import_files",
    "land_correction",
    "landed",
    "original_bytes",
    "pull",
    "refusals",
    "standing_refusals",
    "undo_refusal_dismissal",
]
