"""A judged workbook comes back: each row is booked or refused on its own, with its place and the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipelines import registry
from pipelines.errors import DeliveryRefused
from pipelines.publish.terminal import published_database
from pipelines.resolve.verdicts import Verdict, verdicts
from pipelines.review.consistency import claimant_ids, contradictory
from pipelines.review.evidence import Pair, not_made
from pipelines.review.pairs import warehouse_of
from pipelines.review.tickets import published_tickets, told_tickets
from pipelines.review.workbook import CODE, JUDGE, JUDGEMENT, TICKET_A, TICKET_B, VERDICTS, WHY
from pipelines.review.worklist import check_code, ids_code
from pipelines.settings import City
from pipelines.store import Workspace, open_published
from pipelines.worksheet import workbook_cells

PERSONAL_NUMBER = re.compile(r"\d{17}[\dXx]|(?<!\d)1[3-9]\d{9}(?!\d)")
FILE = "review"
HEADER_ROWS = 10


@dataclass(frozen=True)
class JudgedRow:
    """A row of the file in which something is judged: where it stands, and its cells."""

    where: str
    pair: Pair
    judgement: str
    why: str
    judge: str
    code: str


@dataclass(frozen=True)
class _Now:
    """Which of the file's tickets are published, and the check codes of its pairs as they are now."""

    published: frozenset[str]
    codes: Mapping[Pair, str]


@dataclass
class Returned:
    """What came of a judged file. `booked`: number, place and verdict of each new judgement."""

    booked: list[tuple[int, str, Verdict]] = field(default_factory=list)
    already: int = 0
    empty: int = 0
    refused: list[str] = field(default_factory=list)


def bring_back(workspace: Workspace, city: City, file: Path, *, by: str, at: datetime) -> Returned:
    """Book the judgements of a file that `workbook.export` wrote; the same file again books nothing.

    A row is refused, and the others are taken, where its word or reason is missing, a ticket is not published, its
    numbers were edited, what is known of its tickets changed since, the very judgement was undone, or it contradicts
    another one or two valid IDs.
    Raises DeliveryRefused for a file that no export wrote, ConfigurationError where no warehouse is made.
    """
    rows, empty = _read(file)
    outcome = Returned(empty=empty)
    known = verdicts(registry.decisions(workspace, "judgements"))
    standing = [item for item in known if item.is_active]
    by_pair = {item.tickets: item for item in standing}
    now = _now(workspace, city, rows)
    good: dict[str, tuple[JudgedRow, Verdict]] = {}
    seen: dict[tuple[Pair, str], str] = {}
    for row in rows:
        problem = _problem_of_form(row)
        verdict = VERDICTS.get(row.judgement, "")
        stands = by_pair.get(row.pair)
        if not problem and stands is not None and stands.verdict == verdict:
            outcome.already += 1
            continue
        problem = problem or _problem_of_code(row, now) or _problem_of_undone(row, known)
        if not problem and (row.pair, verdict) in seen:
            problem = f"the same judgement stands in {seen[(row.pair, verdict)]}"
        if problem:
            outcome.refused.append(f"{row.where}: {problem}")
            continue
        seen[(row.pair, verdict)] = row.where
        said = {"judged_by": _who(row, by), "judged_at": at, "why": row.why}
        good[row.where] = (row, Verdict(-len(good) - 1, row.pair, verdict, said, None))
    tickets = sorted({ticket for _, item in good.values() for ticket in item.tickets} | _tickets(standing))
    refused = contradictory(
        standing,
        {where: item for where, (_, item) in good.items()},
        claimant_ids(workspace, city, tickets) or {},
    )
    for where, why in refused.items():
        outcome.refused.append(f"{where}: {why}")
    for where, (_, item) in good.items():
        if where not in refused:
            decision = {
                "ticket_a": item.tickets[0], "ticket_b": item.tickets[1], "verdict": item.verdict, **item.row,
            }  # fmt: skip
            number = registry.append_decision(workspace, "judgements", decision)
            outcome.booked.append((number, where, item))
    return outcome


