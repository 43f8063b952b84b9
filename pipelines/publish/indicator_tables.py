"""The page's tables of ages, of what supervisors criticise, of cohorts, and the list of replies owed."""

from __future__ import annotations

from collections import Counter
from html import escape

from pipelines.publish.figures import ALL, BASES, Figures
from pipelines.publish.page_tables import scrolling, simple_table
from pipelines.publish.wording import AGES, BASIS_NAMES, CONDUCT, count, day_of_month, share, wan

MOST_MONTHS = 12
MOST_REPLIES = 200
COUNTED = {"due_soon": "即将到期", **AGES, "repeats": "重复", **CONDUCT}


def indicator_table(figures: Figures, by: str) -> str:
    """By division or by channel: due soon, ages of the overdue stock, findings; promised against paid."""
    what = "属地" if by == "division" else "渠道"
    groups = (
        '<th scope="col" rowspan="2" class="begins">即将<br>到期</th>'
        f'<th scope="colgroup" colspan="{len(AGES)}" class="begins">超期未结账龄</th>'
        '<th scope="col" rowspan="2" class="begins">重复</th>'
        f'<th scope="colgroup" colspan="{len(CONDUCT)}" class="begins">督办与核查</th>'
        '<th scope="colgroup" colspan="4" class="begins">承诺支付与已付（线索）</th>'
    )
    units = "".join(
        f'<th scope="col"{" class=begins" if place == 0 else ""}>{label.replace("（推断）", "<br>（推断）")}</th>'
        for part in (AGES, CONDUCT)
        for place, label in enumerate(part.values())
    )
    units += '<th scope="col" class="begins">条</th><th scope="col">承诺万元</th>'
    units += '<th scope="col">已付万元</th><th scope="col">未付清</th>'
    names = figures.divisions if by == "division" else figures.channels
    rows = ""
    for code, name in (*names.items(), (ALL, "全市合计")):
        cell = (code, ALL) if by == "division" else (ALL, code)
        tickets, leads = (figures.of(basis, *cell) for basis in BASES)
        cells = ""
        for measure in COUNTED:
            begins = (
                ' class="begins"'
                if measure in ("due_soon", "overdue_0_7", "repeats", "extended_repeatedly")
                else ""
            )
            numbers = [count(tickets[measure]), count(leads[measure])]
            if code == ALL and by == "division":
                numbers = [
                    f'<span data-figure="{basis}s_{measure}">{number}</span>'
                    for basis, number in zip(BASES, numbers, strict=True)
                ]
            cells += f"<td{begins}>{numbers[0]}<small>（{numbers[1]}）</small></td>"
        cells += (
            f'<td class="begins">{count(leads["promised"])}</td><td>{wan(leads["promised_fen"])}</td>'
            f"<td>{wan(leads['promised_paid_fen'])}</td><td>{count(leads['promised_unpaid'])}</td>"
        )
        total = ' class="total"' if code == ALL else ""
        rows += f'<tr{total}><th scope="row">{escape(name)}</th>{cells}</tr>'
    head = f'<thead><tr><th scope="col" rowspan="2" class="text">{what}</th>{groups}</tr><tr>{units}</tr></thead>'
    return scrolling(f"分{what}账龄与督办指标", f"<table>{head}<tbody>{rows}</tbody></table>")


def cohort_table(figures: Figures) -> str:
    """Closure rate of the last months by month of receipt, in tickets and leads."""
    if not figures.cohorts:
        return '<p class="none">没有记录。</p>'
    months = sorted({row["month"] for row in figures.cohorts}, reverse=True)[:MOST_MONTHS]
    rows = ""
    for month in months:
        cells = ""
        for basis in BASES:
            own = [row for row in figures.cohorts if row["month"] == month and row["basis"] == basis]
            received, closed = (sum(int(row[name]) for row in own) for name in ("received", "closed"))
            cells += f"<td>{count(received)}</td><td>{count(closed)}</td><td>{share(closed, received)}</td>"
        rows += f'<tr><th scope="row">{month.year}年{month.month}月</th>{cells}</tr>'
    heads = ["接收月份"]
    heads += [
        f"{label}<small>{BASIS_NAMES[basis]}</small>"
        for basis in BASES
        for label in ("接收", "其中已办结", "办结率")
    ]
    return simple_table(heads, 1, rows, label="按接收月份的办结率")


def replies_section(figures: Figures) -> str:
    """How many replies each source owes, and the list of the tickets."""
    if not figures.replies_owed:
        return '<p class="none">没有应回复未回复的件。</p>'
    by_source = Counter(str(row["title"]) for row in figures.replies_owed)
    said = "，".join(f"{escape(title)} {count(number)} 件" for title, number in sorted(by_source.items()))
    rows = "".join(
        f'<tr><th scope="row">{escape(str(row["ticket_no"]))}</th><td class="text wrap">{escape(str(row["title"]))}</td>'
        f'<td class="text">{escape(figures.divisions.get(str(row["division_code"]), ""))}</td>'
        f"<td>{day_of_month(row['received_at'])}</td>"
        f"<td{' class=is-alert' if row['is_overdue'] else ''}>{day_of_month(row['due_at'])}</td></tr>"
        for row in figures.replies_owed[:MOST_REPLIES]
    )
    more = len(figures.replies_owed) - MOST_REPLIES
    note = f'<p class="none">另有 {count(more)} 件，见工作簿“应回复未回复”。</p>' if more > 0 else ""
    table = simple_table(("编号", "来源", "属地", "接收", "时限"), 3, rows, label="应回复未回复")
    return f"<p>{said}。</p><details><summary>逐件清单</summary>{table}{note}</details>"
