"""What people corrected: which row stands for which, which corrections were taken back, and the taking back.

A correction is a delivery and stays in the landing for ever. Taken back, it counts no more from the next publication
on: its rows are set aside, and the rows that it corrected wait in quarantine again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines import ingest, registry
from pipelines.contracts import load_sources
from pipelines.errors import UnknownSubject
from pipelines.publish.waiting import published_quarantine
from pipelines.received import Key, SourceRow, source_rows
from pipelines.store import Workspace


@dataclass(frozen=True)
class Undo:
    """A correction, or one row of it, taken back."""

    number: int
    by: str
    at: datetime
    why: str


@dataclass(frozen=True)
class Corrections:
    """All corrected rows: `stands_for` says which row each row of a correction corrects, `undone` which were taken back."""

    stands_for: Mapping[Key, Key]
    undone: Mapping[Key, Undo]

    @property
    def standing(self) -> dict[Key, Key]:
        """By corrected row, the row that stands in its place; of several the one that the fold takes."""
        return {old: new for new, old in sorted(self.stands_for.items()) if new not in self.undone}

    @property
    def waiting_again(self) -> set[Key]:
        """Rows whose correction was taken back and that nobody corrected anew."""
        return {self.stands_for[new] for new in self.undone} - set(self.standing)

    def taken_back_from(self, row: Key) -> list[Key]:
        """The rows that corrected a row and were taken back."""
        return [new for new in self.undone if self.stands_for[new] == row]


def corrections(workspace: Workspace) -> Corrections:
    """What the landing and the registry say of corrections."""
    stands_for: dict[Key, Key] = {}
    rows_of: dict[str, list[Key]] = defaultdict(list)
    for item in ingest.landed(workspace):
        for number, entry in enumerate(ingest.corrections_of(item), start=1):
            stands_for[(item.delivery_id, number)] = (entry.delivery_id, entry.row_no)
            rows_of[item.delivery_id].append((item.delivery_id, number))
    undone: dict[Key, Undo] = {}
    for made in registry.decisions(workspace, "undone_corrections"):
        delivery = str(made["delivery_id"])
        row_no, at = made["row_no"], made["undone_at"]
        if not isinstance(at, datetime):
            raise TypeError("an undoing in the registry has no time")
        undo = Undo(int(str(made["undo_no"])), str(made["undone_by"]), at, str(made["why"]))
        for key in rows_of[delivery] if row_no is None else [(delivery, int(str(row_no)))]:
            if key in stands_for:
                undone.setdefault(key, undo)
    return Corrections(stands_for, undone)


def undo_correction(
    workspace: Workspace, delivery_id: str, row_no: int | None, *, by: str, why: str, at: datetime
) -> tuple[int, int]:
    """Take a correction back, or one row of it. Returns the number of the undoing and how many rows wait again.

    Raises UnknownSubject for a delivery that is unknown or no correction, a row that it does not hold, what was taken
    back before, and a row that was itself corrected since: first the later correction is taken back.
    """
    known = corrections(workspace)
    taken = _rows_to_take_back(workspace, known, delivery_id, row_no)
    since = known.standing
    corrected_since = [(key, since[key]) for key in taken if key in since]
    if corrected_since:
        (_, row), later = corrected_since[0]
        raise UnknownSubject(
            f"row {row} of {delivery_id} was corrected again since, as row {later[1]} of {later[0]}",
            remedy=f"take that back first: clearance quarantine import --undo {later[0]} --row {later[1]}",
        )
    number = registry.append_decision(
        workspace,
        "undone_corrections",
        {"delivery_id": delivery_id, "row_no": row_no, "undone_by": by, "undone_at": at, "why": why},
    )
    return number, len(taken)


def _rows_to_take_back(
    workspace: Workspace, known: Corrections, delivery_id: str, row_no: int | None
) -> Collection[Key]:
    delivery = next((item for item in ingest.landed(workspace) if item.delivery_id == delivery_id), None)
    if delivery is None:
        raise UnknownSubject(
            f"there is no delivery {delivery_id!r}",
            remedy="clearance quarantine list --corrected names the corrections",
        )
    if delivery.kind != ingest.CORRECTION:
        raise UnknownSubject(
            f"delivery {delivery_id} is no correction: it is what {delivery.source} sent",
            remedy="clearance quarantine list --corrected names the corrections",
        )
    if row_no is not None and not 1 <= row_no <= delivery.rows:
        raise UnknownSubject(
            f"correction {delivery_id} has no row {row_no}: its rows are 1 to {delivery.rows}"
        )
    rows = [(delivery_id, number) for number in range(1, delivery.rows + 1) if row_no in (None, number)]
    taken = [key for key in rows if key not in known.undone]
    if not taken:
        undo = known.undone[rows[0]]
        what = f"correction {delivery_id}" if row_no is None else f"row {row_no} of correction {delivery_id}"
        raise UnknownSubject(
            f"{what} was taken back before, by {undo.by} on {undo.at:%Y-%m-%d} (undoing {undo.number})",
            remedy="its rows wait in quarantine: correct them anew with quarantine export and import",
        )
    return taken


def corrected_lines(workspace: Workspace, *, source: str | None = None) -> list[str]:
    """What was corrected, for a person to read: a line a correction, then one a row. No value but the ticket number.

    Raises UnknownSubject for an unknown source.
    """
    if source is not None and source not in load_sources():
        raise UnknownSubject(
            f"there is no source {source}", remedy=f"known sources: {', '.join(load_sources())}"
        )
    known = corrections(workspace)
    made = [
        item
        for item in ingest.landed(workspace)
        if item.kind == ingest.CORRECTION and source in (None, item.source)
    ]
    if not made:
        return ["no row was corrected" if source is None else f"no row of {source} was corrected"]
    numbers = {row.key: row.ticket_no for row in published_quarantine(workspace.published)}
    approvals = {
        str(entry["subject"]): entry for entry in reversed(registry.decisions(workspace, "approvals"))
    }
    keys = {
        key for item in made for number in range(1, item.rows + 1) for key in [(item.delivery_id, number)]
    }
    rows = source_rows(workspace, [*keys, *(known.stands_for[key] for key in keys)])
    standing = known.standing
    lines = []
    for item in sorted(made, key=lambda item: (item.landed_at, item.delivery_id)):
        approval = approvals.get(f"{ingest.CORRECTION}:{item.delivery_id}")
        by = (
            f"by {approval['approved_by']} on {approval['approved_at']:%Y-%m-%d}: {approval['why']}"
            if approval
            else "not approved: import the file again"
        )
        lines.append(f"{item.source}  correction {item.delivery_id}, for {item.delivered_for}, {by}")
        for number in range(1, item.rows + 1):
            key = (item.delivery_id, number)
            old = known.stands_for[key]
            name = numbers.get(old) or f"row {old[1]} of delivery {old[0]}"
            changed = "、".join(_changed_columns(rows.get(old), rows.get(key)))
            lines.append(f"  row {number}: {name}, changed: {changed}{_state(known, standing, key)}")
    return lines


def _changed_columns(before: SourceRow | None, after: SourceRow | None) -> list[str]:
    """Declared columns by name; others, which a file may have brought, as one."""
    if before is None or after is None:
        return ["the row is not in the landing"]
    names = [name for name, value in after.values.items() if value != before.values.get(name)]
    return names if before.extra == after.extra else [*names, "a column that the contract does not name"]


def _state(known: Corrections, standing: Mapping[Key, Key], key: Key) -> str:
    if key in known.undone:
        undo = known.undone[key]
        return f"; taken back by {undo.by} on {undo.at:%Y-%m-%d}: {undo.why} (undoing {undo.number})"
    if key in standing:
        later = standing[key]
        return f"; corrected again as row {later[1]} of {later[0]}"
    return ""
