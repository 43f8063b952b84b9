"""The quarantine as a worklist: rows out to a table file, corrected rows back in, rows that are no claim dismissed.

The list is that of the newest publication, less what was corrected or dismissed since. A file of it holds personal
data: its owner alone may read it, and it is never written into the workspace.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from pipelines import ingest, registry
from pipelines.contracts import SourceContract, load_sources
from pipelines.corrected import corrections
from pipelines.errors import DeliveryRefused, UnknownSubject
from pipelines.publish.waiting import ADVICE, WaitingRow, published_quarantine
from pipelines.publish.wording import REASON_NAMES
from pipelines.received import Key, SourceRow, source_rows
from pipelines.slips import Correction, slipped
from pipelines.store import Workspace, disk_full_is_said
from pipelines.worksheet import (
    DELIVERY,
    FIXED,
    MARK,
    ROW,
    FileRow,
    Table,
    csv_of,
    is_changed,
    read_rows,
    shown,
    workbook_of,
)

FIELD_COLUMNS = {
    "ticket_no": ("ticket_no",), "received_at": ("received_at",), "closed_at": ("received_at", "closed_at"),
    "amount": ("claimed_fen", "claimed_persons", "recovered_fen", "recovered_persons"),
    "division": ("division_text",),
}  # fmt: skip
SHORTENED = re.compile(r"-?\d(\.\d+)?[eE][+-]?\d+")
PROBLEMS_SAID = 20
BY_CORRECTION = ("correction", "came_again")
"""How a row is published as resolved whose correction may have been taken back since (see sql/marts/quarantine.sql)."""
ANEW = (
    "values have slipped against their rows, as when a column is sorted by itself: export the list anew and correct that; "
    "what is right all the same goes in a file of that row alone"
)


@dataclass(frozen=True)
class Worklist:
    """The rows that wait as published, those of them that were `settled` since, and how many are resolved."""

    rows: tuple[WaitingRow, ...]
    settled: frozenset[Key]
    resolved: int

    @property
    def unsettled(self) -> tuple[WaitingRow, ...]:
        """The rows that wait for a person now."""
        return tuple(row for row in self.rows if row.key not in self.settled)


@dataclass
class Corrected:
    """What came of a corrected file."""

    deliveries: list[tuple[ingest.Delivery, bool]] = field(default_factory=list)
    unchanged: int = 0
    already: int = 0
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def worklist(workspace: Workspace, *, source: str | None = None, reason: str | None = None) -> Worklist:
    """The worklist of the newest publication. Raises UnknownSubject for an unknown source or reason."""
    if source is not None and source not in load_sources():
        raise UnknownSubject(
            f"there is no source {source}", remedy=f"known sources: {', '.join(load_sources())}"
        )
    if reason is not None and reason not in ADVICE:
        raise UnknownSubject(f"there is no reason {reason}", remedy=f"known reasons: {', '.join(ADVICE)}")
    published = [
        row
        for row in published_quarantine(workspace.published)
        if source in (None, row.source) and reason in (None, row.reason)
    ]
    standing, undone = _dismissals(workspace)
    corrected = corrections(workspace)
    waiting_again = {"dismissed": undone - standing, **dict.fromkeys(BY_CORRECTION, corrected.waiting_again)}
    rows = tuple(
        row
        for row in published
        if row.resolved_by is None or row.key in waiting_again.get(row.resolved_by, ())
    )
    settled = {row.key for row in rows} & (standing | set(corrected.standing) | set(corrected.undone))
    return Worklist(rows, frozenset(settled), len(published) - len(rows))


def export(workspace: Workspace, file: Path, *, source: str | None = None) -> int:
    """Write the rows that wait to a workbook, a sheet a source, or to a CSV. Returns how many rows were written.

    Raises UnknownSubject where the file stands already, lies in the workspace, or is neither .xlsx nor .csv.
    """
    refuse_place(workspace, file)
    rows = worklist(workspace, source=source).unsettled
    contracts = load_sources()
    sources = list(dict.fromkeys(row.source for row in rows))
    if file.suffix.lower() == ".csv" and len(sources) > 1:
        raise UnknownSubject(
            f"rows of {len(sources)} sources wait: {', '.join(sources)}; a CSV holds one",
            remedy="name one with --source, or write an .xlsx",
        )
    landed = source_rows(workspace, [row.key for row in rows])
    tables = {
        name: _table(contracts[name], [row for row in rows if row.source == name], landed) for name in sources
    }
    content = workbook_of(tables) if file.suffix.lower() == ".xlsx" else csv_of(tables)
    write_private(file, content)
    return len(rows)


def bring_back(
    workspace: Workspace,
    file: Path,
    *,
    by: str,
    why: str,
    at: datetime,
    as_of: date | None = None,
    is_again: bool = False,
) -> Corrected:
    """Land the corrected rows of a file: one delivery a source, each row with the row it corrects.

    What was taken back (corrected.py) is left out where it comes with the very same values, unless `is_again`.

    The whole file is refused (DeliveryRefused, nothing lands) where one claim might be written over another: a row's
    reference is unknown, missing or there twice, a column is gone, a number was shortened by the spreadsheet, or values
    have slipped against their rows (slips.py). A row that is resolved by now is left out by its place in the file, the
    others go on.
    """
    lines = read_rows(file)
    contracts = load_sources()
    quarantine = {row.key: row for row in published_quarantine(workspace.published)}
    references = _references(workspace, lines, quarantine)
    originals = source_rows(workspace, references.values())
    made = corrections(workspace)
    corrected = made.standing
    earlier = source_rows(workspace, made.stands_for)
    standing, undone = _dismissals(workspace)
    outcome = Corrected(notes=_other_columns(lines, contracts, originals))
    problems: list[str] = []
    changed: dict[str, list[ingest.CorrectedRow]] = defaultdict(list)
    compared: dict[str, list[Correction]] = defaultdict(list)
    confirmed: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        key = references[line.where]
        original, contract = originals[key], contracts[originals[key].source]
        new = _merged(line, original, contract, problems)
        reason = quarantine[key].reason if key in quarantine else ""
        compared[original.source].append(
            Correction(line.where, reason, original.values, (new or original).values)
        )
        resolved_by = quarantine[key].resolved_by if key in quarantine else "replay"
        if (resolved_by == "dismissed" and key in undone - standing) or (
            resolved_by in BY_CORRECTION and key in made.waiting_again
        ):
            resolved_by = None
        if new is None:
            outcome.unchanged += 1
        elif key in corrected:
            delivery, row_no = corrected[key]
            if _says_the_same(earlier[corrected[key]], new):
                outcome.already += 1
                confirmed[original.source].add(delivery)
            else:
                outcome.left_out.append(
                    f"{line.where}: corrected before, as row {row_no} of {delivery}; "
                    f"if that is wrong, first: clearance quarantine import --undo {delivery} --row {row_no}"
                )
        elif key in made.undone:
            outcome.left_out.append(f"{line.where}: it is the row of a correction that was taken back")
        elif not is_again and any(_says_the_same(earlier[row], new) for row in made.taken_back_from(key)):
            outcome.left_out.append(
                f"{line.where}: this very correction was taken back; if it is right after all, import with --again"
            )
        elif key in standing:
            outcome.left_out.append(f"{line.where}: dismissed before")
        elif resolved_by not in (None, "came_again"):
            outcome.left_out.append(f"{line.where}: no longer in quarantine ({resolved_by})")
        else:
            reference = ingest.Corrects(key[0], key[1], original.changed_at)
            changed[original.source].append(ingest.CorrectedRow(reference, new.values, new.extra))
    _refuse(file, problems)
    _refuse(file, [said for name, rows in compared.items() for said in slipped(contracts[name], rows)], ANEW)
    day = _delivered_for(workspace, [originals[key].delivered_for for key in references.values()])
    if as_of is not None and as_of < day[0]:
        raise UnknownSubject(
            f"--as-of {as_of} lies before {day[0]}, for which a row of the file was delivered"
        )
    deliveries = {
        item.delivery_id: item for item in ingest.landed(workspace) if item.kind == ingest.CORRECTION
    }
    outcome.deliveries += [
        (deliveries[name], False) for names in confirmed.values() for name in sorted(names)
    ]
    for source, rows in sorted(changed.items()):
        outcome.deliveries.append(
            ingest.land_correction(
                workspace, contracts[source], rows, file, as_of or day[1], {name for name, _ in made.undone}
            )
        )
    _approve(workspace, [item for item, _ in outcome.deliveries], by=by, why=why, at=at)
    return outcome


def dismiss(workspace: Workspace, delivery_id: str, row_no: int, *, by: str, why: str, at: datetime) -> int:
    """Record that a row in quarantine is no claim. Returns the dismissal's number. Raises UnknownSubject."""
    waiting = worklist(workspace)
    if (delivery_id, row_no) not in {row.key for row in waiting.unsettled}:
        raise UnknownSubject(
            f"row {row_no} of delivery {delivery_id} is not on the worklist",
            remedy="clearance quarantine list names the rows that wait",
        )
    return registry.append_decision(
        workspace,
        "dismissals",
        {"delivery_id": delivery_id, "row_no": row_no, "dismissed_by": by, "dismissed_at": at, "why": why},
    )


