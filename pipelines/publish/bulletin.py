"""bulletin.md: the paragraph for the public, city totals only.

`bulletin` writes it from the figures and `read_bulletin` reads the figures back from the words.
"""

from __future__ import annotations

import re

from pipelines.publish.figures import ALL, Figures
from pipelines.publish.wording import count, day, freshness, share, wan
from pipelines.settings import City

NUMBER = r"(−?[\d,]+)"
WORDS = {
    "tickets_known": rf"共接收欠薪线索{NUMBER}件次",
    "leads_known": rf"去重后{NUMBER}条线索",
    "tickets_known_closed": rf"已办结{NUMBER}件次",
    "tickets_known_on_time": rf"按时办结{NUMBER}件次",
    "tickets_due": rf"至今到期{NUMBER}件次",
    "tickets_due_on_time": rf"到期件中按时办结{NUMBER}件次",
    "tickets_open": rf"在办{NUMBER}件次",
    "leads_open": rf"在办{NUMBER}条线索",
    "tickets_overdue": rf"超期未结{NUMBER}件次",
    "tickets_received": rf"当日新接收{NUMBER}件次",
    "tickets_closed": rf"当日办结{NUMBER}件次",
    "recovered_persons": rf"为{NUMBER}名劳动者",
    "quarantined": rf"未入账{NUMBER}条",
    "replies_owed": rf"应回复未回复{NUMBER}件",
    "tickets_closed_unpaid": rf"办结未支付{NUMBER}件次",
}


def bulletin(figures: Figures, city: City) -> str:
    """The bulletin of a business date in Markdown: what was received and handled so far, and what is still open."""
    tickets, leads, key = figures.of("ticket"), figures.of("lead"), figures.key()
    channels = "，".join(
        f"{report_as}{count(figures.of('ticket', ALL, channel)['known'])}件"
        for channel, report_as in figures.channel_reports.items()
    )
    since = f"{day(figures.first_received)}以来，" if figures.first_received else ""
    paragraphs = [
        f"# {city.name}根治欠薪工作情况（{day(figures.business_date)}{'，重述' if figures.is_restated else ''}）",
        (
            f"{since}截至{day(figures.business_date)}，{city.name}各渠道共接收欠薪线索{count(tickets['known'])}件次"
            f"（去重后{count(leads['known'])}条线索）。其中，{channels}。"
        ),
        (
            f"已办结{count(tickets['known_closed'])}件次，其中按时办结{count(tickets['known_on_time'])}件次，"
            f"时效内办结率{share(tickets['known_on_time'], tickets['known_closed'])}（按时办结÷已办结）；"
            f"至今到期{count(tickets['due'])}件次，到期件中按时办结{count(tickets['due_on_time'])}件次，"
            f"占{share(tickets['due_on_time'], tickets['due'])}（到期件中按时办结÷至今到期）。"
            f"累计为{count(leads['recovered_persons'])}名劳动者追回工资{wan(leads['recovered_fen'])}万元（每条线索计一次）。"
        ),
        (
            f"当日新接收{count(tickets['received'])}件次，当日办结{count(tickets['closed'])}件次；"
            f"日终在办{count(tickets['open'])}件次（在办{count(leads['open'])}条线索），"
            f"其中超期未结{count(tickets['overdue'])}件次。办结未支付{count(tickets['closed_unpaid'])}件次，"
            f"应回复未回复{count(key['replies_owed'])}件，另有来源记录未入账{count(key['quarantined'])}条。"
        ),
    ]
    missing = "；".join(
        f"{source['title']}{freshness(source, figures.business_date)}" for source in figures.missing_sources
    )
    if missing:
        paragraphs.append(f"说明：{missing}。相关渠道的数字截至其最近一次报送，0不等于没有。")
    if city.is_synthetic:
        paragraphs.append(f"*{city.synthetic_notice or '演示数据，均为虚构。'}*")
    return "\n\n".join(paragraphs) + "\n"


def read_bulletin(text: str) -> dict[str, int]:
    """The key figures that stand in a bulletin's words, by their names."""
    found = {}
    for name, pattern in WORDS.items():
        matched = re.search(rf"(?<!到期件中){pattern}" if name == "tickets_known_on_time" else pattern, text)
        if matched:
            found[name] = int(matched.group(1).replace(",", "").replace("−", "-"))
    amount = re.search(r"追回工资([\d,]+)\.(\d\d)万元", text)
    if amount:
        found["recovered_wan_hundredths"] = int(amount.group(1).replace(",", "") + amount.group(2))
    return found
