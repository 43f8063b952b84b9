"""Whether values of a corrected worklist have slipped against the rows that they belong to.

A clerk who sorts one column by itself writes one worker's claim over another's. Nothing in such a file is broken, so it
is known by what it says: a number where none was wrong, a person's particulars that stand in another row, a column
whose changed values are those of its rows in another order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.contracts import SourceContract

NUMBER_IS_AT_FAULT = frozenset({"missing_ticket_no", "unreadable_ticket_no", "cut_record", "broken_row"})
"""Reasons for which a ticket number may be corrected; of every other row the number was read, and is the row's anchor."""
IDENTITY_FIELDS = ("ticket_no", "claimant_name", "claimant_id_number", "claimant_phone", "narrative")


@dataclass(frozen=True)
class Correction:
    """A row of the file as received and as it came back: `where` it stands, why it waited, its columns."""

    where: str
    reason: str
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]


def slipped(contract: SourceContract, rows: Sequence[Correction]) -> list[str]:
    """What is wrong, a line a place, without values; nothing where every value stands in its own row.

    `rows` are all rows of one source in the file, those without a change too.
    """
    numbers = set(contract.columns_of("ticket_no"))
    identity = {name for field in IDENTITY_FIELDS for name in contract.columns_of(field)}
    held: dict[str, Counter[str]] = defaultdict(Counter)
    changes: dict[str, list[Correction]] = defaultdict(list)
    for row in rows:
        for name, value in row.before.items():
            held[name][_plain(value)] += 1
            if _plain(row.after.get(name)) != _plain(value):
                changes[name].append(row)
    problems = []
    for name, changed in changes.items():
        for row in changed:
            new = _plain(row.after.get(name))
            if name in numbers and _plain(row.before[name]) and row.reason not in NUMBER_IS_AT_FAULT:
                problems.append(
                    f"{row.where}: its {name} was changed, and was not what is wrong with the row"
                )
            elif name in identity and new and held[name][new]:
                problems.append(f"{row.where}: its {name} is that of another row of the file")
        before = Counter(_plain(row.before[name]) for row in changed)
        if len(changed) > 1 and before == Counter(_plain(row.after.get(name)) for row in changed):
            problems.append(
                f"{changed[0].where} and {len(changed) - 1} more: their {name} is the same in another order"
            )
    return problems


def _plain(value: str | None) -> str:
    return (value or "").strip()
