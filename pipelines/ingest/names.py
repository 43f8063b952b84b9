"""Names of files: what their bytes say, what a contract's pattern says of them, and which of them others may see.

A file system keeps bytes; Chinese offices write them in UTF-8 or in GB18030. A person who names a file may name it
after a worker, so what is kept in notes, logs and published files shows a name only where the contract spells it out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from pipelines.contracts import SourceContract
from pipelines.errors import ContractError
from pipelines.harmless import visible
from pipelines.ingest.days import date_in_name

PLACEHOLDERS = {
    "date": r"(?<!\d)(?:\d{4}[-_.]?\d{2}[-_.]?\d{2}(?!\d)|\d{4}年\d{1,2}月\d{1,2}日)",
    "time": r"\d{4}(?:\d{2})?",
    "sequence": r"\d+",
    "*": ".*?",
    "?": ".",
}
# Of what a pattern leaves open, so little may be shown that nobody's name or number fits in: the x of .xlsx.
SHOWN = {**PLACEHOLDERS, "sequence": r"\d{1,6}", "*": "[a-z]?", "?": "[a-z0-9]"}


def decoded(raw: bytes) -> str | None:
    """A name's text: UTF-8, else GB18030, each strictly; None where the bytes are neither."""
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return None


def readable(name: str) -> str:
    """A name as it can be printed and kept: what cannot be shown or steers a terminal becomes U+FFFD."""
    raw = name.encode("utf-8", "surrogateescape")
    text = decoded(raw)
    return visible(raw.decode("utf-8", "replace") if text is None else text).replace("\n", "\ufffd")


def name_pattern(contract: SourceContract) -> re.Pattern[str]:
    """The regular expression of `delivery.pattern`: {date}, {time}, {sequence}, * and ? are placeholders."""
    return _pattern(contract, PLACEHOLDERS)


def missing_in_sequence(contract: SourceContract, names: Iterable[str]) -> list[int]:
    """The numbers that a day's files skip, where their names carry a {sequence}; 1 is the first."""
    if "{sequence}" not in str(contract.delivery.get("pattern")):
        return []
    pattern = _pattern(contract, {**PLACEHOLDERS, "sequence": rf"({PLACEHOLDERS['sequence']})"})
    found = {int(match.group(1)) for name in names if (match := pattern.fullmatch(name))}
    return sorted(set(range(1, max(found, default=0))) - found)


def shown_name(contract: SourceContract, name: str) -> str:
    """The name of a file as others may see it: whole where the contract's pattern spells it out, else what stands for
    it: the source, the date in the name, eight digits of the name's SHA-256, the ending.
    """
    if contract.delivery.get("pattern") and _pattern(contract, SHOWN).fullmatch(name):
        return name
    day, ending = date_in_name(name), re.search(r"\.[a-z]{2,5}$", name, re.ASCII | re.IGNORECASE)
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    dated = "" if day is None else f"-{day:%Y%m%d}"
    return f"{contract.source}{dated}-{digest}{ending.group().lower() if ending else ''}"


def _pattern(contract: SourceContract, placeholders: Mapping[str, str]) -> re.Pattern[str]:
    text = contract.delivery.get("pattern")
    if not isinstance(text, str) or "{date}" not in text:
        raise ContractError(
            "delivery.pattern does not say where a file's name has its {date}",
            where=f"schemas/sources/{contract.source}.yml",
        )
    parts = []
    for part in re.split(r"(\{[a-z]+\}|\*|\?)", text):
        name = part.strip("{}")
        if part in ("*", "?") or (part.startswith("{") and name in placeholders):
            parts.append(placeholders[name])
        elif part.startswith("{"):
            raise ContractError(f"delivery.pattern has the unknown placeholder {part}", where=contract.source)
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts), re.IGNORECASE)
