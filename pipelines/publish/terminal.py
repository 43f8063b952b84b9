"""What the command line prints of a published day: the table, and review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.errors import UnknownSubject
from pipelines.harmless import visible
from pipelines.publish.figures import Figures, collect
from pipelines.publish.lines import LEAST_WIDTH, folded
from pipelines.publish.wording import FORMULAS, count, freshness, share, wan
from pipelines.store import Workspace, open_published

FLOWS = {
    "opening": "结转",
    "received": "接收",
    "reopened": "重办",
    "transferred_in": "转入",
    "closed": "办结",
    "transferred_out": "转出",
    "withdrawn": "撤回",
    "corrections": "更正",
    "closing": "在办",
}

# So many pairs that were kept apart are printed.
MOST_PAIRS = 200


def published_database(published: Path, business_date: date | None) -> Path:
    """The newest revision's database of a date, or the latest. Raises UnknownSubject when it is not published."""
    if business_date is None:
        folder = published / "latest"
    else:
        folder = max((published / business_date.isoformat()).glob("r[0-9][0-9]"), default=published / "none")
    file = folder / "clearance.duckdb"
    if not file.is_file():
        days = sorted(path.name for path in published.glob("20*"))
        raise UnknownSubject(
            f"{business_date} is not published" if business_date else "nothing is published yet",
            where=str(published),
            remedy=f"published days: {', '.join(days) or 'none'}; clearance run --date … publishes one",
        )
    return file


def show_day(published: Path, business_date: date | None, console: Console) -> None:
    """Print the clearance table of a day: tickets and leads by channel and division, flows, both on-time figures."""
    show_file(published_database(published, business_date), console)


def show_file(file: Path, console: Console) -> None:
    """Print the clearance table of a published database."""
    with open_published(file) as connection:
        day = connection.execute("select max(business_date) from clearance.clearance_daily").fetchall()[0][0]
        figures = collect(connection, day)
        restated = "（重述）" if figures.is_restated else ""
        console.print(f"\n[bold]欠薪线索清零进度表  {day}{restated}[/bold]")
        for title, column, names in (
            ("分渠道 by channel", "channel", figures.channels),
            ("分区县 by division", "division_code", figures.divisions),
        ):
            ledger = "clearance_restated" if figures.is_restated else "clearance_daily"
            console.print(flow_table(connection, ledger, day, title, column, names))
        _print_rates(figures, console)
        _print_waiting(figures, console)
        console.print(f"\n{file.parent}", markup=False)


def flow_table(
    connection: duckdb.DuckDBPyConnection,
    ledger: str,
    day: date,
    title: str,
    column: str,
    names: Mapping[str, str],
) -> Table:
    """A day of a ledger (clearance_daily or clearance_restated) by channel or division, with the city's sums."""
    # Narrow enough for a terminal of 80 columns; numbers and names are never cut.
    table = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("", no_wrap=True)
    table.add_column("口径", no_wrap=True)
    for label in FLOWS.values():
        table.add_column(label, justify="right", no_wrap=True)
    table.add_column("超期", justify="right", no_wrap=True)
    sums = ", ".join(f"sum({name})" for name in (*FLOWS, "overdue_open"))
    rows = connection.execute(
        f"select {column}, basis, {sums} from clearance.{ledger} where business_date = $1 "
        f"group by rollup (basis, {column}) having basis is not null",
        [day],
    ).fetchall()
    by_key = {(row[0], row[1]): row[2:] for row in rows}
    for key in [*[name for name in names if (name, "ticket") in by_key], None]:
        for basis, word in (("ticket", "件次"), ("lead", "线索")):
            figures = [f"{value:,}" for value in by_key[(key, basis)]]
            name = (names[key] if key else "全市合计") if basis == "ticket" else ""
            table.add_row(name, word, *figures, style="bold" if key is None else None)
    return table


def _print_rates(figures: Figures, console: Console) -> None:
    key = figures.key()
    for name, part, whole in (
        ("热线口径", "known_on_time", "known_closed"),
        ("信访口径", "due_on_time", "due"),
    ):
        formula = next(text for title, text, _ in FORMULAS if title == f"时效内办结率（{name}）")
        rate = _rate(key[f"tickets_{part}"], key[f"tickets_{whole}"])
        _print_folded(f"时效内办结率（{name}：{formula}） {rate}", console)
    tickets, leads = key["tickets_known"], key["leads_known"]
    console.print(f"件次 {count(tickets)}，线索 {count(leads)}，重复率 {_rate(tickets - leads, tickets)}")
    console.print(
        f"清欠（每条线索计一次）：{count(key['recovered_persons'])} 人，{wan(key['recovered_fen'])} 万元"
    )


def _print_waiting(figures: Figures, console: Console) -> None:
    text = "、".join(f"{source} {count(rows)}" for _, source, rows in figures.waiting_by_source()) or "无"
    _print_folded(f"未入账（隔离待核，按来源）：{text}", console)
    for source in figures.missing_sources:
        said = visible(
            f"缺报：{source['title']}（{source['source']}）{freshness(source, figures.business_date)}"
        )
        _print_folded(said, console, style="bold")


def _print_folded(text: str, console: Console, style: str = "") -> None:
    for line in folded(text, max(console.width, LEAST_WIDTH), hang=2):
        console.print(Text(line, style=style), soft_wrap=True)


def show_review(workspace: Workspace, console: Console) -> None:
    """Print the pairs kept apart that wait for a person, the likeliest first, in the newest publication."""
    apart = "from clearance.matches where not is_joined"
    with open_published(published_database(workspace.published, None)) as connection:
        rows = connection.execute(
            f"select ticket_a, ticket_b, rule, score, reasons {apart} "
            f"order by score desc nulls last, ticket_a, ticket_b, rule limit {MOST_PAIRS}"
        )
        _print_rows(console, "kept apart", rows)
        total = connection.execute(f"select count(*) {apart}").fetchall()[0][0]
        if total > MOST_PAIRS:
            console.print(f"{total - MOST_PAIRS} more pairs: table matches, is_joined = false")


def _print_rows(console: Console, title: str, result: duckdb.DuckDBPyConnection) -> None:
    names: Sequence[str] = [column[0] for column in result.description or ()]
    rows: list[tuple[Any, ...]] = result.fetchall()
    table = Table(title=f"{title} ({len(rows)})", title_justify="left", header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        # (As Text: brackets in a value are no markup.)
        table.add_row(*(Text("" if value is None else visible(str(value))) for value in row))
    console.print(table)


def _rate(part: int, whole: int) -> str:
    return f"{count(part)} ÷ {count(whole)} = {share(part, whole)}"