def undo_dismissal(workspace: Workspace, number: int, *, by: str, why: str, at: datetime) -> int:
    """Take a dismissal back by a new one. Returns the new one's number. Raises UnknownSubject."""
    made = {entry["dismissal_no"]: entry for entry in registry.decisions(workspace, "dismissals")}
    undone = {entry["undoes"] for entry in made.values()}
    if number not in made or made[number]["undoes"] is not None or number in undone:
        raise UnknownSubject(f"there is no dismissal {number} that stands")
    entry = made[number]
    return registry.append_decision(
        workspace,
        "dismissals",
        {"delivery_id": entry["delivery_id"], "row_no": entry["row_no"], "dismissed_by": by, "dismissed_at": at,
         "why": why, "undoes": number},
    )  # fmt: skip


def refuse_place(workspace: Workspace, file: Path, suffixes: Collection[str] = (".xlsx", ".csv")) -> None:
    """Raises UnknownSubject where a file of personal data must not be written: another kind, there already, in the workspace."""
    if file.suffix.lower() not in suffixes:
        raise UnknownSubject(
            f"{file.name} is neither an .xlsx nor a .csv"
            if len(suffixes) > 1
            else f"{file.name} is no .xlsx",
            remedy="name it so",
        )
    if os.path.lexists(file):
        raise UnknownSubject(
            "a file of this name is there already",
            where=str(file),
            remedy="give another name; none is overwritten",
        )
    if not file.parent.is_dir():
        raise UnknownSubject("there is no such folder", where=str(file.parent))
    place = file.parent.resolve()
    for part in (workspace.published, workspace.landing, workspace.registry, workspace.checks):
        if place.is_relative_to(part.resolve()):
            raise UnknownSubject(
                "the worklist holds personal data and is not written there",
                where=str(place),
                remedy="write it into a folder of your own; what is published is read by others",
            )


