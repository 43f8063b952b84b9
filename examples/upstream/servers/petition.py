"""The petition system's exports: `XFJ_YYYYMMDD_HHMM.xlsx` (`.xls` in the first months), each a snapshot of
every petition known by then.

Row 1 a merged title, row 2 the time of export and the number of petitions, row 3 the header, then the data
and a total row; some files carry a sheet of codes. From file to file the columns come in another order, a
header may be an alias or carry spaces, a line break or full-width spaces, and each date column has a
spelling of its own. What a date says is the same in every file: a moment keeps its time of day, a plain day
stays one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import partial

from examples.upstream.servers.outbox import (
    DAILY_FROM,
    DAY,
    EVERY_DAY_FROM,
    OutboxFile,
    chance,
    is_canonical,
    spelt,
    spelt_day,
)
from examples.upstream.servers.spreadsheets import Cell, Moment, Sheet, xls, xlsx
from examples.upstream.servers.versions import Versions

TITLE = "银川市信访信息系统信访件导出表（演示数据，人员企业均为虚构）"
EXPORT_AT = time(23, 50)
# The system changed from .xls to .xlsx in the course of the year.
NEW_FORMAT_FROM = date(2023, 4, 1)
ALIASES = {
    "信访件编号": "信访编号",
    "手机号码": "手机号",
    "登记日期": "登记时间",
    "信访日期": "信访时间",
    "概况": "信访概况",
}
DATE_COLUMNS = ("信访日期", "登记日期", "限办时间", "受理日期", "办结日期")
MOMENT_SHAPES = ("serial", "dated serial", "minutes", "compact", "canonical")
DAY_SHAPES = ("serial", "dashes", "slashes", "chinese")
# Moments that mean their day: as a bare day they say the same to whoever reads them.
WHOLE_DAY = (" 00:00:00", " 23:59:59")
CODES = (
    ("信访件状态", "受理申请审查中"),
    ("信访件状态", "受理"),
    ("信访件状态", "审核认定办结"),
    ("是否办结", "是/否"),
)
EXCEL_EPOCH = datetime(1899, 12, 30)


def files(versions: Versions, seed: int, since: datetime, until: datetime) -> Iterator[OutboxFile]:
    """The exports made in (since, until]."""
    if not versions.shown_at:
        return
    day = versions.shown_at[0].date()
    while datetime.combine(day, EXPORT_AT) <= until:
        exported_at = datetime.combine(day, EXPORT_AT)
        positions = versions.in_force(exported_at) if exported_at > since and _is_export_day(day) else []
        if positions:
            luck = chance(seed, "petition", day)
            made = partial(_workbook, versions, positions, exported_at, luck)
            suffix = "xls" if day < NEW_FORMAT_FROM else "xlsx"
            yield OutboxFile(f"XFJ_{exported_at:%Y%m%d_%H%M}.{suffix}", exported_at, made)
        day += DAY


def _is_export_day(day: date) -> bool:
    """The last day of a month; in August every Sunday; every day once the campaign is near."""
    is_month_end = (day + DAY).month != day.month
    return day >= EVERY_DAY_FROM or is_month_end or (day >= DAILY_FROM and day.weekday() == 6)


def _workbook(versions: Versions, positions: list[int], exported_at: datetime, luck: random.Random) -> bytes:
    order = list(range(len(versions.columns)))
    luck.shuffle(order)
    names = [versions.columns[place] for place in order]
    shapes = {name: (luck.choice(MOMENT_SHAPES), luck.choice(DAY_SHAPES)) for name in DATE_COLUMNS}
    has_codes, total_at = luck.random() < 0.4, luck.randrange(len(names) - 1)
    spelling = luck.choice(("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M"))
    rows: list[list[Cell]] = [
        [TITLE],
        [f"导出时间：{exported_at.strftime(spelling)}　共 {len(positions)} 件"],
        [_header(name, luck) for name in names],
    ]
    for row in versions.values(positions):
        rows.append([_cell(name, row[place], shapes) for name, place in zip(names, order, strict=True)])
    rows.append([*[None] * total_at, "合计", len(positions)])
    sheets = [Sheet("信访件", rows, merged_columns=len(names))]
    if has_codes:
        sheets.append(Sheet("代码表", CODES))
    return xls(sheets) if exported_at.date() < NEW_FORMAT_FROM else xlsx(sheets, TITLE, exported_at)


def _header(name: str, luck: random.Random) -> str:
    """The column's name or alias, now and then with a space, a line break or full-width spaces in it."""
    text = ALIASES[name] if name in ALIASES and luck.random() < 0.4 else name
    middle = len(text) // 2
    kind = luck.random()
    if kind < 0.1:
        return f"{text[:middle]} {text[middle:]} "
    if kind < 0.2:
        return f"{text[:middle]}\n{text[middle:]}"
    if kind < 0.3:
        return f"　{text[:middle]}　{text[middle:]}"
    return text


def _cell(name: str, value: str | None, shapes: dict[str, tuple[str, str]]) -> Cell:
    """A value as the export shows it: head counts as numbers, dates in their column's spelling, the rest as
    text.
    """
    if not value:
        return None
    if name == "信访人数" and value.isascii() and value.isdigit():
        return int(value)
    if name not in shapes or not is_canonical(value):
        return value
    is_day = value.endswith(WHOLE_DAY)
    shape = shapes[name][1 if is_day else 0]
    if not shape.endswith("serial"):
        return spelt_day(value, shape) if is_day else spelt(value, shape)
    try:
        since_epoch = datetime.fromisoformat(value[:10] if is_day else value) - EXCEL_EPOCH
    except ValueError:
        # A date that cannot be has no serial: the export shows it as the text it is.
        return value
    serial = since_epoch.days + since_epoch.seconds / 86400
    return Moment(serial) if shape == "dated serial" else serial
