"""index.html: the day on one page that needs nothing else: no script, no font, no picture from anywhere.

`page` writes it; `read_page` reads the figures back, those embedded as JSON and those a reader sees.
"""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from urllib.parse import quote

from pipelines.publish.campaign_tables import campaign_section, course_and_warnings
from pipelines.publish.charts import flow_chart, stock_chart
from pipelines.publish.context import PublicationContext
from pipelines.publish.figures import Figures
from pipelines.publish.indicator_tables import cohort_table, indicator_table, replies_section
from pipelines.publish.page_tables import (
    checks_section,
    corrections_section,
    flow_table,
    known_when_table,
    matrix_table,
    quarantine_section,
    sources_table,
    standing_table,
)
from pipelines.publish.wording import (
    CAUSE_NAMES,
    FORMULAS,
    LOCAL,
    SIZE_NAMES,
    UNDEFINED,
    count,
    day,
    day_of_month,
    freshness,
    pace,
    share,
    signed,
    thresholds,
    wan,
    weekday,
)
from pipelines.publish.workbook import workbook_name
from pipelines.settings import City

STYLE = Path(__file__).with_name("page.css")


def page(figures: Figures, city: City, context: PublicationContext) -> str:
    """The page of a business date as HTML."""
    title = f"{city.name}欠薪线索清零日报 {figures.business_date.isoformat()}"
    embedded = json.dumps(
        {
            "business_date": figures.business_date.isoformat(),
            "publication_id": context.publication_id,
            "key_figures": figures.key(),
        },
        ensure_ascii=False,
    ).replace("<", "\\u003c")
    baseline = city.campaign.baseline_date if city.campaign else None
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
{_masthead(figures, city, context)}
<main>
{_notices(figures, city)}
{_headline(figures)}
{_beside(figures, city)}
<h2>当日进出<small>上期结转至期末在办，逐项平衡</small></h2>
{flow_table(figures)}
<div class="charts" style="margin-top:26px">
<figure><figcaption>日终在办<small>近60日</small></figcaption>{stock_chart(figures.trend, baseline)}</figure>
<figure><figcaption>每日接收与办结<small>件次，含重新办理</small></figcaption>{flow_chart(figures.trend)}</figure>
</div>
{campaign_section(figures, city)}
{course_and_warnings(figures, city)}
<h2>分区县<small>累计至业务日终；每格先件次、后线索</small></h2>
{standing_table(figures, "division")}
<h2>分渠道<small>累计至业务日终；每格先件次、后线索</small></h2>
{standing_table(figures, "channel")}
<h2>超期账龄与督办指标<small>每格先件次、后线索；承诺与已付按线索计</small></h2>
{indicator_table(figures, "division")}
<div style="margin-top:14px">{indicator_table(figures, "channel")}</div>
<div class="pair">
<section><h2>办结率<small>按接收月份，近12个月</small></h2>{cohort_table(figures)}</section>
<section><h2>应回复未回复<small>线索已了结或已在他处办结，本件未答复</small></h2>{replies_section(figures)}</section>
</div>
<h2>在办分布<small>属地 × 渠道，件次（线索）；线索按其最早一件的渠道和属地计，可多于该格的件次</small></h2>
{matrix_table(figures)}
<div class="pair">
<section><h2>{_corrections_title(figures)}</h2>{corrections_section(figures)}</section>
<section><h2>未入账<small>隔离待核，按来源</small></h2>{quarantine_section(figures)}</section>
</div>
<h2>公布与现知<small>近10日：当日公布的数不改；现知为按发生日、以本期所知重算；两者之差逐笔列在更正明细（重述版为重述差异）</small></h2>
{known_when_table(figures)}
<h2>来源报送<small>我方行数与对方总数</small></h2>
{sources_table(figures)}
<h2>发布前核对</h2>
{checks_section(figures)}
<h2>公式与口径</h2>
{_formulas(city)}
</main>
{_footer(city, context)}
<script type="application/json" id="figures">{embedded}</script>
</body>
</html>
"""


def read_page(text: str) -> tuple[dict[str, int], dict[str, int]]:
    """The key figures of a page: those embedded as JSON, and those shown to a reader (`data-figure`)."""
    embedded = re.search(r'<script type="application/json" id="figures">(.*?)</script>', text, re.DOTALL)
    said = json.loads(embedded.group(1))["key_figures"] if embedded else {}
    shown = {
        name: int(value.replace(",", "").replace("−", "-"))
        for name, value in re.findall(r'data-figure="(\w+)">(−?[\d,]+)<', text)
    }
    return said, shown


def _masthead(figures: Figures, city: City, context: PublicationContext) -> str:
    revision = f"第{context.revision}版" + ("（重述）" if figures.is_restated else "")
    return f"""<header class="masthead">