def write_private(file: Path, content: bytes) -> None:
    """Write a new file that its owner alone may read."""
    with disk_full_is_said(file):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)


def _says_the_same(before: SourceRow, new: SourceRow) -> bool:
    return (before.values, before.extra) == (new.values, new.extra)


def _dismissals(workspace: Workspace) -> tuple[set[Key], set[Key]]:
    """Rows whose dismissal stands, and rows of which one was undone."""
    made = registry.decisions(workspace, "dismissals")
    taken_back = {entry["undoes"] for entry in made} - {None}
    standing: set[Key] = set()
    undone: set[Key] = set()
    for entry in made:
        if entry["undoes"] is None:
            rows = undone if entry["dismissal_no"] in taken_back else standing
            rows.add((str(entry["delivery_id"]), int(str(entry["row_no"]))))
    return standing, undone


def _table(contract: SourceContract, rows: Sequence[WaitingRow], landed: Mapping[Key, SourceRow]) -> Table:
    """Header, rows and, for each row, the columns to look at."""
    extras = list(dict.fromkeys(name for row in rows for name in landed[row.key].extra))
    header = [*FIXED, *contract.columns, *extras]
    lines, marked = [], []
    for row in rows:
        columns = _columns_at_fault(contract, row.column_name)
        values = {**landed[row.key].values, **landed[row.key].extra}
        lines.append(
            [
                row.source, row.delivery_id, str(row.row_no), row.delivered_for.isoformat(), REASON_NAMES[row.reason],
                "、".join(columns) or "整条记录", ADVICE[row.reason].to_do,
                *(shown(values.get(name)) for name in (*contract.columns, *extras)),
            ]
        )  # fmt: skip
        marked.append({at for at, name in enumerate(header) if name in columns})
    return header, lines, marked


