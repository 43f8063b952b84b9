"""The tables of the page: every header cell has its scope, every scrolling table can be reached with the keyboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pipelines.publish.figures import ALL, BASES, FLOWS, Figures
from pipelines.publish.wording import (
    BASIS_NAMES,
    CAUSE_NAMES,
    CHECK_STATUS_NAMES,
    FLOW_NAMES,
    REASON_NAMES,
    UNDEFINED,
    control,
    count,
    day_of_month,
    expectation,
    freshness,
    share,
    signed,
    subject_names,
    wan,
)

SIGNS = {
    "received": "＋", "reopened": "＋", "transferred_in": "＋", "closed": "－", "transferred_out": "－", "withdrawn": "－",
    "corrections": "＋", "closing": "＝",
}  # fmt: skip
KNOWN_FLOWS = ("received", "closed", "closing")
PAIRS = (
    ("累计接收", "known"),
    ("当日接收", "received"),
    ("当日办结", "closed"),
    ("期末在办", "open"),
    ("超期未结", "overdue"),
)


def flow_table(figures: Figures) -> str:
    """The day's flows of the city in tickets and leads, from opening to closing."""
    heads = "".join(
        f'<th scope="col"><span class="sign">{SIGNS.get(name, "")}</span>{FLOW_NAMES[name]}</th>'
        for name in FLOWS
    )
    rows = ""
    for basis in BASES:
        counts = figures.of(basis)
        cells = "".join(
            f'<td><span data-figure="{basis}s_{name}">{count(counts[name])}</span></td>' for name in FLOWS
        )
        rows += f'<tr><th scope="row">{BASIS_NAMES[basis]}</th>{cells}</tr>'
    return scrolling(
        "当日进出",
        f'<table class="flow"><thead><tr><th scope="col" class="text">口径</th>{heads}</tr></thead><tbody>{rows}</tbody></table>',
    )


def standing_table(figures: Figures, by: str) -> str:
    """By division or by channel: received, closed, open, overdue in tickets and leads, and the rates in tickets."""
    what = "属地" if by == "division" else "渠道"
    groups = "".join(f'<th scope="colgroup" colspan="2" class="begins">{label}</th>' for label, _ in PAIRS)
    groups += (
        '<th scope="colgroup" colspan="2" class="begins">时效内办结率（件次）</th>'
        '<th scope="col" rowspan="2" class="begins">存量<br>清零率</th>'
        '<th scope="col" rowspan="2">办结<br>未支付</th><th scope="col" rowspan="2">应回复<br>未回复</th>'
        '<th scope="colgroup" colspan="2" class="begins">清欠</th>'
    )
    units = "".join('<th scope="col" class="begins">件次</th><th scope="col">线索</th>' for _ in PAIRS)
    units += '<th scope="col" class="begins">热线口径</th><th scope="col">信访口径</th>'
    units += '<th scope="col" class="begins">人</th><th scope="col">万元</th>'
    head = f'<thead><tr><th scope="col" rowspan="2" class="text">{what}</th>{groups}</tr><tr>{units}</tr></thead>'
    names = figures.divisions if by == "division" else figures.channels
    rows = "".join(_standing_row(figures, by, code, name) for code, name in names.items())
    rows += _standing_row(figures, by, ALL, "全市合计")
    return scrolling(f"分{what}办理情况", f"<table>{head}<tbody>{rows}</tbody></table>")


def _standing_row(figures: Figures, by: str, code: str, name: str) -> str:
    cell = (code, ALL) if by == "division" else (ALL, code)
    tickets, leads = figures.of("ticket", *cell), figures.of("lead", *cell)
    is_missing = by == "channel" and not figures.delivered_channels.get(code, True)
    cells = ""
    for _, measure in PAIRS:
        alert = " is-alert" if measure == "overdue" and tickets[measure] else ""
        is_unknown = is_missing and measure in ("received", "closed") and not tickets[measure]
        values = ("未报送", "") if is_unknown else (count(tickets[measure]), count(leads[measure]))
        cells += f'<td class="begins{alert}">{values[0]}</td><td class="lead">{values[1]}</td>'
    stock = (
        share(tickets["stock_cleared"], tickets["stock_baseline"])
        if figures.is_campaign_running
        else UNDEFINED
    )
    cells += (
        f'<td class="begins">{share(tickets["known_on_time"], tickets["known_closed"])}</td>'
        f"<td>{share(tickets['due_on_time'], tickets['due'])}</td>"
        f'<td class="begins">{stock}</td><td>{count(tickets["closed_unpaid"])}</td><td>{count(tickets["reply_owed"])}</td>'
        f'<td class="begins">{count(leads["recovered_persons"])}</td><td>{wan(leads["recovered_fen"])}</td>'
    )
    total = ' class="total"' if code == ALL else ""
    return f'<tr{total}><th scope="row">{escape(name)}</th>{cells}</tr>'