<p class="office">{escape(city.office)}</p>
<div class="line">
<h1>欠薪线索清零日报</h1>
<p class="dateline">{day(figures.business_date)}　{weekday(figures.business_date)}<span>{revision}</span></p>
<p class="classification">内部资料　注意保管</p>
</div>
</header>"""


def _corrections_title(figures: Figures) -> str:
    if figures.is_restated:
        return "重述差异<small>与公布账相比，按原因</small>"
    return "当日更正<small>业务日前发生、当日才得知</small>"


def _notices(figures: Figures, city: City) -> str:
    parts = []
    if figures.is_restated:
        parts.append(
            '<p class="notice" role="note">本版为<b>重述</b>：以至今到达的全部来件，按发生日重算本业务日；'
            "第1版和台账不改，差异按原因列在“重述差异”。</p>"
        )
    if city.is_synthetic:
        parts.append(
            f'<p class="notice" role="note">{escape(city.synthetic_notice or "演示数据，均为虚构。")}</p>'
        )
    for cause, tickets in figures.moved_deadlines.items():
        parts.append(
            f'<p class="notice" role="note">{CAUSE_NAMES.get(cause, cause)}：{count(tickets)} 件在办的办理时限变动，'
            "逐件见数据库“时限变动”表（moved_deadlines）。</p>"
        )
    missing = figures.missing_sources
    if missing:
        said = "；".join(
            f"<b>{escape(str(source['title']))}</b>{escape(freshness(source, figures.business_date))}"
            for source in missing
        )
        parts.append(
            f'<p class="missing" role="alert">{said}。相关渠道的数字截至其最近一次报送，0 不等于没有。</p>'
        )
    return "\n".join(parts)


def _shown(name: str, value: int) -> str:
    return f'<span data-figure="{name}">{count(value)}</span>'


def _whole(text: str) -> str:
    """A label with its number, never broken between the two."""
    return f'<span class="whole">{text}</span>'


def _headline(figures: Figures) -> str:
    key = figures.key()
    change = figures.of("ticket")
    moved = signed(change["closing"] - change["opening"])

    def pair(title: str, name: str, remark: str, is_alert: bool = False) -> str:
        alert = " is-alert" if is_alert and key[f"tickets_{name}"] else ""
        return f"""<div class="figure"><h3>{title}</h3>
<p class="big{alert}">{_shown(f"tickets_{name}", key[f"tickets_{name}"])}<small>件次</small></p>
<p class="second">{_shown(f"leads_{name}", key[f"leads_{name}"])}<small> 条线索　{_whole(remark)}</small></p></div>"""

    def on_time(title: str, remark: str, part: str, whole: str, formula: tuple[str, str]) -> str:
        numbers = [key[f"tickets_{part}"], key[f"tickets_{whole}"]]
        leads = share(key[f"leads_{part}"], key[f"leads_{whole}"])
        said = _whole(f"{formula[0]} {_shown(f'tickets_{part}', numbers[0])}") + " ÷ "
        said += _whole(f"{formula[1]} {_shown(f'tickets_{whole}', numbers[1])}；") + _whole(f"线索 {leads}")
        return f"""<div class="figure"><h3>{title}<small>（{remark}）</small></h3>