def _columns_at_fault(contract: SourceContract, column_name: str) -> list[str]:
    if column_name == "channel":
        return [contract.channel.column] if contract.channel.column else []
    return [
        name for field_name in FIELD_COLUMNS.get(column_name, ()) for name in contract.columns_of(field_name)
    ]


def _references(
    workspace: Workspace, lines: Sequence[FileRow], quarantine: Collection[Key]
) -> dict[str, Key]:
    landed = {item.delivery_id: item.rows for item in ingest.landed(workspace)}
    references: dict[str, Key] = {}
    problems = []
    for line in lines:
        delivery, number = line.cells.get(DELIVERY, "").strip(), line.cells.get(ROW, "").strip()
        row_no = int(number) if re.fullmatch(r"\d{1,12}", number) else 0
        if (delivery, row_no) not in quarantine and not 1 <= row_no <= landed.get(delivery, 0):
            problems.append(f"{line.where}: no row in quarantine is called {DELIVERY} and {ROW} of this row")
        elif (delivery, row_no) in references.values():
            problems.append(f"{line.where}: its {DELIVERY} and {ROW} stand twice in the file")
        references[line.where] = (delivery, row_no)
    _refuse(Path(), problems)
    return references


def _merged(
    line: FileRow, original: SourceRow, contract: SourceContract, problems: list[str]
) -> SourceRow | None:
    """The row with what was changed in the file, or None where nothing was. Problems are added, without values."""
    missing = [name for name in (*contract.columns, *original.extra) if name not in line.cells]
    if missing:
        problems.append(f"{line.where}: the column {missing[0]} is gone from the file")
        return None
    values, extra = dict(original.values), dict(original.extra)
    has_changed = False
    for name, cell in line.cells.items():
        part: dict[str, str | None] | dict[str, str] = values if name in values else extra
        if name.startswith(MARK) or name not in part:
            continue
        new, old = shown(cell), shown(part[name])
        if not is_changed(old, new):
            continue
        if SHORTENED.fullmatch(new.strip()):
            problems.append(
                f"{line.where}: the number in {name} was shortened by the spreadsheet; write it as text"
            )
        part[name] = new
        has_changed = True
    if not has_changed:
        return None
    return SourceRow(original.source, values, extra, original.changed_at, original.delivered_for)


def _other_columns(
    lines: Sequence[FileRow], contracts: Mapping[str, SourceContract], originals: Mapping[Key, SourceRow]
) -> list[str]:
    """Columns of the file that are none of the source's: a clerk's remarks."""
    known = {name for row in originals.values() for name in row.extra}
    known |= {name for contract in contracts.values() for name in contract.columns}
    return sorted({name for line in lines for name in line.cells if name and name[0] != MARK} - known)


def _delivered_for(workspace: Workspace, corrected: Iterable[date]) -> tuple[date, date]:
    """The newest day of the corrected rows, and the newest of all that landed."""
    return max(corrected), max(item.delivered_for for item in ingest.landed(workspace))


def _approve(
    workspace: Workspace, deliveries: Sequence[ingest.Delivery], *, by: str, why: str, at: datetime
) -> None:
    """One approval a correction; a crash between landing and approval is made good by the same file again."""
    approved = {entry["subject"] for entry in registry.decisions(workspace, "approvals")}
    for item in deliveries:
        subject = f"{ingest.CORRECTION}:{item.delivery_id}"
        if subject not in approved:
            registry.append_decision(
                workspace,
                "approvals",
                {"subject": subject, "approved_by": by, "approved_at": at, "why": why},
            )


def _refuse(file: Path, problems: Sequence[str], remedy: str = "") -> None:
    if not problems:
        return
    said = "\n".join(f"  {problem}" for problem in problems[:PROBLEMS_SAID])
    more = f"\n  … and {len(problems) - PROBLEMS_SAID} more" if len(problems) > PROBLEMS_SAID else ""
    raise DeliveryRefused(
        ingest.CORRECTION,
        f"nothing was landed: {len(problems)} rows of the file cannot be taken\n{said}{more}",
        where=file.name,
        remedy=remedy or "mend these rows, or delete them from the file, and import it again",
    )
