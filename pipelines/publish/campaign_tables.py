"""The page's parts on the campaign: its course as a chart, by division and channel, and the warnings of the day."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from pipelines.publish.charts import burn_chart
from pipelines.publish.figures import ALL, Figures
from pipelines.publish.page_tables import simple_table
from pipelines.publish.wording import (
    LEVEL_NAMES,
    UNDEFINED,
    WARNING_NAMES,
    count,
    day,
    day_of_month,
    pace,
    share,
    wan,
)
from pipelines.settings import City


def campaign_section(figures: Figures, city: City) -> str:
    """The campaign by division and channel; nothing where the city has none or its dates do not hold the business date."""
    if not _is_shown(figures, city):
        return ""
    assert city.campaign is not None
    span = f"基准日 {day(city.campaign.baseline_date)}，目标日 {day(city.campaign.target_date)}"
    scope = "、".join(
        [figures.divisions.get(code, code) for code in city.campaign.divisions]
        + [figures.channels.get(code, code) for code in city.campaign.channels]
    )
    return f"""<h2>{escape(city.campaign.name)}<small>{span}；范围：{escape(scope or "全部属地、全部渠道")}；件次</small></h2>
{campaign_table(figures)}"""


def course_and_warnings(figures: Figures, city: City) -> str:
    """The campaign's course as a chart beside the warnings of the day; the warnings alone where no campaign runs."""
    warnings = (
        f"<section><h2>预警<small>阈值为本地设定，待确认</small></h2>{warnings_section(figures)}</section>"
    )
    if not _is_shown(figures, city):
        return warnings
    assert city.campaign is not None
    return f"""<div class="pair">
<section><h2>存量与增量<small>自基准日起，按现在所知；虚线为均匀推进至目标日</small></h2>
<figure>{burn_chart(figures.burn_down, city.campaign.target_date)}</figure></section>
{warnings}
</div>"""


def _is_shown(figures: Figures, city: City) -> bool:
    return city.campaign is not None and bool(figures.burn_down) and figures.is_campaign_running


def campaign_table(figures: Figures) -> str:
    """By division, then by channel: stock, what is cleared and left, pace and the day it leads to; inflow apart."""
    heads = (
        "属地、渠道",
        "存量",
        "已清",
        "未清",
        "清零率",
        "近7日日均",
        "日均需清",
        "照此清完",
        "增量",
        "增量未结",
    )
    places = [(name, code, ALL) for code, name in figures.divisions.items()]
    places += [(name, ALL, code) for code, name in figures.channels.items()]
    rows = ""
    for name, division, channel in (*places, ("全市合计", ALL, ALL)):
        counts = figures.of("ticket", division, channel)
        speed = figures.paces.get(("ticket", division, channel))
        reached = speed.date_at_pace if speed else None
        cells = "".join(
            f"<td>{count(counts[key])}</td>" for key in ("stock_baseline", "stock_cleared", "stock_left")
        )
        cells += f"<td>{share(counts['stock_cleared'], counts['stock_baseline'])}</td>"
        cells += f"<td>{pace(speed.last_7 if speed else None)}</td><td>{pace(speed.needed if speed else None)}</td>"
        cells += f"<td>{day_of_month(reached) if reached else UNDEFINED}</td>"
        cells += f'<td class="begins">{count(counts["inflow"])}</td><td>{count(counts["inflow_open"])}</td>'
        total = ' class="total"' if division == channel == ALL else ""
        rows += f'<tr{total}><th scope="row">{escape(name)}</th>{cells}</tr>'
    return simple_table(heads, 1, rows, label="清零行动")


def warnings_section(figures: Figures) -> str:
    """The warnings of the day, red first; or that there are none."""
    if not figures.warnings:
        return '<p class="none">当日没有预警。</p>'
    rows = "".join(
        f'<tr class="warn-{row["level"]}"><th scope="row">{LEVEL_NAMES.get(str(row["level"]), "")}</th>'
        f'<td class="text">{WARNING_NAMES.get(str(row["kind"]), "")}</td>'
        f'<td class="text">{escape(warned_place(figures, row))}</td>'
        f'<td class="text wrap">{escape(warned_of(row))}</td></tr>'
        for row in figures.warnings
    )
    return simple_table(("级别", "类别", "对象", "情况"), 4, rows, label="预警")


def warned_place(figures: Figures, row: Mapping[str, Any]) -> str:
    """Whom a warning is about: a division, a channel, or the city."""
    if row["division_code"]:
        return figures.divisions.get(str(row["division_code"]), str(row["division_code"]))
    return figures.channels.get(str(row["channel"]), str(row["channel"])) if row["channel"] else "全市"


def warned_of(row: Mapping[str, Any]) -> str:
    """What was observed, beside its threshold; of an incident its employer, people and money."""
    if row["incident_id"]:
        who = row["employer"] or row["project"] or row["incident_id"]
        money = wan(int(row["claimed_fen"] or 0))
        people, leads = count(row["persons"]), count(row["lead_count"])
        return f"{who}：{people} 人，{money} 万元，{leads} 条线索"
    return f"{row['observed']:.1%}（阈值 {row['threshold']:.0%}）"
