"""`clearance reconcile`: 对账单, a source's day theirs against ours, printed and as a workbook."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from pipelines.commands.context import Session, console, now, one_day, say
from pipelines.errors import UnknownSubject

if TYPE_CHECKING:
    from pipelines.contracts import SourceContract
    from pipelines.ingest.reconcile import Outcome, Statement

SIDES = {"theirs_alone": "对方有、我方无", "ours_alone": "我方有、对方无"}
OUTCOMES = {True: "一致", False: "不一致", None: "未核对"}
SUMS: dict[Outcome, str] = {"agrees": "一致", "differs": "不一致", "not_compared": "未核对"}
MAX_PRINTED = 50
# Nothing differs, and for a source nothing could be compared: neither agreement nor a fault of the source.
NOT_COMPARED = 10


def reconcile(
    context: typer.Context,
    sources: Annotated[list[str] | None, typer.Argument(help="Sources; all by default.")] = None,
    on: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The business date.")] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write it as a new .xlsx, too.")
    ] = None,
    is_forced: Annotated[bool, typer.Option("--force", help="Replace the file of --to.")] = False,
) -> None:
    """Compare a source's day with what is landed, and name the numbers that differ.

    Exits 4 where something differs, 10 where nothing does and a source could not be compared.
    """
    from xlsxwriter.exceptions import FileCreateError

    from pipelines.contracts import load_sources
    from pipelines.ingest.reconcile import reconcile as compare
    from pipelines.settings import connection_from_environment

    session: Session = context.obj
    contracts, day = load_sources(), one_day(on)
    unknown = [name for name in sources or () if name not in contracts]
    if unknown:
        raise UnknownSubject(
            f"there is no source {unknown[0]}", remedy=f"known sources: {', '.join(contracts)}"
        )
    if to is not None and to.suffix.lower() != ".xlsx":
        raise UnknownSubject(f"{to.name} is no name of a workbook", remedy="end it in .xlsx")
    if to is not None and os.path.lexists(to) and not is_forced:
        raise UnknownSubject(
            "a file of this name is there already",
            where=str(to),
            remedy="give another name, or --force to replace it",
        )
    workspace = session.workspace()
    chosen = [contracts[name] for name in sources or contracts]
    statements = [
        compare(workspace, contract, connection_from_environment(contract.connection), day)
        for contract in chosen
    ]
    _print(statements)
    if to is not None:
        try:
            write_workbook(statements, chosen, day, to)
        except (OSError, FileCreateError):
            raise UnknownSubject(
                "the workbook cannot be written",
                where=str(to),
                remedy="give a file in a folder that is there",
            ) from None
        say(f"written: {to}")
    outcomes = {name: [item.source for item in statements if item.outcome == name] for name in SUMS}
    say("；".join(f"{SUMS[name]}：{'、'.join(found)}" for name, found in outcomes.items() if found))
    if outcomes["differs"] or outcomes["not_compared"]:
        raise typer.Exit(4 if outcomes["differs"] else NOT_COMPARED)


def _print(statements: Sequence[Statement]) -> None:
    table = Table("来源", "核对内容", "对方", "我方", "结论", "说明")
    for column in table.columns:
        column.overflow = "fold"
    for statement in statements:
        for line in statement.lines:
            cells = (
                statement.source,
                line.subject,
                _count(line.theirs),
                _count(line.ours),
                OUTCOMES[line.agrees],
            )
            table.add_row(*map(Text, cells), Text(line.note))
    console.print(table)
    differences = [(statement, item) for statement in statements for item in statement.differences]
    for statement, item in differences[:MAX_PRINTED]:
        say(f"{statement.source}  {SIDES[item.side]}  {item.number or '（无编号）'}  {item.where}")
    if len(differences) > MAX_PRINTED:
        say(f"and {len(differences) - MAX_PRINTED} more differences: --to FILE.xlsx holds them all")


def write_workbook(
    statements: Sequence[Statement], contracts: Sequence[SourceContract], day: date, file: Path
) -> None:
    """The statement as a workbook of texts: what was compared, and every number that differs."""
    from pipelines.publish.sheet import Column, Sheet, new_workbook

    titles = {contract.source: contract.title for contract in contracts}
    book = new_workbook(file, now())
    sheet = Sheet(book, "对账单")
    subtitle = f"业务日 {day.isoformat()}　　核对于 {now():%Y-%m-%d %H:%M}"
    sheet.head(
        "来源对账单",
        subtitle,
        [
            Column("来源", 30, "wrap"),
            Column("核对内容", 34, "wrap"),
            Column("对方数", 10, "count"),
            Column("我方数", 10, "count"),
            Column("结论", 10),
            Column("核对方式", 18),
            Column("说明", 44, "wrap"),
        ],
    )
    for statement in statements:
        way = "已连接来源" if statement.is_live else "仅按清单"
        for line in statement.lines:
            title = titles[statement.source]
            sheet.row([title, line.subject, line.theirs, line.ours, OUTCOMES[line.agrees], way, line.note])
    sheet.notes(
        [
            "对方数：来源此刻给出的记录数；我方数：已接收的记录数。结论为不一致的，差异编号见“差异明细”。",
            "未核对：没有可比对的内容（未连接来源、来源未应答、来源未给出总数或当日没有文件），不等于一致。",
        ]
    )
    sheet.finish()
    detail = Sheet(book, "差异明细")
    detail.head(
        "差异明细",
        subtitle,
        [
            Column("来源", 30, "wrap"),
            Column("编号", 28),
            Column("差异", 18),
            Column("变更时间或文件", 34, "wrap"),
        ],
    )
    for statement in statements:
        for item in statement.differences:
            detail.row([titles[statement.source], item.number or "（无编号）", SIDES[item.side], item.where])
    detail.empty_says("没有差异")
    detail.finish()
    book.close()


def _count(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"
