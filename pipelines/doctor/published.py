"""What the newest publication says of itself: quarantine, checks, drift; and runs that ended without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.doctor.findings import Finding, Heading
from pipelines.store import Workspace, open_published

RUN = re.compile(r"(\d{4}-\d{2}-\d{2})_(r\d{2})")


def published_findings(workspace: Workspace) -> Iterator[Finding]:
    """Findings from the published folders and from checks/."""
    folders = sorted(path for path in workspace.published.glob("????-??-??/r??") if path.is_dir())
    if not folders:
        yield Finding("published", "ok", "nothing is published yet")
    else:
        latest = workspace.published / "latest"
        if not latest.is_dir():
            yield Finding(
                "published",
                "wrong",
                "the link latest leads nowhere",
                "publishing puts the link right; a day that is published already stays as it is",
                Heading.PUBLICATION,
                commands=(f"clearance publish --date {folders[-1].parent.name}",),
            )
        newest = latest.resolve() if latest.is_dir() else folders[-1]
        yield Finding("published", "ok", f"newest {newest.parent.name}/{newest.name}")
        earlier = [folder for folder in folders if folder < newest and folder.parent != newest.parent]
        yield from _of_publication(newest, earlier[-1] if earlier else None)
    yield from _stopped_runs(workspace)


def _of_publication(newest: Path, before: Path | None) -> Iterator[Finding]:
    waiting = _counts(newest, "quarantine", "source", "not is_resolved")
    earlier = {} if before is None else _counts(before, "quarantine", "source", "not is_resolved")
    for source, rows in waiting.items():
        grown = rows - earlier.get(source, 0)
        more = f", {grown} more than in {before.parent.name}" if before is not None and grown > 0 else ""
        yield Finding(
            source,
            "look",
            f"{rows} rows in quarantine (未入账){more}",
            "read the reasons; correct the rows in a file and import it, or mend contract or code list and replay",
            Heading.QUARANTINE,
            commands=(
                f"clearance quarantine list --source {source}",
                f"clearance quarantine export --source {source} --to FILE.xlsx",
                "clearance quarantine import FILE.xlsx --by NAME --why REASON",
                f"clearance quarantine replay {source} --by NAME --why REASON",
            ),
        )
    for source, ways in _counts(newest, "drift", "source", "is_new").items():
        yield Finding(
            source,
            "look",
            f"its deliveries differ in {ways} new ways from the days before",
            "read them; each says what accepts it",
            Heading.DRIFT,
            commands=(f"clearance drift {source} --date {newest.parent.name}",),
        )
    for status, checks in _counts(newest, "checks", "status", "status in ('failed', 'crashed')").items():
        yield Finding(
            "checks",
            "look",
            f"{checks} checks of {newest.parent.name} {status}, none of them blocking",
            f"read {newest / 'checks' / 'index.html'}",
            Heading.GATE if status == "failed" else Heading.CRASHED,
        )


def _stopped_runs(workspace: Workspace) -> Iterator[Finding]:
    published = sorted(
        path.parent.name for path in workspace.published.glob("????-??-??/r??") if path.is_dir()
    )
    for folder in sorted(workspace.checks.glob("*")):
        named = RUN.fullmatch(folder.name)
        if named is None or (workspace.published / named[1] / named[2]).is_dir():
            continue
        if published and named[1] < published[-1]:
            yield Finding(
                "gate",
                "look",
                f"{named[1]} was checked and never published; {published[-1]} is, so it cannot be any more",
                f"its rows stand in the days after it; remove {folder} when its report is read",
                Heading.GATE,
            )
            continue
        yield Finding(
            "gate",
            "wrong",
            f"{named[1]} was checked and not published",
            f"read {folder / 'index.html'}, mend the cause, then publish",
            Heading.GATE,
            commands=(f"clearance publish --date {named[1]}",),
        )


def _counts(folder: Path, table: str, by: str, condition: str) -> dict[str, int]:
    """Rows of a published table by a column; nothing where the publication has no such table."""
    with open_published(folder / "clearance.duckdb") as connection:
        known = connection.execute(
            "select count(*) from duckdb_columns() where database_name = 'clearance' and table_name = $1 "
            "and column_name = $2",
            [table, by],
        ).fetchall()
        if not known[0][0]:
            return {}
        rows = connection.execute(
            f"select {by}, count(*) from clearance.{table} where {condition} group by 1 order by 1"
        ).fetchall()
    return {str(name): int(count) for name, count in rows}
