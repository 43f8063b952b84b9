"""The hotline's work orders as CSV files with a marker each.

`GD_YYYYMMDD_NN.csv` holds one row for every version that appeared in its span, so a work order may stand in
it more than once. Most days are GB18030, some are UTF-8 with a byte-order mark; on some days the header
uses other names for its columns and the times another spelling. `GD_YYYYMMDD_NN.ok` says rows and SHA-256
and is written last.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise

from examples.upstream.servers.outbox import (
    DAILY_FROM,
    EVERY_DAY_FROM,
    Once,
    OutboxFile,
    chance,
    days_of_files,
    is_canonical,
    spelt,
)
from examples.upstream.servers.versions import Versions

ALIASES = {
    "工单编号": ("工单号", "编号", "诉求编号", "受理编号"),
    "主要内容": ("诉求内容", "反映内容", "问题描述"),
    "工单状态": ("状态", "办理状态"),
    "来电人": ("反映人", "诉求人", "联系人"),
    "来电号码": ("来电人电话", "联系电话", "联系方式"),
    "主办单位": ("承办单位", "责任单位"),
    "来电时间": ("受理时间", "登记时间", "创建时间"),
    "办结时间": ("完成时间", "结案时间"),
    "企业名称": ("单位名称", "商户名称"),
}
TIME_COLUMNS = frozenset(
    {"来电时间", "派单时间", "签收时间", "截止时间", "延期后截止时间", "办结时间", "更新时间"}
)
HOURS_OF_PARTS = ((12,), (18,), (10, 16), (12, 18))


def files(versions: Versions, seed: int, since: datetime, until: datetime) -> Iterator[OutboxFile]:
    """The files that appear in (since, until], each CSV before its marker."""
    if not versions.shown_at:
        return
    for day, start, end in days_of_files(versions.shown_at[0].date(), until):
        sequence = 0
        for first, before in _spans(day, start, end, seed):
            positions = versions.in_span(first, before)
            is_last_chance = sequence == 0 and before == end and day >= EVERY_DAY_FROM
            if not positions and not is_last_chance:
                continue
            sequence += 1
            if not since < before <= until:
                continue
            stem = f"GD_{day:%Y%m%d}_{sequence:02d}"
            made = Once(partial(_csv, versions, positions, chance(seed, "hotline", day)))
            yield OutboxFile(f"{stem}.csv", before, made)
            yield OutboxFile(f"{stem}.ok", before, partial(_marker, made, len(positions)))


def _spans(day: date, since: datetime, before: datetime, seed: int) -> list[tuple[datetime, datetime]]:
    """The spans of the files of a day: two or three; a week of the history has one file."""
    if day < DAILY_FROM:
        return [(since, before)]
    hours = chance(seed, "hotline parts", day).choice(HOURS_OF_PARTS)
    return list(pairwise([since, *(since + timedelta(hours=hour) for hour in hours), before]))


def _marker(made: Once, rows: int) -> bytes:
    return f"{rows} {hashlib.sha256(made()).hexdigest()}\n".encode()


def _csv(versions: Versions, positions: range, luck: random.Random) -> bytes:
    has_mark, has_aliases = luck.random() < 0.25, luck.random() < 0.3
    header = [
        luck.choice(ALIASES[name]) if has_aliases and name in ALIASES else name for name in versions.columns
    ]
    shape = luck.choice(("minutes", "slashes")) if has_aliases else "canonical"
    times = {place for place, name in enumerate(versions.columns) if name in TIME_COLUMNS}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    for position in positions:
        row = [
            spelt(value, shape)
            if place in times and value is not None and is_canonical(value)
            else value or ""
            for place, value in enumerate(versions.rows[position])
        ]
        # A record cut short has lost what stood behind some column, as when a transfer broke off.
        writer.writerow(
            row[: chance(len(row), position).randint(5, len(row) - 4)] if versions.is_cut[position] else row
        )
    return _encoded(text.getvalue(), "utf-8-sig" if has_mark else "gb18030")


def _encoded(text: str, encoding: str) -> bytes:
    """The bytes of a file; a replacement character stands for a broken byte and becomes one again."""
    return b"\xff".join(
        part.encode(encoding if number == 0 else encoding.removesuffix("-sig"))
        for number, part in enumerate(text.split("\ufffd"))
    )
