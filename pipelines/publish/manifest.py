"""manifest.json: what a publication was made of, and the hash of every file in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pipelines.publish.context import PublicationContext
from pipelines.publish.figures import Figures
from pipelines.settings import City
from pipelines.store import plain, sha256_of, write_atomically

CONTROL_COLUMNS = ("rows_landed", "control_total", "control_rows", "is_control_total_met", "rows_quarantined")


def write_manifest(
    folder: Path,
    figures: Figures,
    city: City,
    context: PublicationContext,
    rows: Mapping[str, int],
    hashes: Mapping[str, str],
) -> None:
    """Write the manifest last: it lists every other file of the folder with its size and SHA-256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = {
        "publication_id": context.publication_id,
        "city": city.name,
        "is_synthetic": city.is_synthetic,
        "business_date": context.business_date.isoformat(),
        "revision": context.revision,
        "kind": context.kind,
        "published_at": context.published_at.isoformat(timespec="seconds"),
        "versions": dict(context.versions),
        "deliveries": [{key: plain(value) for key, value in item.items()} for item in context.deliveries],
        "waivers": [{key: plain(value) for key, value in item.items()} for item in context.waivers],
        "control_totals": {
            str(source["source"]): {name: source[name] for name in CONTROL_COLUMNS}
            for source in figures.sources
        },
        "key_figures": figures.key(),
        "tables": {
            name: {"rows": count, **({"content_hash": hashes[name]} if name in hashes else {})}
            for name, count in rows.items()
        },
        "files": {
            path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for path in files
        },
    }
    text = json.dumps(content, ensure_ascii=False, indent=2)
    write_atomically(folder / "manifest.json", text.encode() + b"\n")