def matrix_table(figures: Figures) -> str:
    """Open tickets (leads) by division and channel; a darker ground where more are open."""
    columns = (*figures.channels, ALL)
    heads = "".join(
        f'<th scope="col">{"合计" if code == ALL else escape(figures.channels[code])}</th>'
        for code in columns
    )
    most = max(
        (
            figures.of("ticket", division, channel)["open"]
            for division in figures.divisions
            for channel in figures.channels
        ),
        default=0,
    )
    rows = ""
    for division, name in (*figures.divisions.items(), (ALL, "全市合计")):
        cells = ""
        for channel in columns:
            tickets = figures.of("ticket", division, channel)["open"]
            leads = figures.of("lead", division, channel)["open"]
            style = ""
            if most and tickets and ALL not in (division, channel):
                style = f' style="background:rgba(28,78,128,{0.03 + 0.17 * tickets / most:.3f})"'
            cells += f"<td{style}>{count(tickets)}<small>（{count(leads)}）</small></td>"
        total = ' class="total"' if division == ALL else ""
        rows += f'<tr{total}><th scope="row">{escape(name)}</th>{cells}</tr>'
    return scrolling(
        "在办分布",
        f'<table><thead><tr><th scope="col" class="text">属地</th>{heads}</tr></thead><tbody>{rows}</tbody></table>',
    )


def corrections_section(figures: Figures) -> str:
    """The day's corrections by cause, of a restated day its differences to the book; or that there are none."""
    if not figures.corrections:
        said = "与公布账没有差异。" if figures.is_restated else "当日无更正。"
        return f'<p class="none">{said}</p>'
    rows = "".join(
        "<tr>"
        f'<th scope="row">{escape(CAUSE_NAMES.get(row["cause"], str(row["cause"])))}</th>'
        f'<td class="text">{BASIS_NAMES.get(row["basis"], row["basis"])}</td>'
        f'<td class="text">{FLOW_NAMES.get(row["flow"], row["flow"])}</td>'
        f"<td>{count(row['subjects'])}</td><td>{signed(row['effect'])}</td>"
        f"<td>{_span(row['first_on'], row['last_on'])}</td></tr>"
        for row in figures.corrections
    )
    for basis in BASES:
        effect = figures.correction_effect(basis)
        rows += (
            f'<tr class="total"><th scope="row">合计</th><td class="text">{BASIS_NAMES[basis]}</td>'
            f'<td class="text">更正净额</td><td></td><td>{signed(effect)}</td><td></td></tr>'
        )
    return simple_table(("原因", "口径", "项目", "涉及", "影响存量", "发生日"), 3, rows)


def known_when_table(figures: Figures) -> str:
    """The last days as they were published and as they are known now, in tickets and leads."""
    by_day: dict[Any, dict[str, Mapping[str, Any]]] = {}
    for row in figures.known_when:
        by_day.setdefault(row["business_date"], {})[str(row["basis"])] = row
    width = {"received": 2, "closed": 2, "closing": 3}
    groups = "".join(
        f'<th scope="colgroup" colspan="{width[name]}" class="begins">{FLOW_NAMES[name]}（{BASIS_NAMES[basis]}）</th>'
        for basis in BASES
        for name in KNOWN_FLOWS
    )
    units = "".join(
        '<th scope="col" class="begins">公布</th><th scope="col">现知</th>'
        + ('<th scope="col">差</th>' if name == "closing" else "")
        for _ in BASES
        for name in KNOWN_FLOWS
    )
    rows = ""
    for on, bases in by_day.items():
        cells = ""
        for basis in BASES:
            for name in KNOWN_FLOWS:
                said, known = (int(bases[basis][f"{name}_{what}"]) for what in ("said", "known"))
                cells += f'<td class="begins">{count(said)}</td><td>{count(known)}</td>'
                if name == "closing":
                    cells += f"<td>{signed(known - said)}</td>"
        rows += f'<tr><th scope="row">{day_of_month(on)}</th>{cells}</tr>'
    head = f'<thead><tr><th scope="col" rowspan="2" class="text">业务日</th>{groups}</tr><tr>{units}</tr></thead>'
    return scrolling("公布与现知", f"<table>{head}<tbody>{rows}</tbody></table>")


