"""清零日报_DATE.xlsx: the day's table as an office prints it.

Sheets: 清零进度 (divisions × channels), 分渠道, 分区县, 清零行动, 账龄与督办, 分月办结率, 应回复未回复, 核对, 更正,
公布与现知, 未入账, 来源, 说明. All values are values; a text that could be read as a formula is written as a text with a
quote in front.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipelines.publish.campaign_sheets import campaign_sheet
from pipelines.publish.context import PublicationContext
from pipelines.publish.figures import ALL, BASES, FLOWS, Figures
from pipelines.publish.indicator_sheets import cohort_sheet, indicator_sheet, replies_sheet
from pipelines.publish.sheet import Column, Sheet, new_workbook
from pipelines.publish.wording import (
    AGES,
    BASIS_NAMES,
    CAUSE_NAMES,
    CHECK_STATUS_NAMES,
    CONDUCT,
    FIELD_NAMES,
    FLOW_NAMES,
    FORMULAS,
    LOCAL,
    REASON_NAMES,
    control,
    count,
    day,
    expectation,
    freshness,
    pace,
    ratio,
    subject_names,
    ten_thousands,
    thresholds,
)
from pipelines.settings import City
from pipelines.store import disk_full_is_said

PROGRESS_SHEET = "清零进度"
NOTES_SHEET = "说明"
TOTAL = "全市合计"
PROGRESS = (*FLOWS, "overdue")
# Measures of 分渠道 and 分区县: (label, ticket measure, lead measure), a count each.
STANDING = (
    ("累计接收", "known"),
    ("已办结", "known_closed"),
    ("期末在办", "open"),
    ("超期未结", "overdue"),
    ("按时办结", "known_on_time"),
    ("至今到期", "due"),
    ("到期按时办结", "due_on_time"),
)
PROGRESS_FORMULAS = ("台账平衡", "超期未结")
# Rows of divisions × channels that fit on a printed page; a division's block is never cut.
ROWS_A_PAGE = 34
NAMES = {**FLOW_NAMES, "overdue": "超期未结"}


def workbook_name(business_date: date) -> str:
    """The workbook's file name."""
    return f"清零日报_{business_date.isoformat()}.xlsx"


def write_workbook(file: Path, figures: Figures, city: City, context: PublicationContext) -> None:
    """Write the workbook of a business date."""
    with disk_full_is_said(file):
        book = new_workbook(file, context.published_at)
        try:
            restated = "（重述）" if figures.is_restated else ""
            subtitle = f"{day(figures.business_date)}　第{context.revision}版{restated}"
            notice = city.synthetic_notice if city.is_synthetic else ""
            _progress(Sheet(book, PROGRESS_SHEET, notice), figures, city, subtitle)
            _standing(Sheet(book, "分渠道", notice), figures, city, subtitle, "渠道")
            _standing(Sheet(book, "分区县", notice), figures, city, subtitle, "属地")
            campaign_sheet(Sheet(book, "清零行动", notice), figures, city, subtitle)
            indicator_sheet(Sheet(book, "账龄与督办", notice), figures, city.name, subtitle)
            cohort_sheet(Sheet(book, "分月办结率", notice), figures, subtitle)
            replies_sheet(Sheet(book, "应回复未回复", notice), figures, subtitle)
            _checks(Sheet(book, "核对", notice), figures, subtitle)
            _corrections(Sheet(book, "更正", notice), figures, subtitle)
            _known_when(Sheet(book, "公布与现知", notice), figures, subtitle)
            _quarantine(Sheet(book, "未入账", notice), figures, subtitle)
            _sources(Sheet(book, "来源", notice), figures, subtitle)
            _notes(Sheet(book, NOTES_SHEET, notice), figures, city, context, subtitle)
        finally:
            book.close()


