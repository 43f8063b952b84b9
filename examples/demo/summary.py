"""What the demonstration prints at its end: the last day's table, and how much of the truth was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from pipelines.publish import Figures, collect
from pipelines.store import open_published

if TYPE_CHECKING:
    import duckdb

    from examples.upstream.model import City

LEGEND = (
    "件次 tickets, 线索 leads (all known) · 进/出/更正: in, out, corrections of the day · 在办 open · 超期 open and past due",
    "热线口径 = 按时办结 ÷ 已办结 (closed on time ÷ closed) · 信访口径 = 到期且按时办结 ÷ 已到期 (÷ due by now)",
)
IN = ("received", "reopened", "transferred_in")
OUT = ("closed", "transferred_out", "withdrawn")


def show(published: Path, day: date, city: City, console: Console) -> None:
    """Print a published day: channels, both on-time figures, in and out, quarantine, leads beside the truth, files."""
    folder = max((published / day.isoformat()).glob("r[0-9]*"))
    with open_published(folder / "clearance.duckdb") as connection:
        figures = collect(connection, day)
        console.print(_channels(figures, day))
        for line in LEGEND:
            console.print(line)
        _recovered(figures, city, console)
        _quarantine(figures, console)
        _leads(connection, city, console)
    _files(folder, console)


def _channels(figures: Figures, day: date) -> Table:
    table = Table(
        title=f"欠薪线索清零进度 {day}（演示数据，人员企业均为虚构）",
        title_justify="left",
        header_style="bold",
        box=None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    before = day - timedelta(days=1)
    table.add_column("渠道", no_wrap=True)
    for name in (
        "件次", "线索", f"在办\n{before:%m-%d}", "进", "出", "更正", f"在办\n{day:%m-%d}", "超期", "按时\n热线口径",
        "按时\n信访口径",
    ):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    for channel, name in (*figures.channels.items(), ("ALL", "合计")):
        tickets, leads = figures.of("ticket", channel=channel), figures.of("lead", channel=channel)
        table.add_row(
            name,
            f"{tickets['known']:,}",
            f"{leads['known']:,}",
            f"{tickets['opening']:,}",
            f"{sum(tickets[flow] for flow in IN):,}",
            f"{sum(tickets[flow] for flow in OUT):,}",
            f"{tickets['corrections']:+,}",
            f"{tickets['closing']:,}",
            f"{tickets['overdue']:,}",
            _share(tickets["known_on_time"], tickets["known_closed"]),
            _share(tickets["due_on_time"], tickets["due"]),
            style="bold" if channel == "ALL" else None,
        )
    return table


def _recovered(figures: Figures, city: City, console: Console) -> None:
    ours, truth = figures.of("lead"), city.truth.leads
    console.print(
        f"清欠（每条线索计一次）：{_money(ours['recovered_persons'], ours['recovered_fen'])}；"
        f"真实 {_money(int(truth['recovered_persons'].sum()), int(truth['recovered_fen'].sum()))}"
    )


def _quarantine(figures: Figures, console: Console) -> None:
    waiting: dict[str, int] = {}
    for row in figures.quarantine:
        waiting[str(row["title"])] = waiting.get(str(row["title"]), 0) + int(row["unresolved"])
    text = "，".join(f"{title} {rows}" for title, rows in waiting.items() if rows) or "无"
    console.print(f"未入账（隔离待核，按来源）：{text}")


def _leads(connection: duckdb.DuckDBPyConnection, city: City, console: Console) -> None:
    """Pairs of tickets that are one matter: found by the sure rules, beside the truth that only the city knows."""
    truth = _true_leads(city)
    ours = dict(connection.execute("select ticket_id, lead_id from clearance.tickets").fetchall())
    known = {ticket: lead for ticket, lead in truth.items() if ticket in ours}
    both: dict[tuple[str, str], int] = {}
    for ticket, lead in known.items():
        both[(ours[ticket], lead)] = both.get((ours[ticket], lead), 0) + 1
    found, true, right = _pairs(ours), _pairs(known), sum(n * (n - 1) // 2 for n in both.values())
    console.print(
        f"线索归并（规则与评分）：{len(ours):,} 件次 → {len(set(ours.values())):,} 条线索；"
        f"真实 {len(set(known.values())):,} 条。重复对 {found:,}，其中正确 {right:,}，真实共有 {true:,} "
        f"(precision {_share(right, found)}, recall {_share(right, true)})"
    )


def _true_leads(city: City) -> dict[str, str]:
    tickets = city.truth.tickets
    return dict(zip(tickets["ticket_id"], tickets["lead"].astype(str), strict=True))


def _pairs(lead_of: Mapping[str, str]) -> int:
    sizes: dict[str, int] = {}
    for lead in lead_of.values():
        sizes[lead] = sizes.get(lead, 0) + 1
    return sum(size * (size - 1) // 2 for size in sizes.values())


def _files(folder: Path, console: Console) -> None:
    workbook = next(iter(sorted(folder.glob("*.xlsx"))), None)
    for name, file in (
        ("网页 page", folder / "index.html"),
        ("工作簿 workbook", workbook),
        ("数据库 database", folder / "clearance.duckdb"),
        ("最新 latest", folder.parents[1] / "latest"),
    ):
        if file is not None:
            console.print(f"{name}: {file}", markup=False)


def _money(persons: int, fen: int) -> str:
    return f"{persons:,} 人，{fen / 1_000_000:,.2f} 万元"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "—"