def _tickets(items: Sequence[Verdict]) -> set[str]:
    return {ticket for item in items for ticket in item.tickets}


def _who(row: JudgedRow, by: str) -> str:
    return by if row.judge in ("", by) else f"{row.judge}（{by} 导入）"


def _read(file: Path) -> tuple[list[JudgedRow], int]:
    """The rows in which something is judged, and how many blocks are left empty."""
    rows, empty, has_header = [], 0, False
    for name, lines in workbook_cells(file, FILE).items():
        needed = (TICKET_A, TICKET_B, JUDGEMENT, WHY, JUDGE, CODE)
        at = next(
            (place for place, line in enumerate(lines[:HEADER_ROWS]) if set(needed) <= {cell.strip() for cell in line}),
            None,
        )  # fmt: skip
        if at is None:
            continue
        has_header = True
        places = {title: [cell.strip() for cell in lines[at]].index(title) for title in needed}
        for number, line in enumerate(lines[at + 1 :], start=at + 2):
            a, b, judgement, why, judge, code = (
                line[places[title]].strip() if places[title] < len(line) else "" for title in needed
            )
            if judgement or why or judge:
                rows.append(JudgedRow(f"{name} row {number}", (a, b), judgement, why, judge, code))
            elif code:
                empty += 1
    if not has_header:
        raise DeliveryRefused(
            FILE,
            "the file holds no pairs to judge",
            where=file.name,
            remedy="fill in a file that review export wrote, and leave its columns as they are",
        )
    return rows, empty


def _problem_of_form(row: JudgedRow) -> str:
    if not row.code:
        return f"no pair begins in this row; write the judgement beside the {CODE}"
    if not row.judgement:
        return f"it has a {WHY} or a {JUDGE} and no {JUDGEMENT}; nothing is decided"
    if row.judgement not in VERDICTS:
        return f"the {JUDGEMENT} is neither {' nor '.join(VERDICTS)}"
    if not row.why:
        return f"the {WHY} is empty; a judgement says what it rests on"
    if PERSONAL_NUMBER.search(row.why) or PERSONAL_NUMBER.search(row.judge):
        return f"the {WHY} or {JUDGE} holds an ID or phone number; say it without, review list shows it"
    return ""


def _problem_of_code(row: JudgedRow, now: _Now) -> str:
    unknown = [ticket for ticket in row.pair if ticket not in now.published]
    if unknown:
        return f"no published ticket is called {unknown[0] or '(empty)'}"
    if row.code.partition("-")[0] != ids_code(row.pair):
        return f"a ticket's number or the {CODE} was edited, or rows slipped; export the list anew"
    if row.code != now.codes[row.pair]:
        return (
            "what is known of the two tickets changed since the export; look at the pair again: export anew"
        )
    return ""


def _problem_of_undone(row: JudgedRow, known: Sequence[Verdict]) -> str:
    """A file that is imported once more does not bring back what somebody took back since."""
    for item in known:
        is_it = (item.tickets, item.verdict, item.row["why"]) == (row.pair, VERDICTS[row.judgement], row.why)
        if is_it and item.ended_by is not None:
            return f"this very judgement was undone (judgement {item.number}); if it is right after all: review decide"
    return ""


def _now(workspace: Workspace, city: City, rows: Sequence[JudgedRow]) -> _Now:
    """Raises ConfigurationError where the warehouse does not hold the tickets as they are published."""
    tickets = sorted({ticket for row in rows for ticket in row.pair})
    with open_published(published_database(workspace.published, None)) as published:
        known = published_tickets(published, tickets)
    with warehouse_of(workspace, city) as connection:
        told = told_tickets(connection, known)
    if len(told) < len(known):
        raise not_made()
    codes = {
        row.pair: check_code(row.pair, [told[ticket] for ticket in row.pair])
        for row in rows
        if all(ticket in told for ticket in row.pair)
    }
    return _Now(frozenset(known), codes)
