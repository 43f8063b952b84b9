"""The workbook's sheet 清零行动: by division and channel, the warnings of the day, and the course from the first day."""

from __future__ import annotations

from pipelines.publish.campaign_tables import warned_of, warned_place
from pipelines.publish.figures import ALL, BASES, Figures
from pipelines.publish.sheet import Column, Sheet
from pipelines.publish.wording import BASIS_NAMES, FORMULAS, LEVEL_NAMES, LOCAL, WARNING_NAMES, ratio
from pipelines.settings import City

SHOWN = ("存量清零率", "近7日日均清理", "预警：落后于进度", "预警：超期占在办")


def campaign_sheet(sheet: Sheet, figures: Figures, city: City, subtitle: str) -> None:
    """Stock and inflow apart, pace and the day that it leads to; each in tickets and leads."""
    campaign = city.campaign
    span = f"　基准日 {campaign.baseline_date}，目标日 {campaign.target_date}" if campaign else ""
    sheet.head(
        campaign.name if campaign else "清零行动",
        f"{subtitle}{span}",
        [
            Column("属地、渠道、日期", 18),
            Column("口径", 9),
            Column("存量", 10, "count"),
            Column("已清", 10, "count"),
            Column("未清", 10, "count"),
            Column("清零率", 10, "share"),
            Column("近7日日均清理", 15, "money"),
            Column("日均需清理", 10, "money"),
            Column("照此清完日", 13, "date"),
            Column("增量", 10, "count"),
            Column("增量未结", 10, "count"),
        ],
    )
    places = [(name, code, ALL) for code, name in figures.divisions.items()]
    places += [(name, ALL, code) for code, name in figures.channels.items()]
    for name, division, channel in (*places, ("全市合计", ALL, ALL)):
        for basis in BASES:
            counts = figures.of(basis, division, channel)
            speed = figures.paces.get((basis, division, channel))
            is_running = figures.is_campaign_running
            sheet.row(
                [
                    name, BASIS_NAMES[basis], counts["stock_baseline"], counts["stock_cleared"], counts["stock_left"],
                    ratio(counts["stock_cleared"], counts["stock_baseline"]) if is_running else None,
                    speed.last_7 if speed else None, speed.needed if speed else None, speed.date_at_pace if speed else None,
                    counts["inflow"], counts["inflow_open"],
                ],
                is_total=division == channel == ALL,
            )  # fmt: skip
    if figures.warnings:
        sheet.part("当日预警")
        for row in figures.warnings:
            said = f"{LEVEL_NAMES.get(str(row['level']), '')}色：{WARNING_NAMES.get(str(row['kind']), '')}　{warned_of(row)}"
            sheet.said(warned_place(figures, row), said)
    if figures.burn_down:
        sheet.part("自基准日逐日（按现在所知）")
        for row in figures.burn_down:
            stock, left = int(row["stock_baseline"]), int(row["stock_left"])
            sheet.row(
                [
                    f"{row['day']}", BASIS_NAMES[row["basis"]], stock, stock - left, left, ratio(stock - left, stock), None, None,
                    None, row["inflow"], row["inflow_open"],
                ]
            )  # fmt: skip
    sheet.notes(
        [f"{name}：{formula}。{remark}。" for name, formula, remark in FORMULAS if name in SHOWN]
        + [f"阈值：{LOCAL}。"]
    )
    sheet.finish(freeze_columns=2)
