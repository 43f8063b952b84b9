"""Numbers as people write them in Chinese: 三万八, 叁仟玖佰, 3万8千5, 15,400.50, 4.8w.

`read_number` reads what stands before a unit of money or a measure word; `write_number` writes a whole number in
Chinese (ordinary or formal numerals). Both are exact: decimals, never floats.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

DIGITS = {
    **{sign: value for value, sign in enumerate("零一二三四五六七八九")},
    **{sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")},
    **{"〇": 0, "○": 0, "两": 2, "貳": 2, "弍": 2, "參": 3, "叄": 3, "陸": 6, "幺": 1},
}
UNITS = {
    **{"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000},
    **{"拾": 10, "佰": 100, "仟": 1000, "萬": 10_000, "億": 100_000_000},
    **{"k": 1000, "w": 10_000},
}
FORMAL = {
    "十": "拾",
    "百": "佰",
    "千": "仟",
    **dict(zip("一二三四五六七八九", "壹贰叁肆伍陆柒捌玖", strict=True)),
}

DIGIT_SIGNS = "".join(DIGITS)
UNIT_SIGNS = "".join(sign for sign in UNITS if not sign.isascii())

_PART = re.compile(
    rf"(\d{{1,3}}(?:[, ]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)|([{DIGIT_SIGNS}])|([{UNIT_SIGNS}wk])"
)


def read_number(text: str) -> Decimal | None:
    """The number that `text` is, whole and nothing else; None where it is none.

    A last digit without its unit counts tenths of the unit before it: 三万八 is 38,000, 两千五 is 2,500; after 零
    it counts ones: 三千零五 is 3,005. Signs without any unit are read in place order: 二三〇〇 is 2,300.
    """
    parts = _parts(unicodedata.normalize("NFKC", text).lower().replace("，", ","))
    if not parts:
        return None
    if not any(kind == "unit" for kind, _ in parts):
        return _in_place_order(parts)
    return _with_units(parts)


def _parts(text: str) -> list[tuple[str, Decimal]]:
    parts: list[tuple[str, Decimal]] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            return []
        number, digit, unit = found.groups()
        if number:
            parts.append(("number", Decimal(re.sub("[, ]", "", number))))
        elif digit:
            parts.append(("digit", Decimal(DIGITS[digit])))
        else:
            parts.append(("unit", Decimal(UNITS[unit])))
        at = found.end()
    return parts


def _in_place_order(parts: list[tuple[str, Decimal]]) -> Decimal | None:
    if len(parts) == 1:
        return parts[0][1]
    if any(kind == "number" for kind, _ in parts):
        return None
    return Decimal("".join(str(value) for _, value in parts))


def _with_units(parts: list[tuple[str, Decimal]]) -> Decimal | None:
    """Sections below 万 and 亿 are added up; every unit in a section must be smaller than the one before."""
    whole = section = Decimal(0)
    pending: Decimal | None = None
    last_unit = Decimal(0)
    after_zero = False
    for kind, value in parts:
        if kind != "unit":
            if kind == "digit" and value == 0:
                if pending is not None:
                    return None
                after_zero = True
                continue
            if pending is not None:
                return None
            pending = value
            continue
        if value >= 10_000:
            section += pending or 0
            if not section or (last_unit and last_unit <= 1000 and pending is None and section == 0):
                return None
            if whole and value >= _lowest(whole):
                return None
            whole, section = whole + section * value, Decimal(0)
        else:
            if pending is None and value != 10:
                return None
            if section and section % (value * 10):
                return None
            section += (1 if pending is None else pending) * value
        pending, last_unit, after_zero = None, value, False
    if pending is not None:
        is_tail = not after_zero and pending < 10 and pending == int(pending) and last_unit > 10
        section += pending * last_unit / 10 if is_tail else pending
    return whole + section


def _lowest(whole: Decimal) -> Decimal:
    return Decimal(100_000_000) if whole % 100_000_000 == 0 else Decimal(10_000)


def write_number(value: int, *, is_formal: bool = False) -> str:
    """A whole number from 0 to 9,999,999,999,999 in Chinese: 38500 is 三万八千五百, formal 叁万捌仟伍佰."""
    sections = [(10**8, "亿"), (10**4, "万"), (1, "")]
    text, rest, has_gap = "", value, False
    for size, sign in sections:
        section, rest = divmod(rest, size)
        if section:
            if text and (has_gap or section < 1000):
                text += "零"
            text += (write_number(section) if section >= 10_000 else _section(section)) + sign
            has_gap = False
        elif text:
            has_gap = True
    text = text or "零"
    return "".join(FORMAL.get(sign, sign) for sign in text) if is_formal else text


def _section(value: int) -> str:
    text, has_gap = "", False
    for size, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, size)
        if digit:
            text += ("零" if has_gap else "") + "零一二三四五六七八九"[digit] + sign
            has_gap = False
        elif text:
            has_gap = True
    return text
