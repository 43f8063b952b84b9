"""The workbook's sheets 账龄与督办, 分月办结率 and 应回复未回复."""

from __future__ import annotations

from pipelines.publish.figures import ALL, BASES, Figures
from pipelines.publish.sheet import Column, Sheet
from pipelines.publish.wording import AGES, BASIS_NAMES, CONDUCT, FORMULAS, ratio, ten_thousands

TOTAL = "全市合计"
SHOWN = (
    "超期账龄", "即将到期", "重复率", "办结结果与金额不符", "承诺支付与已付",
    "多次延期", "最后一日延期", "逾期后延期", "多次退回",
)  # fmt: skip


def indicator_sheet(sheet: Sheet, figures: Figures, city: str, subtitle: str) -> None:
    """By division, then by channel: due soon, ages of the overdue stock, findings, promised against paid."""
    measures = {"due_soon": "即将到期", **AGES, "repeats": "重复", **CONDUCT}
    columns = [Column("属地、渠道", 14)]
    columns += [
        Column(BASIS_NAMES[basis], 6.4, "count", label) for label in measures.values() for basis in BASES
    ]
    columns += [
        Column("条", 6, "count", "承诺支付与已付（线索）"),
        Column("承诺万元", 10, "money", "承诺支付与已付（线索）"),
        Column("已付万元", 10, "money", "承诺支付与已付（线索）"),
        Column("未付清", 7, "count", "承诺支付与已付（线索）"),
    ]
    sheet.head(f"{city}超期账龄与督办指标", f"{subtitle}　业务日终", columns)
    rows = [(name, code, ALL) for code, name in figures.divisions.items()]
    rows += [(name, ALL, code) for code, name in figures.channels.items()]
    for name, division, channel in (*rows, (TOTAL, ALL, ALL)):
        cells = {basis: figures.of(basis, division, channel) for basis in BASES}
        leads = cells["lead"]
        sheet.row(
            [
                name,
                *(cells[basis][measure] for measure in measures for basis in BASES),
                leads["promised"],
                ten_thousands(leads["promised_fen"]),
                ten_thousands(leads["promised_paid_fen"]),
                leads["promised_unpaid"],
            ],
            is_total=division == channel == ALL,
        )
    sheet.notes([f"{name}：{formula}。{remark}。" for name, formula, remark in FORMULAS if name in SHOWN])
    sheet.finish(freeze_columns=1)


def cohort_sheet(sheet: Sheet, figures: Figures, subtitle: str) -> None:
    """Closure rate by month of receipt."""
    sheet.head(
        "办结率（按接收月份，全市）",
        subtitle,
        [
            Column("接收月份", 18),
            Column("口径", 14),
            Column("接收", 12, "count"),
            Column("其中已办结", 12, "count"),
            Column("其中在办", 12, "count"),
            Column("办结率", 12, "share"),
        ],
    )
    for row in figures.cohorts:
        month = row["month"]
        sheet.row(
            [
                f"{month.year}年{month.month}月", BASIS_NAMES[row["basis"]], row["received"], row["closed"], row["still_open"],
                ratio(row["closed"], row["received"]),
            ]
        )  # fmt: skip
    sheet.empty_says("没有记录")
    sheet.notes(
        [f"{name}：{formula}。{remark}。" for name, formula, remark in FORMULAS if name.startswith("办结率")]
    )
    sheet.finish()


def replies_sheet(sheet: Sheet, figures: Figures, subtitle: str) -> None:
    """Every ticket that is owed its own reply, by source."""
    sheet.head(
        "应回复未回复（逐件，按来源）",
        f"{subtitle}　线索已了结或已在他处办结，本件尚未答复",
        [
            Column("来源", 34, "wrap"),
            Column("编号", 26),
            Column("属地", 10),
            Column("渠道", 14),
            Column("办理单位", 30, "wrap"),
            Column("接收日", 12, "date"),
            Column("时限日", 12, "date"),
            Column("是否超期", 9),
            Column("线索", 22),
        ],
    )
    for row in figures.replies_owed:
        sheet.row(
            [
                row["title"], row["ticket_no"], figures.divisions.get(row["division_code"], row["division_code"]),
                figures.channels.get(row["channel"], row["channel"]), row["handler"], row["received_at"], row["due_at"],
                bool(row["is_overdue"]), row["lead_id"],
            ]
        )  # fmt: skip
    sheet.empty_says("没有应回复未回复的件")
    sheet.notes(
        [f"{name}：{formula}。{remark}。" for name, formula, remark in FORMULAS if name == "应回复未回复"]
    )
    sheet.finish()
