"""The rows that the table does not hold yet, in the terminal: what each reason means and what to do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from pipelines.harmless import visible
from pipelines.publish.terminal import published_database
from pipelines.publish.wording import REASON_NAMES
from pipelines.store import open_published

NUMBERS_A_GROUP = 20


@dataclass(frozen=True)
class Advice:
    """What a reason means and what to do, in Chinese and in English."""

    means: str
    to_do: str
    means_en: str
    to_do_en: str


ADVICE: Mapping[str, Advice] = {
    "missing_ticket_no": Advice(
        "编号栏为空", "向来源单位问明编号，导出后填上再导入；若是合计行等非诉求，予以排除",
        "the number is empty", "ask the source for it and correct the row; dismiss it where it is no claim",
    ),
    "unreadable_ticket_no": Advice(
        "编号中有损坏的字符或不是编号", "对照来源系统，导出后改正编号再导入",
        "the number holds broken characters", "look it up at the source and correct the row",
    ),
    "unreadable_received_at": Advice(
        "接收时间为空或读不出", "补上接收时间（写作 2023-08-31 09:00:00）再导入",
        "the date of receipt cannot be read", "correct the row; write it as 2023-08-31 09:00:00",
    ),
    "impossible_received_at": Advice(
        "接收时间晚于报送日，或年份不可能", "核对年份和日期，改正后再导入",
        "the receipt lies after the day of delivery, or in an impossible year", "correct the date",
    ),
    "closed_before_received": Advice(
        "办结时间早于接收时间", "核对两个时间，改正后再导入",
        "closed before it was received", "correct one of the two times",
    ),
    "negative_amount": Advice(
        "金额或人数为负", "核对金额和人数，改正后再导入",
        "an amount or a count is negative", "correct it",
    ),
    "unknown_division": Advice(
        "属地不在代码表，也不是已知别名", "写错的改正后再导入；新叫法加进 divisions.csv 的别名，再 replay",
        "the division is in no code table and no alias list",
        "correct the row; or add the alias to divisions.csv and replay the source",
    ),
    "unknown_channel": Advice(
        "来源代码不在渠道代码表", "写错的改正后再导入；新代码加进来源契约，再 replay",
        "the code names no channel", "correct the row; or add the code to the source's contract and replay",
    ),
    "cut_record": Advice(
        "记录不完整：字段比表头少，各栏可能错位", "对照来源系统把各栏填回原位再导入，或请来源重报",
        "the record has fewer fields than the header", "put every field in its column, or ask for the file again",
    ),
    "broken_row": Advice(
        "记录损坏，无法分栏", "对照来源系统填好各栏再导入，或请来源重报",
        "the record cannot be taken apart", "fill in its columns, or ask for the file again",
    ),
    "set_aside": Advice(
        "已由人更正或排除", "无需处理", "a person corrected or dismissed the row", "nothing to do",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class WaitingRow:
    """A row in quarantine as published: keys, reason and, where it may be shown, its ticket number."""

    source: str
    delivery_id: str
    row_no: int
    ticket_no: str | None
    reason: str
    column_name: str
    delivered_for: date
    resolved_by: str | None

    @property
    def key(self) -> tuple[str, int]:
        """Delivery and row."""
        return self.delivery_id, self.row_no


def published_quarantine(published: Path) -> list[WaitingRow]:
    """The quarantine of the newest publication, resolved rows too. Raises UnknownSubject where nothing is published."""
    with open_published(published_database(published, None)) as connection:
        return [
            WaitingRow(*row)
            for row in connection.execute(
                "select source, delivery_id, row_no, ticket_no, reason, column_name, delivered_for, resolved_by "
                "from clearance.quarantine order by source, reason, delivered_for, delivery_id, row_no"
            ).fetchall()
        ]


def show_quarantine(
    rows: Sequence[WaitingRow], settled: Collection[tuple[str, int]], resolved: int, console: Console
) -> None:
    """Print the rows that wait, by source and reason. `settled` were corrected or dismissed since the publication."""
    groups: dict[tuple[str, str], list[WaitingRow]] = defaultdict(list)
    for row in rows:
        groups[(row.source, row.reason)].append(row)
    console.print(
        f"未入账 {len(rows)} 行，另有 {resolved} 行已有着落 ({len(rows)} rows wait, {resolved} resolved)"
    )
    for (source, reason), members in sorted(groups.items()):
        advice = ADVICE[reason]
        console.print(
            f"\n{source}  {reason}  {REASON_NAMES[reason]}  {len(members)}", style="bold", markup=False
        )
        console.print(f"  {advice.means}。{advice.to_do}。", markup=False)
        console.print(f"  {advice.means_en}: {advice.to_do_en}.", markup=False)
        names = [
            member.ticket_no or f"delivery {member.delivery_id} row {member.row_no}"
            for member in sorted(
                members, key=lambda member: (member.ticket_no is None, member.ticket_no or "")
            )
        ]
        shown = "  ".join(names[:NUMBERS_A_GROUP])
        more = f"  … and {len(names) - NUMBERS_A_GROUP} more" if len(names) > NUMBERS_A_GROUP else ""
        console.print(f"  {visible(shown)}{more}", markup=False)
        waiting = sum(member.key in settled for member in members)
        if waiting:
            console.print(
                f"  其中 {waiting} 行已更正或排除，待下次发布 ({waiting} settled, shown by the next publication)"
            )