<p class="big">{share(*numbers)}</p>
<p class="formula">{said}</p></div>"""

    overdue_share = share(key["tickets_overdue"], key["tickets_open"])
    parts = [
        pair("在办", "open", f"较上日 {moved} 件次"),
        pair("超期未结", "overdue", f"占在办 {overdue_share}", is_alert=True),
        on_time("时效内办结率", "热线口径", "known_on_time", "known_closed", ("按时办结", "已办结")),
        on_time("时效内办结率", "信访口径", "due_on_time", "due", ("到期件按时办结", "至今到期")),
    ]
    return f'<section class="headline" aria-label="主要指标">{"".join(parts)}</section>'


def _beside(figures: Figures, city: City) -> str:
    key = figures.key()
    rate = (
        share(key["tickets_stock_cleared"], key["tickets_stock_baseline"])
        if figures.is_campaign_running
        else UNDEFINED
    )
    baseline = f"（{day_of_month(city.campaign.baseline_date)}在办）" if city.campaign else ""
    speed = figures.pace.get("ticket")
    remark = ""
    if speed is not None and figures.is_campaign_running:
        remark = f"；近7日日均清理 {pace(speed.last_7)}，日均需清理 {pace(speed.needed)}"
        if speed.date_at_pace is not None:
            remark += f"，照此{day(speed.date_at_pace)}清完"

    def small(title: str, body: str, remark: str = "", is_alert: bool = False) -> str:
        alert = " is-alert" if is_alert else ""
        return f'<div class="figure"><h3>{title}</h3><p class="big{alert}">{body}</p><p class="formula">{remark}</p></div>'

    waiting = "、".join(
        f"{escape(title)} {count(number)}" for title, _, number in figures.waiting_by_source()
    )
    size = figures.incidents
    large = "　".join(
        _whole(f"{SIZE_NAMES[name]} {count(size.get(name, {}).get('open', 0))}")
        for name in ("major", "large")
    )
    parts = [
        small(
            "存量清零率",
            rate,
            f"存量已清 {_shown('tickets_stock_cleared', key['tickets_stock_cleared'])} ÷ "
            f"存量 {_shown('tickets_stock_baseline', key['tickets_stock_baseline'])}{baseline}{remark}",
        ),
        small(
            "办结未支付",
            f"{_shown('tickets_closed_unpaid', key['tickets_closed_unpaid'])}<small>件次</small>",
            f"{_shown('leads_closed_unpaid', key['leads_closed_unpaid'])} 条线索",
        ),
        small(
            "应回复未回复",
            f"{_shown('replies_owed', key['replies_owed'])}<small>件次</small>",
            "线索已了结，本件未答复",
        ),
        small(
            "未入账",
            f"{_shown('quarantined', key['quarantined'])}<small>条</small>",
            waiting or "没有隔离待核的记录",
            is_alert=key["quarantined"] > 0,
        ),
        small(
            "累计清欠",
            f"{wan(key['recovered_fen'])}<small>万元</small>",
            f"{_shown('recovered_persons', key['recovered_persons'])} 人，每条线索计一次",
        ),
        small(
            "累计接收",
            f"{_shown('tickets_known', key['tickets_known'])}<small>件次</small>",
            f"{_shown('leads_known', key['leads_known'])} 条线索，重复率 "
            f"{share(key['tickets_known'] - key['leads_known'], key['tickets_known'])}；未结事件 {large}",
        ),
    ]
    return f'<section class="beside" aria-label="清零及并列指标">{"".join(parts)}</section>'


def _formulas(city: City) -> str:
    parts = "".join(
        f"<div><dt>{escape(name)}</dt><dd><b>{escape(formula)}</b><br>{escape(remark)}</dd></div>"
        for name, formula, remark in FORMULAS
    )
    if city.campaign:
        parts += (
            f"<div><dt>{escape(city.campaign.name)}</dt><dd><b>基准日 {day(city.campaign.baseline_date)}，"
            f"目标日 {day(city.campaign.target_date)}</b><br>{LOCAL}</dd></div>"
        )
    parts += f"<div><dt>较大、重大欠薪事件</dt><dd><b>{thresholds(city.thresholds)}</b><br>{LOCAL}</dd></div>"
    return f'<dl class="formulas">{parts}</dl>'


def _footer(city: City, context: PublicationContext) -> str:
    versions = "　".join(
        f"{escape(name)} {escape(str(value))}" for name, value in sorted(context.versions.items())
    )
    links = "、".join(
        f'<a href="{quote(file)}">{label}</a>'
        for file, label in (
            (workbook_name(context.business_date), "工作簿"),
            ("bulletin.md", "通报"),
            ("clearance.duckdb", "数据库"),
            ("checks/index.html", "核对报告"),
            ("dictionary.csv", "数据字典"),
            ("changes.csv", "变化明细"),
        )
    )
    made = f"{escape(context.publication_id)}　发布于 {context.published_at:%Y-%m-%d %H:%M}"
    return f"""<footer><div>{escape(city.office)}　{made}<br>
版本：{versions}<br>同一数字另见{links}；已逐项核对一致。</div></footer>"""
