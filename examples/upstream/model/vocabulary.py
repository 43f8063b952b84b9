"""Words, grammar and frequencies from the data files, ready for drawing."""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "vocabulary"
SLOT = re.compile(r"\{([a-z0-9_]+)\}")


class Weighted:
    """Values with weights; `draw` takes one."""

    def __init__(self, weights: Mapping[Any, float]) -> None:
        self.values = list(weights)
        self._upto = list(accumulate(weights.values()))

    def draw(self, luck: Random) -> Any:
        return self.values[bisect_right(self._upto, luck.random() * self._upto[-1])]


class Grammar:
    """Rules of variants; a variant is literal text and slots by turns."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules: dict[str, list[list[str]]] = {
            name: [SLOT.split(line) for line in text.removesuffix("\n").split("\n")]
            for name, text in rules.items()
        }

    def __contains__(self, name: str) -> bool:
        return name in self._rules

    def expand(self, name: str, facts: Mapping[str, str], luck: Random) -> str:
        """A text of a rule; a slot is a fact of the claim, else a rule. Raises KeyError for neither."""
        variants = self._rules[name]
        parts = variants[int(luck.random() * len(variants))]
        if len(parts) == 1:
            return parts[0]
        said = [parts[0]]
        for place in range(1, len(parts), 2):
            fact = facts.get(parts[place])
            said.append(self.expand(parts[place], facts, luck) if fact is None else fact)
            said.append(parts[place + 1])
        return "".join(said)


def _words(loaded: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [word for word in value.split()] if isinstance(value, str) else value
        for name, value in loaded.items()
    }


def _load(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as handle:
        loaded: dict[str, Any] = yaml.load(handle, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


class Vocabulary:
    """Everything the data files say. Raises ValueError for a set of words that does not exist."""

    def __init__(self, name: str) -> None:
        folder = FOLDER / name
        if not (folder / "claims.yml").is_file():
            known = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
            raise ValueError(f"no vocabulary {name!r}: there are {', '.join(known)}")
        self.city = _load(FOLDER / "city.yml")
        self.names = _words(_load(folder / "names.yml"))
        self.firms = _words(_load(folder / "firms.yml"))
        self.projects = _words(_load(folder / "projects.yml"))
        self.projects["streets"] = {
            division: words.split() for division, words in self.projects["streets"].items()
        }
        self.phrases = _load(folder / "phrases.yml")
        self.claims = Grammar(_load(folder / "claims.yml"))
        self.replies = Grammar(_load(folder / "replies.yml"))
        with (FOLDER / "regions.csv").open(encoding="utf-8", newline="") as handle:
            self.regions = [
                (row["code"], int(row["first_year"]), int(row["last_year"])) for row in csv.DictReader(handle)
            ]
        with (FOLDER / "confusions.csv").open(encoding="utf-8", newline="") as handle:
            rows = csv.DictReader(line for line in handle if not line.startswith("#"))
            self.confusions = {row["from"]: row["to"].split("|") for row in rows}


def misspelt(text: str, confusions: Mapping[str, Sequence[str]], luck: Random) -> str:
    """The text with one character taken for another of its sound or shape, where one can be."""
    places = [place for place, sign in enumerate(text) if sign in confusions]
    if not places:
        return text
    place = places[int(luck.random() * len(places))]
    others = confusions[text[place]]
    return text[:place] + others[int(luck.random() * len(others))] + text[place + 1 :]
