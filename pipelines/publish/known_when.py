"""A past day in the terminal: as it was published, and as it is known now with every entry that differs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console

from pipelines.errors import UnknownSubject
from pipelines.harmless import visible
from pipelines.publish.figures import channel_rows
from pipelines.publish.lines import LEAST_WIDTH, folded
from pipelines.publish.terminal import flow_table, show_file
from pipelines.publish.wording import BASIS_NAMES, CAUSE_NAMES, FLOW_NAMES, signed
from pipelines.store import open_published

# So many entries between the two are printed one by one.
MOST_ENTRIES = 200


def show_as_published(published: Path, day: date, console: Console) -> None:
    """Print a day as it was first published; of a day that has no daily publication of its own, what the book says."""
    own = published / day.isoformat() / "r01"
    if (own / "clearance.duckdb").is_file() and _kind(own) == "daily":
        show_file(own / "clearance.duckdb", console)
        return
    file = _newest_knowledge(published, day)
    with open_published(file) as connection:
        console.print(f"\n[bold]欠薪线索清零进度表  {day}（台账所载，该日未单独发布）[/bold]")
        _print_ledger(connection, "clearance_daily", day, console)
    console.print(f"\n{file.parent}", markup=False)


def show_as_known(published: Path, day: date, console: Console) -> None:
    """Print a day by all that the newest publication that covers it knows, and each entry that was not in its book."""
    file = _newest_knowledge(published, day)
    with open_published(file) as connection:
        console.print(f"\n[bold]欠薪线索清零进度表  {day}（现在所知）[/bold]")
        _print_ledger(connection, "clearance_restated", day, console)
        try:
            _print_entries(connection, day, console)
        except duckdb.CatalogException:
            raise UnknownSubject(
                "this publication does not list what became known later",
                where=str(file),
                remedy=f"clearance reissue --date {day} makes one that does",
            ) from None
    console.print(f"\n{file.parent}", markup=False)


def _print_ledger(connection: duckdb.DuckDBPyConnection, ledger: str, day: date, console: Console) -> None:
    found = connection.execute(
        f"select count(*) from clearance.{ledger} where business_date = $1", [day]
    ).fetchall()
    if not found[0][0]:
        first = connection.execute(f"select min(business_date) from clearance.{ledger}").fetchall()[0][0]
        raise UnknownSubject(f"the ledger begins with {first}", remedy="ask for that day or a later one")
    channels = {str(row["channel"]): str(row["name"]) for row in channel_rows(connection)}
    for title, column, names in (
        ("分渠道 by channel", "channel", channels),
        ("分区县 by division", "division_code", _divisions(connection)),
    ):
        console.print(flow_table(connection, ledger, day, title, column, names))


def _print_entries(connection: duckdb.DuckDBPyConnection, day: date, console: Console) -> None:
    """The entries between the two, and that they are the whole difference."""
    entries = connection.execute(
        "select occurred_on, basis, flow, quantity, effect, cause, corrected_on, division_code, channel, subject_id "
        "from known_since($1) order by basis desc, occurred_on desc, flow, subject_id, division_code, channel",
        [day],
    ).fetchall()
    effects = dict.fromkeys(BASIS_NAMES, 0)
    for _, basis, _, _, effect, *_ in entries:
        effects[basis] += effect
    closings = connection.execute(
        "select p.basis, k.closing - p.closing from "
        "(select basis, sum(closing) as closing from as_published($1) group by basis) as p join "
        "(select basis, sum(closing) as closing from as_known($1) group by basis) as k using (basis)",
        [day],
    ).fetchall()
    console.print(f"\n当日公布之后才得知的 {len(entries)} 笔 (known since it was published)")
    for basis, difference in sorted(closings, reverse=True):
        console.print(
            f"  {BASIS_NAMES[basis]}：期末在办 现知－公布 {signed(int(difference))}，逐笔合计 {signed(effects[basis])}"
        )
    divisions = _divisions(connection)
    for (
        occurred_on,
        basis,
        flow,
        quantity,
        effect,
        cause,
        corrected_on,
        division,
        channel,
        subject,
    ) in entries[:MOST_ENTRIES]:
        booked = f"{corrected_on} 入账" if corrected_on else "尚未入账"
        line = (
            f"{occurred_on} {BASIS_NAMES[basis]} {FLOW_NAMES[flow]} {signed(quantity)}（存量 {signed(effect)}） "
            f"{divisions.get(division, division)} {channel} {CAUSE_NAMES.get(cause, cause)} {booked} {subject}"
        )
        for text in folded(visible(line), max(console.width, LEAST_WIDTH), indent=2, hang=4):
            console.print(text, markup=False, soft_wrap=True)
    if len(entries) > MOST_ENTRIES:
        console.print(f"  {len(entries) - MOST_ENTRIES} more: from known_since(date '{day}') in the database")


def _newest_knowledge(published: Path, day: date) -> Path:
    """The database that was made last of those that cover a day: the newest publication, or a reissue of the day."""
    folders = [published / "latest", *(published / day.isoformat()).glob("r[0-9][0-9]")]
    made: Mapping[Path, str] = {
        folder: _manifest(folder)["published_at"] for folder in folders if _covers(folder, day)
    }
    if not made:
        days = sorted(path.name for path in published.glob("20*"))
        raise UnknownSubject(f"{day} is not published", remedy=f"published days: {', '.join(days) or 'none'}")
    # (Of two in one second the reissue: it came after the publication that it restates.)
    return max(made, key=lambda folder: (made[folder], folder.name)) / "clearance.duckdb"


def _covers(folder: Path, day: date) -> bool:
    return (folder / "manifest.json").is_file() and _manifest(folder)["business_date"] >= day.isoformat()


def _kind(folder: Path) -> str:
    return str(_manifest(folder).get("kind", "daily"))


def _manifest(folder: Path) -> dict[str, str]:
    content: dict[str, str] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return content


def _divisions(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return {
        str(code): str(name)
        for code, name in connection.execute(
            "select division_code, name from clearance.divisions order by division_code"
        ).fetchall()
    }
