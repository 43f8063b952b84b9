"""The contract of the five sources, held by the product: files in, tickets, events and quarantine out.

Each case is a folder of `tests/fixtures/contract` (its README explains `expected.json`): a fresh workspace,
the commands `clearance import …` and `clearance publish`, then what an analyst finds in the database.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures" / "contract"
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/expected.json"))
REASONS = {
    "missing_ticket_no",
    "unreadable_ticket_no",
    "unreadable_received_at",
    "impossible_received_at",
    "closed_before_received",
    "negative_amount",
    "unknown_division",
    "cut_record",
}
FLAGS = {
    "invalid_id_number",
    "invalid_employer_code",
    "phone_lost_to_excel",
    "unknown_code:",
    "contradiction",
    "broken_bytes",
    "suspicious_text",
    "source_deadline_differs",
}
#: Parts of the fixtures' texts that must never be live in a published file.
LIVE_SCRIPT = "<script>alert('清零')"
#: Names, phones and ID numbers of the fixtures (parts of them): never outside the restricted store.
PERSONAL = ("测试甲", "测试乙", "测试丙", "测试丁", "虚构网友", "19900000", "19010203")
LIVE_FORMULA = re.compile(r"<f>[^<]*(HYPERLINK|SUM\(1\+1\)|cmd\|)", re.IGNORECASE)

Clearance = Callable[..., tuple[int, str]]


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def expected_of(case: Path) -> dict[str, Any]:
    return json.loads((case / "expected.json").read_text(encoding="utf-8"))


def of_kind(*, refused: bool) -> list[Path]:
    return [case for case in CASES if bool(expected_of(case)["refused"]) is refused]


def commands_of(expected: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"files": expected["files"], "as_of": expected["as_of"]}, *expected.get("then", [])]


@pytest.fixture
def clearance(tmp_path: Path) -> Clearance:
    """Run a command on a workspace of its own; gives the exit code and all that was said."""
    from typer.testing import CliRunner

    from pipelines.cli import app

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["--workspace", str(tmp_path / "workspace"), *arguments])
        said = result.output + (str(result.exception) if result.exception else "")
        return result.exit_code, said

    return run


def import_files(clearance: Clearance, case: Path, command: dict[str, Any]) -> tuple[int, str]:
    day = ["--as-of", command["as_of"]] if command["as_of"] else []
    paths = [str(case / file) for file in command["files"]]
    return clearance("import", case.parent.name, *paths, *day)


def without_spaces(text: str) -> str:
    """Terminals wrap long messages: words are looked for without regard to white space and frames."""
    return re.sub(r"[\s│┃|]+", "", text)


# ---- the fixtures themselves


def test_committed_bytes_are_what_the_generator_makes() -> None:
    check = subprocess.run(
        [sys.executable, str(FIXTURES / "make_fixtures.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, f"fixtures differ from make_fixtures.py:\n{check.stdout}{check.stderr}"


def test_every_source_and_reason_has_a_case() -> None:
    seen = Counter(q["reason"] for case in CASES for q in expected_of(case).get("quarantine", []))
    assert {case.parent.name for case in CASES} == {
        "national",
        "regional",
        "petition",
        "hotline",
        "cyberspace",
    }
    assert set(seen) == REASONS, f"reasons without a case, or unknown: {set(seen) ^ REASONS}"


@pytest.mark.parametrize("case", of_kind(refused=False), ids=name_of)
def test_expectation_adds_up(case: Path) -> None:
    expected = expected_of(case)
    counts = expected["dispositions"]
    identifiers = [ticket["ticket_id"] for ticket in expected["tickets"]]
    flags = {
        flag
        for ticket in expected["tickets"]
        for flag in ticket.get("flags_include", []) + ticket.get("flags_exclude", [])
    }
    assert sum(counts.values()) == expected["rows_landed"], f"{name_of(case)}: {counts}"
    assert counts["quarantined"] == len(expected["quarantine"]), name_of(case)
    assert len(set(identifiers)) == len(identifiers) <= counts["version"], name_of(case)
    assert all(i.startswith(f"{expected['source']}:") for i in identifiers), name_of(case)
    assert flags <= FLAGS, f"{name_of(case)}: unknown flags {flags - FLAGS}"
    assert {event[0] for event in expected["events"]} <= set(identifiers), name_of(case)
    for file in (file for command in commands_of(expected) for file in command["files"]):
        assert (case / file).is_file(), f"{name_of(case)}: {file} is named and does not exist"


# ---- the product


@pytest.mark.parametrize("case", of_kind(refused=True), ids=name_of)
def test_refused_file_says_why(case: Path, clearance: Clearance) -> None:
    expected = expected_of(case)
    exit_code, said = import_files(clearance, case, commands_of(expected)[0])
    assert exit_code != 0, f"{name_of(case)}: must be refused ({expected['why']}), but ended with 0:\n{said}"
    for word in expected["refused"]["error_mentions"]:
        assert word in without_spaces(said), f"{name_of(case)}: the error does not name {word!r}:\n{said}"


@pytest.mark.parametrize("case", of_kind(refused=False), ids=name_of)
def test_case_is_held(case: Path, clearance: Clearance, tmp_path: Path) -> None:
    expected = expected_of(case)
    printed = ""
    for command in commands_of(expected):
        exit_code, said = import_files(clearance, case, command)
        assert exit_code == 0, (
            f"{name_of(case)}: import of {command['files']} ended with {exit_code}:\n{said}"
        )
        printed += said
    exit_code, said = clearance("publish", "--date", expected["publish_date"])
    assert exit_code == 0, f"{name_of(case)}: publish ended with {exit_code}:\n{said}"
    published = (tmp_path / "workspace" / "published" / "latest").resolve()
    with duckdb.connect(str(published / "clearance.duckdb"), read_only=True) as database:
        problems = [
            *differing_counts(database, expected),
            *differing_quarantine(database, expected),
            *differing_tickets(database, expected),
            *differing_events(database, expected),
        ]
    problems += [
        f"the import does not print {word!r}: {printed}"
        for word in expected.get("output_mentions", [])
        if word not in without_spaces(printed)
    ]
    problems += live_texts(published)
    problems += personal_data(published)
    problems += [f"a command prints personal data: {text}" for text in PERSONAL if text in printed]
    listing = "\n  ".join(problems)
    assert not problems, f"{name_of(case)} ({expected['why']}):\n  {listing}"


def personal_data(published: Path) -> Iterator[str]:
    """Names, phones and ID numbers in any published file: its bytes, packed parts, and database columns."""
    for path in sorted(path for path in published.rglob("*") if path.is_file()):
        contents = [path.read_bytes()]
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as workbook:
                contents = [workbook.read(name) for name in workbook.namelist()]
        for text in PERSONAL:
            if any(text.encode() in content for content in contents):
                yield f"{path.name}: holds personal data ({text})"
    with duckdb.connect(str(published / "clearance.duckdb"), read_only=True) as database:
        query = (
            "select table_name, column_name from information_schema.columns where table_catalog = 'clearance'"
        )
        for column in rows_of(database, query):
            table, name = column["table_name"], column["column_name"]
            texts = rows_of(database, f'select distinct "{name}"::varchar as text from clearance."{table}"')
            for text in PERSONAL:
                if any(text in (row["text"] or "") for row in texts):
                    yield f"clearance.duckdb, {table}.{name}: holds personal data ({text})"


def rows_of(database: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[dict[str, Any]]:
    cursor = database.execute(query, list(values))
    columns = [column[0] for column in cursor.description or []]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def differing_counts(database: duckdb.DuckDBPyConnection, expected: dict[str, Any]) -> Iterator[str]:
    """Rows landed, and where each ended, in `sources`."""
    source = expected["source"]
    query = """
        select sum(rows_landed) as rows_landed, sum(rows_version) as version,
               sum(rows_same) as same_as_before, sum(rows_out_of_scope) as out_of_scope,
               sum(rows_quarantined) as quarantined
        from clearance.sources where source = ?
    """
    found = rows_of(database, query, source)[0]
    for key, want in {"rows_landed": expected["rows_landed"], **expected["dispositions"]}.items():
        if found[key] != want:
            yield f"sources, {source}: {key}: expected {want}, got {found[key]}"


def differing_quarantine(database: duckdb.DuckDBPyConnection, expected: dict[str, Any]) -> Iterator[str]:
    """Each expected row is taken from what is there; what is left over was not expected."""
    query = "select ticket_no, reason, row_no from clearance.quarantine where source = ? order by row_no"
    found = rows_of(database, query, expected["source"])
    for want in sorted(expected["quarantine"], key=lambda entry: "ticket_no" not in entry):
        match = next(
            (
                row
                for row in found
                if row["reason"] == want["reason"]
                and ("ticket_no" not in want or (row["ticket_no"] or None) == want["ticket_no"])
            ),
            None,
        )
        if match is None:
            yield f"quarantine: expected a row {want}, there is none"
        else:
            found.remove(match)
    for row in found:
        yield f"quarantine: not expected: {row}"


def differing_tickets(database: duckdb.DuckDBPyConnection, expected: dict[str, Any]) -> Iterator[str]:
    """The published tickets are exactly the expected ones, in every field that is stated."""
    query = "select * from clearance.tickets where source = ? order by ticket_id"
    found = {row["ticket_id"]: row for row in rows_of(database, query, expected["source"])}
    wanted = {ticket["ticket_id"]: ticket for ticket in expected["tickets"]}
    for ticket_id in sorted(found.keys() - wanted.keys()):
        yield f"tickets: not expected: {ticket_id}"
    for ticket_id, want in wanted.items():
        if ticket_id not in found:
            yield f"tickets: missing: {ticket_id}"
            continue
        for field, value in want.items():
            problem = differing_field(found[ticket_id], field, value)
            if problem:
                yield f"{ticket_id}: {problem}"


def differing_field(row: dict[str, Any], field: str, want: Any) -> str | None:
    """What is wrong with one stated field of a ticket, or nothing."""
    if field in ("flags_include", "flags_exclude"):
        flags = flags_of(row["flags"])
        wrong = [flag for flag in want if has_flag(flags, flag) is (field == "flags_exclude")]
        word = "must carry" if field == "flags_include" else "must not carry"
        return f"{word} {wrong}, flags are {sorted(flags)}" if wrong else None
    column, allowed = field, [want]
    if field.endswith("_in"):
        column, allowed = field.removesuffix("_in"), want
    is_day = field in ("received_on", "accepted_on", "closed_on", "source_due_on")
    if is_day:
        column = field.removesuffix("_on") + "_at"
    got = plain(row[column])
    if is_day and isinstance(got, str):
        got = got[:10]
    return None if got in allowed else f"{field}: expected {want!r}, got {got!r}"


def has_flag(flags: set[str], wanted: str) -> bool:
    """`unknown_code:` is met by a flag of any column."""
    return any(flag == wanted or (wanted.endswith(":") and flag.startswith(wanted)) for flag in flags)


def flags_of(value: Any) -> set[str]:
    """The flags of a ticket, whether they are a list or a text."""
    if value is None:
        return set()
    items = re.split(r"[;,|\s]+", value) if isinstance(value, str) else value
    return {str(item) for item in items if item}


def plain(value: Any) -> Any:
    """A time as `YYYY-MM-DD HH:MM:SS` in Beijing time; everything else as it is."""
    if isinstance(value, datetime):
        local = value.astimezone(ZoneInfo("Asia/Shanghai")) if value.tzinfo else value
        return local.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else value


def differing_events(database: duckdb.DuckDBPyConnection, expected: dict[str, Any]) -> Iterator[str]:
    """The stated events are there, as often as they are stated; those that must not be are not."""
    query = (
        "select ticket_id, event, occurred_at from clearance.ticket_events order by ticket_id, occurred_at"
    )
    found = [
        (row["ticket_id"], row["event"], plain(row["occurred_at"])[:10]) for row in rows_of(database, query)
    ]
    left = list(found)
    for ticket_id, event, day in expected["events"]:
        match = next((e for e in left if e[:2] == (ticket_id, event) and day in (None, e[2])), None)
        if match is None:
            there = [e[1:] for e in found if e[0] == ticket_id]
            yield f"{ticket_id}: expected event {event} on {day or 'any day'}, events are {there}"
        else:
            left.remove(match)
    for banned in expected.get("no_events", []):
        if any(event[: len(banned)] == tuple(banned) for event in found):
            yield f"{banned[0]}: must have no event {' on '.join(banned[1:])}"


def live_texts(published: Path) -> Iterator[str]:
    """Texts that would run in a browser or a spreadsheet program, in any published file."""
    for path in sorted(published.rglob("*")):
        if path.suffix in (".html", ".md") and LIVE_SCRIPT in path.read_text(encoding="utf-8"):
            yield f"{path.name}: holds a live script from a source's text"
        if path.suffix == ".csv":
            for line in path.read_text(encoding="utf-8-sig").splitlines():
                if re.search(r'(^|,)"?=HYPERLINK', line):
                    yield f"{path.name}: holds a live formula from a source's text"
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as workbook:
                for name in workbook.namelist():
                    if LIVE_FORMULA.search(workbook.read(name).decode("utf-8", "replace")):
                        yield f"{path.name}, {name}: holds a live formula from a source's text"
