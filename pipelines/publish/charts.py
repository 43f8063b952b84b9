"""Small charts as hand-written SVG: the stock over the days, what came in and went each day, the campaign's course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import Any

from pipelines.publish.wording import count, day_of_month

WIDTH, HEIGHT = 640, 250
LEFT, RIGHT, TOP, BOTTOM = 56, 142, 14, 32
INK, ACCENT, SECOND, ALERT, GRID, PALE = "#18212d", "#1c4e80", "#8a6d2f", "#a4211c", "#e4e8ee", "#c3cfdc"


def stock_chart(trend: Sequence[Mapping[str, Any]], baseline: date | None) -> str:
    """Open tickets, open leads and open overdue tickets at the end of each day; the campaign's baseline is marked."""
    lines = (
        ("tickets_open", "在办件次", ACCENT),
        ("leads_open", "在办线索", SECOND),
        ("tickets_overdue", "超期未结", ALERT),
    )
    values = [row[name] or 0 for row in trend for name, _, _ in lines]
    top = _nice_top(max(values, default=0))
    days = [row["business_date"] for row in trend]
    parts = [_grid(top), _dates(days)]
    if baseline in days:
        x = _x(days.index(baseline), len(days))
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="{INK}" stroke-dasharray="3 3"/>'
        )
        anchor = "end" if x > LEFT + 60 else "start"
        parts.append(
            f'<text x="{x + (-5 if anchor == "end" else 5):.1f}" y="{TOP + 12}" text-anchor="{anchor}">基准日</text>'
        )
    ends = []
    for name, label, color in lines:
        points = [(_x(index, len(days)), _y(row[name] or 0, top)) for index, row in enumerate(trend)]
        parts.append(
            f'<polyline fill="none" stroke="{color}" stroke-width="2" stroke-linejoin="round" '
            f'points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
        )
        if points:
            parts.append(f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="3" fill="{color}"/>')
            ends.append((points[-1][1], f"{label} {count(trend[-1][name] or 0)}", color))
    parts += _end_labels(ends)
    said = "；".join(text for _, text, _ in ends)
    return _svg("每日日终在办", f"{_span(days)}，日终：{said}", parts)


def flow_chart(trend: Sequence[Mapping[str, Any]]) -> str:
    """Tickets received (with reopened) and closed on each day, as pairs of bars."""
    top = _nice_top(
        max((max(row["tickets_received"] or 0, row["tickets_closed"] or 0) for row in trend), default=0)
    )
    days = [row["business_date"] for row in trend]
    parts = [_grid(top), _dates(days)]
    step = (WIDTH - LEFT - RIGHT) / max(len(days), 1)
    width = min(max(step * 0.36, 1.2), 16)
    for index, row in enumerate(trend):
        middle = LEFT + step * (index + 0.5)
        for offset, name, color in ((-width, "tickets_received", PALE), (0.0, "tickets_closed", ACCENT)):
            y = _y(row[name] or 0, top)
            parts.append(
                f'<rect x="{middle + offset:.1f}" y="{y:.1f}" width="{width:.1f}" '
                f'height="{HEIGHT - BOTTOM - y:.1f}" fill="{color}"/>'
            )
    x = WIDTH - RIGHT + 12
    if trend:
        for place, (label, name, color) in enumerate(
            (("接收", "tickets_received", PALE), ("办结", "tickets_closed", ACCENT))
        ):
            y = TOP + 20 + 24 * place
            parts.append(f'<rect x="{x}" y="{y - 10}" width="11" height="11" fill="{color}"/>')
            parts.append(
                f'<text class="label" x="{x + 16}" y="{y}">{label} {count(trend[-1][name] or 0)}</text>'
            )
    last = trend[-1] if trend else {"tickets_received": 0, "tickets_closed": 0}
    said = f"末日接收 {count(last['tickets_received'] or 0)}，办结 {count(last['tickets_closed'] or 0)}"
    return _svg("每日接收与办结", f"{_span(days)}，{said}", parts)


def burn_chart(series: Sequence[Mapping[str, Any]], target: date) -> str:
    """What is left of the stock and of the inflow, in tickets, beside the even course from the first day to the target."""
    rows = [row for row in series if row["basis"] == "ticket"]
    if not rows:
        return _svg("清零进度", "没有数据", [])
    first, stock = rows[0]["day"], int(rows[0]["stock_baseline"])
    days = [first + timedelta(days=number) for number in range(max((target - first).days, 1) + 1)]
    top = _nice_top(max([stock, *(int(row[name]) for row in rows for name in ("stock_left", "inflow_open"))]))
    parts = [_grid(top), _dates(days)]
    parts.append(
        f'<line x1="{_x(0, len(days)):.1f}" y1="{_y(stock, top):.1f}" x2="{_x(len(days) - 1, len(days)):.1f}" '
        f'y2="{_y(0, top):.1f}" stroke="{PALE}" stroke-width="2" stroke-dasharray="5 4"/>'
    )
    ends = []
    for name, label, color in (("stock_left", "存量未清", ACCENT), ("inflow_open", "增量未结", SECOND)):
        points = [(_x((row["day"] - first).days, len(days)), _y(int(row[name]), top)) for row in rows]
        parts.append(
            f'<polyline fill="none" stroke="{color}" stroke-width="2" stroke-linejoin="round" '
            f'points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
        )
        parts.append(f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="3" fill="{color}"/>')
        ends.append((points[-1][1], f"{label} {count(int(rows[-1][name]))}", color))
    parts += _end_labels(ends)
    said = "；".join(text for _, text, _ in ends)
    return _svg("清零进度", f"{_span([first, rows[-1]['day']])}，{said}；虚线为均匀推进", parts)


def _svg(title: str, description: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}：{escape(description)}">'
        f"<title>{escape(title)}：{escape(description)}</title>{''.join(parts)}</svg>"
    )


def _span(days: Sequence[date]) -> str:
    return f"{day_of_month(days[0])}至{day_of_month(days[-1])}" if days else "没有数据"


def _x(index: int, days: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (index + 0.5) / max(days, 1)


def _y(value: int, top: int) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _nice_top(largest: int) -> int:
    """The smallest round number divisible by four that is not below `largest`."""
    if largest <= 4:
        return 4
    magnitude: int = 10 ** (len(str(largest)) - 1)
    for factor in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10):
        top = round(factor * magnitude)
        if top >= largest and top % 4 == 0:
            return top
    return -(-largest // 4) * 4


def _grid(top: int) -> str:
    parts = []
    for quarter in range(5):
        value = top * quarter // 4
        y = _y(value, top)
        color = INK if quarter == 0 else GRID
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{color}"/>')
        parts.append(f'<text x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{count(value)}</text>')
    return "".join(parts)


def _dates(days: Sequence[date]) -> str:
    if not days:
        return ""
    wanted = sorted({round(part * (len(days) - 1) / 4) for part in range(5)})
    return "".join(
        f'<text x="{_x(index, len(days)):.1f}" y="{HEIGHT - 9}" text-anchor="middle">{days[index].month}/{days[index].day}</text>'
        for index in wanted
    )


def _end_labels(ends: Sequence[tuple[float, str, str]]) -> list[str]:
    """Labels at the right end of the lines, pushed apart so that none covers another."""
    parts, lowest = [], float("-inf")
    for y, text, color in sorted(ends):
        y = max(y, lowest + 20)
        lowest = y
        parts.append(
            f'<text class="label" x="{WIDTH - RIGHT + 6}" y="{y + 4:.1f}" style="fill:{color}">{escape(text)}</text>'
        )
    return parts
