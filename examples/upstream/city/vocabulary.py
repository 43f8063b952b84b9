"""The words of the invented city, as data: `examples/upstream/vocabulary_<name>/*.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[1]
NAMES = {"default": "compact"}


@dataclass(frozen=True)
class Vocabulary:
    """Parts of names, parts of sentences, and templates of free text by source family."""

    names: dict[str, Any]
    clauses: dict[str, list[str]]
    templates: dict[str, list[str]]


@cache
def vocabulary(name: str) -> Vocabulary:
    """The vocabulary of that name. Raises ValueError when there is none."""
    folder = FOLDER / f"vocabulary_{NAMES.get(name, name)}"
    if not folder.is_dir():
        raise ValueError(f"no vocabulary is called {name!r}")
    names, clauses, templates = (
        yaml.safe_load((folder / f"{part}.yaml").read_text(encoding="utf-8"))
        for part in ("names", "clauses", "templates")
    )
    return Vocabulary(names, clauses, templates)
