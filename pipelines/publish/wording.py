"""Chinese labels, formulas and number formats: one wording for page, workbook and bulletin.

A share is never rounded to 100 % or to 0 % unless it is exactly that; what is undefined is printed as —.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from pipelines.contracts import load_tables
from pipelines.settings import Thresholds

UNDEFINED = "—"
BASIS_NAMES = {"ticket": "件次", "lead": "线索"}
FLOW_NAMES = {
    "opening": "上期结转",
    "received": "新接收",
    "reopened": "重新办理",
    "transferred_in": "转入",
    "closed": "办结",
    "transferred_out": "转出退回",
    "withdrawn": "撤回",
    "corrections": "更正",
    "closing": "期末在办",
}
CAUSE_NAMES = {
    "late_row": "来源补报",
    "undone_correction": "更正撤销",
    "judgement": "人工判定",
    "merge": "线索合并",
    "split": "线索拆分",
    "rule": "规则调整",
    "calendar": "日历调整",
    "replay": "隔离复核",
}
REASON_NAMES = {
    "missing_ticket_no": "缺编号",
    "unreadable_ticket_no": "编号无法识别",
    "unreadable_received_at": "接收时间无法识别",
    "impossible_received_at": "接收时间不可能",
    "closed_before_received": "办结早于接收",
    "negative_amount": "金额为负",
    "unknown_division": "属地不在代码表",
    "unknown_channel": "渠道不在代码表",
    "cut_record": "记录残缺",
    "broken_row": "记录损坏",
    "set_aside": "已由人更正或排除",
}
FIELD_NAMES = {
    "ticket_no": "编号",
    "received_at": "接收时间",
    "closed_at": "办结时间",
    "amount": "金额",
    "division": "属地",
    "channel": "渠道",
    "record": "整条记录",
}
LEVEL_NAMES = {"blue": "蓝", "yellow": "黄", "red": "红"}
WARNING_NAMES = {
    "behind": "落后于进度",
    "overdue": "超期占在办",
    "large_incident": "较大欠薪事件",
    "major_incident": "重大欠薪事件",
}
AGES = {
    "overdue_0_7": "0—7天",
    "overdue_8_15": "8—15天",
    "overdue_16_30": "16—30天",
    "overdue_31_60": "31—60天",
    "overdue_over_60": "60天以上",
}
CONDUCT = {
    "extended_repeatedly": "多次延期",
    "extended_on_last_day": "最后一日延期（推断）",
    "extended_after_deadline": "逾期后延期（推断）",
    "returned_repeatedly": "多次退回",
    "money_disagrees": "办结结果与金额不符",
}
CHECK_STATUS_NAMES = {"passed": "通过", "warned": "提示", "failed": "未通过", "crashed": "核对出错"}
SIZE_NAMES = {"ordinary": "一般", "large": "较大", "major": "重大"}
LOCAL = "本地设定，待确认：尚无全国统一数值"
WEEKDAYS = "一二三四五六日"

# (indicator, formula, remark): printed under the table, on the page and in the workbook alike.
FORMULAS = (
    (
        "台账平衡",
        "上期结转＋新接收＋重新办理＋转入－办结－转出退回－撤回＋更正＝期末在办",
        "按日、按属地、按渠道、按件次和线索分别成立；上期结转即上一日的期末在办",
    ),
    ("时效内办结率（热线口径）", "按时办结 ÷ 已办结", "看不出仍在办的超期件，须与信访口径并列"),
    (
        "时效内办结率（信访口径）",
        "到期件中按时办结 ÷ 至今到期",
        "至今到期：时限止于业务日及以前、未退回未撤回，办结与否均计",
    ),
    (
        "存量清零率",
        "存量已清 ÷ 存量（基准日在办）",
        "尚无法定口径；须与超期未结、办结未支付、应回复未回复、未入账并列，任何单一数字不称清零",
    ),
    ("超期未结", "业务日终仍在办且已过办理时限", "时限当日24时仍未办结即计入"),
    (
        "办结未支付",
        "来源已办结但没有支付记录",
        "法院、公安、仲裁、还款协议未到期等；来源不填金额的（如多数热线工单）也在内",
    ),
    ("应回复未回复", "线索已了结或已在他处办结、本件尚未答复", "一条线索可有多件，逐件答复"),
    (
        "未入账",
        "累计隔离的来源记录中，至业务日终未由来源更正或重报、也未经人工更正或排除的",
        "每条都可能是一名劳动者的诉求，更正后自动入账",
    ),
    (
        "累计隔离",
        "接收行数－成为版本－无变化－非欠薪",
        "不合数据约定而曾被隔离的来源记录，后来更正、重报或排除的也在内；其中仍待核的是未入账",
    ),
    ("重复率", "1 － 线索 ÷ 件次", "件次：来源的一条记录；线索：同一劳动者对同一用人单位的同一事项"),
    (
        "清欠人数、金额",
        "每条线索计一次",
        "取来源金额字段；同一线索各件不一致的，取最后办结且大于零者并作标记",
    ),
    (
        "超期账龄",
        "业务日－时限日（自然日），分0—7、8—15、16—30、31—60、60天以上五段",
        "五段之和等于超期未结；时限当日24时未办结为0天",
    ),
    (
        "即将到期",
        "在办、未超期，且时限日在业务日后3个工作日以内",
        "工作日数为本地设定（city.toml 的 due_soon_working_days）",
    ),
    (
        "办结率（按接收月份）",
        "该月接收中已办结 ÷ 该月接收",
        "办结计入接收的月份，不计入办结的月份；新近月份自然偏低",
    ),
    (
        "办结结果与金额不符",
        "（已支付而金额记为0或少于诉求）＋（不实、转法院、公安、仲裁而记有清欠金额）",
        "来源不填金额的不在内，见办结未支付",
    ),
    (
        "承诺支付与已付",
        "承诺金额＝以还款协议办结的诉求金额；已付＝其来源记录的清欠金额；未付清＝已付少于承诺",
        "分期付款的，来源更新后随之变化",
    ),
    ("多次延期", "延期2次及以上", "取来源所记次数和历次版本中较大者"),
    (
        "最后一日延期",
        "首次出现延期的版本日＝原时限日",
        "推断：来源不提供申请延期的日期，以首次见到延期的版本为准",
    ),
    ("逾期后延期", "首次出现延期的版本日＞原时限日", "推断，同上"),
    ("多次退回", "退回2次及以上", "取来源所记次数和历次版本中较大者"),
    (
        "预警：落后于进度",
        "按工作日均匀推进至今应清比例－存量清零率",
        "达到 city.toml 所设比例的为蓝、黄、红；按件次，分属地、渠道和全市",
    ),
    ("预警：超期占在办", "超期未结 ÷ 在办", "同上；较大欠薪事件出现当日为黄，重大为红"),
    ("近7日日均清理", "近7日清理的存量 ÷ 其中工作日", "日均需清理：存量未清 ÷ 至目标日的工作日"),
)


def count(value: int | None) -> str:
    """A count with thousands separators; a minus sign, not a hyphen."""
    if value is None:
        return UNDEFINED
    return f"{value:,}".replace("-", "−")


def signed(value: int) -> str:
    """A count with its sign; 0 has none."""
    return "0" if value == 0 else f"{'+' if value > 0 else '−'}{abs(value):,}"


def share(part: int, whole: int) -> str:
    """`part` of `whole` in percent with two decimals; — without a whole."""
    if whole <= 0:
        return UNDEFINED
    exact = Decimal(100 * part) / Decimal(whole)
    rounded = exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    if rounded == 100 and part < whole:
        rounded = exact.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    if rounded == 0 and part > 0:
        return "<0.01%"
    return f"{rounded}%"


def ratio(part: int, whole: int) -> float | None:
    """`part` of `whole` as a number, or None without a whole."""
    return part / whole if whole > 0 else None


def wan(fen: int) -> str:
    """An amount of fen in 万元 with two decimals."""
    return f"{ten_thousands(fen):,}"


def ten_thousands(fen: int) -> Decimal:
    """An amount of fen in 万元, rounded to two decimals."""
    return (Decimal(fen) / 1_000_000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def pace(value: float | None) -> str:
    """A pace a working day with one decimal; a pace that would print as none is said to be under a tenth."""
    if value is None:
        return UNDEFINED
    return "<0.1" if 0 < value < 0.05 else f"{value:,.1f}"


def day(value: date | None) -> str:
    """2023年8月31日."""
    return UNDEFINED if value is None else f"{value.year}年{value.month}月{value.day}日"


def day_of_month(value: date | None) -> str:
    """8月31日."""
    return UNDEFINED if value is None else f"{value.month}月{value.day}日"


def weekday(value: date) -> str:
    """星期四."""
    return f"星期{WEEKDAYS[value.weekday()]}"


def freshness(source: Mapping[str, object], business_date: date) -> str:
    """How fresh a source is, in words."""
    newest, problem = source["last_delivered_for"], source.get("pull_problem")
    if source["is_delivered"]:
        return f"已报送（最近一次读取未完成：{problem}）" if problem else "已报送"
    waived = "（已准予缺报）" if source["is_waived"] else ""
    why = f"（{problem}）" if problem else ""
    if not isinstance(newest, date):
        return f"从未报送{why}{waived}"
    return (
        f"未报送{day_of_month(business_date)}数据{why}，最近报送{day_of_month(newest)}，"
        f"滞后{source['age_days']}天{waived}"
    )


def control(source: Mapping[str, object]) -> str:
    """Whether a source's control totals agree with our rows, in words; — of a source that never delivered."""
    if source["last_delivered_for"] is None:
        return UNDEFINED
    if source["control_total"] is None:
        return "来源不提供总数"
    ours, theirs = source["control_rows"], source["control_total"]
    return f"一致 {theirs:,}" if source["is_control_total_met"] else f"不一致：对方 {theirs:,}，我方 {ours:,}"


def subject_names(sources: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """What checks are about, as officials know it: sources and tables by their names."""
    tables = {name: table.title for name, table in load_tables().items()}
    titles = {str(source["source"]): str(source["title"]) for source in sources}
    return {"audit": "各表之间", "clearance": "公布的数据库"} | tables | titles


def expectation(text: object) -> str:
    """The bound of a check (`0`, `at most 5 %`, `at least 1`) in Chinese."""
    return str(text).replace("at most ", "至多 ").replace("at least ", "至少 ")


def thresholds(limits: Thresholds) -> str:
    """From how many people or how much money an incident is large or major, in words."""
    return (
        f"较大：{limits.large_persons}人或{limits.large_fen // 1_000_000}万元以上；"
        f"重大：{limits.major_persons}人或{limits.major_fen // 1_000_000}万元以上"
    )