def quarantine_section(figures: Figures) -> str:
    """By source: rows that ever were in quarantine, those that wait, and why they wait; or that there are none."""
    if not figures.quarantine:
        return '<p class="none">没有隔离待核的记录。</p>'
    by_source: dict[str, list[Mapping[str, Any]]] = {}
    for row in figures.quarantine:
        by_source.setdefault(str(row["title"]), []).append(row)
    rows = ""
    for title, members in by_source.items():
        waiting = sorted(
            (row for row in members if row["unresolved"]),
            key=lambda row: int(row["unresolved"]),
            reverse=True,
        )
        reasons = "、".join(
            f'<span class="whole">{escape(REASON_NAMES.get(row["reason"], str(row["reason"])))} '
            f"{count(row['unresolved'])}</span>"
            for row in waiting
        )
        total, left = (sum(int(row[name]) for row in members) for name in ("rows", "unresolved"))
        rows += (
            f'<tr><th scope="row" class="wrap">{escape(title)}</th><td>{count(total)}</td><td>{count(left)}</td>'
            f'<td class="text wrap">{reasons or UNDEFINED}</td></tr>'
        )
    total = sum(int(row["rows"]) for row in figures.quarantine)
    rows += (
        f'<tr class="total"><th scope="row">合计</th><td>{count(total)}</td>'
        f"<td>{count(figures.key()['quarantined'])}</td><td></td></tr>"
    )
    return simple_table(("来源", "累计隔离", "其中未入账", "未入账原因"), 1, rows, also_text=(3,))


def sources_table(figures: Figures) -> str:
    """Every source: whether it delivered, how its rows ended, and whether its control totals agree."""
    rows = ""
    for source in figures.sources:
        alert = "" if source["is_delivered"] else " is-alert"
        channels = figures.channel_names(source["channels"])
        numbers = "".join(
            f"<td>{count(source[name])}</td>"
            for name in ("rows_landed", "rows_version", "rows_same", "rows_out_of_scope", "rows_quarantined")
        )
        numbers += f"<td>{count(figures.waiting_rows(source['source']))}</td>"
        rows += (
            f'<tr><th scope="row" class="wrap">{escape(str(source["title"]))}<small>{escape(channels)}</small></th>'
            f'<td class="text wrap{alert}">{escape(freshness(source, figures.business_date))}</td>'
            f"<td>{day_of_month(source['last_delivered_for'])}</td>{numbers}"
            f'<td class="text">{escape(control(source))}</td><td>{count(source["refused"])}</td></tr>'
        )
    heads = (
        "来源<small>渠道</small>",
        "报送情况",
        "最近报送",
        "接收行数",
        "成为版本",
        "无变化",
        "非欠薪",
        "累计隔离",
        "其中未入账",
        "总数核对",
        "拒收批数",
    )
    return simple_table(heads, 2, rows, also_text=(9,), label="来源报送")


def checks_section(figures: Figures) -> str:
    """How many checks passed, those that did not, and the list of all."""
    other = [check for check in figures.checks if check["status"] != "passed"]
    passed = [check for check in figures.checks if check["status"] == "passed"]
    said = f"共 {count(len(figures.checks))} 项核对，{count(len(passed))} 项通过"
    said += f"，{count(len(other))} 项提示（不阻断发布）。" if other else "。"
    names = subject_names(figures.sources)
    heads = ("结果", "核对内容", "对象", "发现", "应为")
    shown = simple_table(heads, 3, _check_rows(other, names)) if other else ""
    rows = _check_rows([*other, *passed], names)
    return f"<p>{said}</p>{shown}<details><summary>全部核对</summary>{simple_table(heads, 3, rows)}</details>"


def _check_rows(checks: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    rows = ""
    for check in checks:
        expected = expectation(check["expected"])
        unit = " %" if expected.endswith("%") else ""
        subject = str(check["subject"])
        rows += (
            f'<tr><td class="text">{CHECK_STATUS_NAMES.get(check["status"], check["status"])}</td>'
            f'<td class="text wrap">{escape(str(check["description"]))}</td>'
            f'<td class="text wrap">{escape(names.get(subject, subject))}</td>'
            f"<td>{count(check['observed'])}{unit}</td><td>{escape(expected)}</td></tr>"
        )
    return rows


def _span(first: object, last: object) -> str:
    texts = [day_of_month(value) if hasattr(value, "month") else UNDEFINED for value in (first, last)]  # type: ignore[arg-type]
    return texts[0] if texts[0] == texts[1] else f"{texts[0]}至{texts[1]}"


def simple_table(
    heads: Sequence[str], text_columns: int, rows: str, also_text: Sequence[int] = (), label: str = ""
) -> str:
    """A table with one header row, the first `text_columns` and those in `also_text` aligned as text."""
    cells = "".join(
        f'<th scope="col"{" class=text" if index < text_columns or index in also_text else ""}>{head}</th>'
        for index, head in enumerate(heads)
    )
    return scrolling(
        label or heads[0], f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>"
    )


def scrolling(label: str, table: str) -> str:
    """A table in a region that scrolls sideways and can be reached with the keyboard."""
    return f'<div class="scroll" role="region" aria-label="{escape(label)}" tabindex="0">{table}</div>'