def _progress(sheet: Sheet, figures: Figures, city: City, subtitle: str) -> None:
    columns = [Column("属地", 9), Column("渠道", _name_width(figures, 13))]
    columns += [Column(BASIS_NAMES[basis], 6.6, "count", NAMES[name]) for name in PROGRESS for basis in BASES]
    sheet.head(f"{city.name}欠薪线索清零进度表", f"{subtitle}　单位：件次、条（线索）", columns)
    channels = {
        channel: name + ("" if figures.delivered_channels.get(channel, True) else "＊")
        for channel, name in figures.channels.items()
    }
    blocks_a_page = max(1, ROWS_A_PAGE // (len(channels) + 1))
    for place, (division, name) in enumerate([*figures.divisions.items(), (ALL, TOTAL)]):
        if place and place % blocks_a_page == 0:
            sheet.page_break()
        is_total = division == ALL
        rows = [(label, _pairs(figures, division, channel), False) for channel, label in channels.items()]
        rows.append(("合计" if is_total else "小计", _pairs(figures, division, ALL), True))
        sheet.block(name, rows, is_total=is_total)
    sheet.notes(
        [f"{name}：{formula}。{remark}。" for name, formula, remark in FORMULAS if name in PROGRESS_FORMULAS]
        + [
            "件次与线索并列：件次按来源记录逐件计，线索按去重后的事项计，二者不得相加。其余指标的公式见各表及“说明”。"
        ]
        + [f"＊{line}" for line in _missing(figures)]
        + [_waiting(figures)]
    )
    sheet.finish(freeze_columns=2, print_columns_repeated=True)


def _name_width(figures: Figures, least: float) -> float:
    """Wide enough for the longest channel's name and the mark of a missing source."""
    return max(least, *(2 * len(name) + 3 for name in figures.channels.values()))


def _pairs(figures: Figures, division: str, channel: str) -> list[int]:
    cells = {basis: figures.of(basis, division, channel) for basis in BASES}
    return [cells[basis][name] for name in PROGRESS for basis in BASES]


def _standing(sheet: Sheet, figures: Figures, city: City, subtitle: str, what: str) -> None:
    columns = [Column(what, _name_width(figures, 12) if what == "渠道" else 12)]
    columns += [Column(BASIS_NAMES[basis], 6.2, "count", label) for label, _ in STANDING for basis in BASES]
    columns += [Column(BASIS_NAMES[basis], 7.6, "share", "时效内办结率（热线）") for basis in BASES]
    columns += [Column(BASIS_NAMES[basis], 7.6, "share", "时效内办结率（信访）") for basis in BASES]
    columns += [
        Column("存量", 6.6, "count", "存量清零（件次）"),
        Column("已清", 6.6, "count", "存量清零（件次）"),
        Column("清零率", 7.6, "share", "存量清零（件次）"),
        Column("办结未支付", 8, "count", "并列查看（件次）"),
        Column("应回复未回复", 8, "count", "并列查看（件次）"),
        Column("人数", 6.6, "count", "清欠（线索）"),
        Column("万元", 9.5, "money", "清欠（线索）"),
    ]
    sheet.head(f"{city.name}欠薪线索办理情况（分{what}）", f"{subtitle}　累计至业务日终", columns)
    names = figures.channels if what == "渠道" else figures.divisions
    for code in (*names, ALL):
        cell = (ALL, code) if what == "渠道" else (code, ALL)
        sheet.row(
            [TOTAL if code == ALL else names[code], *_standing_values(figures, *cell)], is_total=code == ALL
        )
    sheet.notes(
        [f"{name}：{formula}。{remark}。" for name, formula, remark in FORMULAS]
        + _missing(figures)
        + [_waiting(figures)]
    )
    sheet.finish(freeze_columns=1)


def _standing_values(figures: Figures, division: str, channel: str) -> list[object]:
    cells = {basis: figures.of(basis, division, channel) for basis in BASES}
    tickets, leads = cells["ticket"], cells["lead"]
    values: list[object] = [cells[basis][name] for _, name in STANDING for basis in BASES]
    values += [ratio(cells[basis]["known_on_time"], cells[basis]["known_closed"]) for basis in BASES]
    values += [ratio(cells[basis]["due_on_time"], cells[basis]["due"]) for basis in BASES]
    values += [
        tickets["stock_baseline"],
        tickets["stock_cleared"],
        ratio(tickets["stock_cleared"], tickets["stock_baseline"]) if figures.is_campaign_running else None,
        tickets["closed_unpaid"],
        tickets["reply_owed"],
        leads["recovered_persons"],
        ten_thousands(leads["recovered_fen"]),
    ]
    return values


def _checks(sheet: Sheet, figures: Figures, subtitle: str) -> None:
    sheet.head(
        "发布前核对",
        f"{subtitle}　阻断项未通过则不发布",
        [
            Column("结果", 10),
            Column("核对内容", 58, "wrap"),
            Column("对象", 26, "wrap"),
            Column("是否阻断", 9),
            Column("发现数", 10, "count"),
            Column("应为", 14, "wrap"),
            Column("名称", 34, "wrap"),
        ],
    )
    names = subject_names(figures.sources)
    for check in figures.checks:
        sheet.row(
            [
                CHECK_STATUS_NAMES.get(check["status"], check["status"]),
                check["description"],
                names.get(check["subject"], check["subject"]),
                "阻断" if check["is_blocking"] else "提示",
                check["observed"],
                expectation(check["expected"]),
                check["check_name"],
            ]
        )
    sheet.empty_says("没有核对记录")
    sheet.finish()


def _corrections(sheet: Sheet, figures: Figures, subtitle: str) -> None:
    is_restated = figures.is_restated
    sheet.head(
        "重述差异（按原因）" if is_restated else "当日更正（按原因）",
        f"{subtitle}　{'与公布账相比；公布账不改' if is_restated else '业务日之前发生、当日才得知的事项'}",
        [
            Column("原因", 16),
            Column("口径", 10),
            Column("项目", 14),
            Column("涉及件（条）", 14, "count"),
            Column("数量", 10, "count"),
            Column("对存量的影响", 14, "signed"),
            Column("最早发生日", 14, "date"),
            Column("最晚发生日", 14, "date"),
        ],
    )
    for row in figures.corrections:
        sheet.row(
            [
                CAUSE_NAMES.get(row["cause"], row["cause"]),
                BASIS_NAMES.get(row["basis"], row["basis"]),
                FLOW_NAMES.get(row["flow"], row["flow"]),
                row["subjects"],
                row["quantity"],
                row["effect"],
                row["first_on"],
                row["last_on"],
            ]
        )
    sheet.empty_says("与公布账没有差异" if is_restated else "当日无更正")
    for basis in BASES:
        effect = figures.correction_effect(basis)
        sheet.row([TOTAL, BASIS_NAMES[basis], "更正净额", None, None, effect, None, None], is_total=True)
    sheet.finish()


def _known_when(sheet: Sheet, figures: Figures, subtitle: str) -> None:
    flows = ("received", "closed", "closing")
    sheet.head(
        "公布与现知（近10日，全市）",
        f"{subtitle}　公布：当日日报所载，不改；现知：按发生日、以本期所知重算",
        [Column("业务日", 13, "date"), Column("口径", 9)]
        + [Column(word, 11, "count", FLOW_NAMES[name]) for name in flows for word in ("公布", "现知")]
        + [Column("在办之差", 12, "signed")],
    )
    for row in figures.known_when:
        values = [row[f"{name}_{what}"] for name in flows for what in ("said", "known")]
        sheet.row(
            [
                row["business_date"],
                BASIS_NAMES[row["basis"]],
                *values,
                row["closing_known"] - row["closing_said"],
            ]
        )
    sheet.notes(
        ["现知减公布＝逐笔更正之和（数据库 corrections 表中入账日晚于该日者；重述版另加 differences 表）。"]
    )
    sheet.finish()


def _quarantine(sheet: Sheet, figures: Figures, subtitle: str) -> None:
    sheet.head(
        "未入账（隔离待核，按来源）",
        f"{subtitle}　每条都可能是一名劳动者的诉求；来源更正后自动入账",
        [
            Column("来源", 30, "wrap"),
            Column("原因", 18),
            Column("累计隔离", 10, "count"),
            Column("其中未入账", 11, "count"),
            Column("编号", 26),
            Column("报送日", 12, "date"),
            Column("问题字段", 12),
            Column("交付标识", 24),
            Column("行号", 10, "count"),
        ],
    )
    for row in figures.quarantine:
        sheet.row(
            [row["title"], REASON_NAMES.get(row["reason"], row["reason"]), row["rows"], row["unresolved"]]
            + [None] * 5
        )
    sheet.empty_says("没有未入账的记录")
    key = figures.key()["quarantined"]
    rows = sum(int(row["rows"]) for row in figures.quarantine)
    sheet.row([TOTAL, None, rows, key, None, None, None, None, None], is_total=True)
    titles = {row["source"]: row["title"] for row in figures.quarantine}
    if figures.quarantine_rows:
        sheet.row(["明细（未入账，逐条）", *[None] * 8], is_total=True)
    for row in figures.quarantine_rows:
        sheet.row(
            [
                titles[row["source"]],
                REASON_NAMES.get(row["reason"], row["reason"]),
                None,
                1,
                row["ticket_no"],
                row["delivered_for"],
                FIELD_NAMES.get(row["column_name"], row["column_name"]),
                row["delivery_id"],
                row["row_no"],
            ]
        )
    sheet.finish()


def _sources(sheet: Sheet, figures: Figures, subtitle: str) -> None:
    sheet.head(
        "来源报送情况",
        subtitle,
        [
            Column("来源", 26, "wrap"),
            Column("渠道", 18, "wrap"),
            Column("报送情况", 34, "wrap"),
            Column("最近报送日", 12, "date"),
            Column("批数", 8, "count"),
            Column("接收行数", 10, "count"),
            Column("成为版本", 10, "count"),
            Column("无变化", 10, "count"),
            Column("非欠薪", 10, "count"),
            Column("累计隔离", 10, "count"),
            Column("其中未入账", 11, "count"),
            Column("总数核对", 18, "wrap"),
            Column("拒收批数", 9, "count"),
        ],
    )
    for source in figures.sources:
        sheet.row(
            [
                source["title"],
                figures.channel_names(source["channels"]),
                freshness(source, figures.business_date),
                *(
                    source[name]
                    for name in (
                        "last_delivered_for", "deliveries", "rows_landed", "rows_version", "rows_same",
                        "rows_out_of_scope", "rows_quarantined",
                    )
                ),
                figures.waiting_rows(source["source"]),
                control(source),
                source["refused"],
            ]
        )  # fmt: skip
    sheet.notes(["接收行数＝成为版本＋无变化＋非欠薪＋累计隔离；未入账是累计隔离中仍待核的。"])
    sheet.finish()


def _notes(sheet: Sheet, figures: Figures, city: City, context: PublicationContext, subtitle: str) -> None:
    sheet.head(
        "说明：指标、公式与口径",
        subtitle,
        [Column("指标", 28, "wrap"), Column("公式或数值", 58, "wrap"), Column("说明", 70, "wrap")],
    )
    for name, formula, remark in FORMULAS:
        sheet.row([name, formula, remark])
    sheet.row(["关键数字", "数值", "名称（程序核对用）"], is_total=True)
    for name, value in figures.key().items():
        sheet.row([KEY_NAMES.get(name, name), value, name])
    for basis in BASES:
        speed = figures.pace.get(basis)
        if speed is not None and figures.is_campaign_running:
            sheet.row(
                [
                    f"进度（{BASIS_NAMES[basis]}）",
                    f"近7日日均清理 {pace(speed.last_7)}；日均需清理 {pace(speed.needed)}；"
                    f"按目前进度清零日 {day(speed.date_at_pace)}",
                    "按工作日计",
                ]
            )
    if city.campaign is not None:
        sheet.row(
            [
                city.campaign.name,
                f"基准日 {city.campaign.baseline_date}，目标日 {city.campaign.target_date}",
                "本地设定，待确认",
            ]
        )
    sheet.row(["较大、重大欠薪事件", thresholds(city.thresholds), LOCAL])
    versions = "；".join(f"{name} {value}" for name, value in sorted(context.versions.items()))
    sheet.row(
        ["发布", f"{context.publication_id}，{context.published_at:%Y-%m-%d %H:%M}", f"版本：{versions}"]
    )
    sheet.finish()


def _missing(figures: Figures) -> list[str]:
    return [
        f"{source['title']}：{freshness(source, figures.business_date)}；相关渠道的 0 不等于没有。"
        for source in figures.missing_sources
    ]


def _waiting(figures: Figures) -> str:
    by_source = "、".join(f"{title} {count(rows)}" for title, _, rows in figures.waiting_by_source())
    return f"未入账（隔离待核）{count(figures.key()['quarantined'])} 条" + (
        f"：{by_source}。" if by_source else "。"
    )


_SUBJECTS = {"tickets": "件次", "leads": "线索"}
_MEASURES = {
    "known": "累计接收",
    "open": "期末在办",
    "overdue": "超期未结",
    "known_closed": "已办结",
    "known_on_time": "按时办结",
    "due": "至今到期",
    "due_on_time": "到期件中按时办结",
    "stock_baseline": "存量（基准日在办）",
    "stock_cleared": "存量已清",
    "closed_unpaid": "办结未支付",
    **{name: f"当日{label}" for name, label in FLOW_NAMES.items()},
    "due_soon": "即将到期",
    **{name: f"超期{label}" for name, label in AGES.items()},
    **CONDUCT,
    "repeats": "重复",
    "promised": "承诺支付",
    "promised_fen": "承诺金额（分）",
    "promised_paid_fen": "承诺后已付（分）",
    "promised_unpaid": "承诺未付清",
}
KEY_NAMES = {
    **{
        f"{subject}_{name}": f"{label}（{word}）"
        for subject, word in _SUBJECTS.items()
        for name, label in _MEASURES.items()
    },
    "replies_owed": "应回复未回复（件次）",
    "quarantined": "未入账（条）",
    "recovered_persons": "清欠人数（人）",
    "recovered_fen": "清欠金额（分）",
}
