"""Months that prose names: 去年10月到今年1月, 3至5月份, 2023.2-2023.3, 二〇二三年三月份, 三四月份, 上个月.

`read_months` reads the words alone; `resolve_months` places them before the month of receipt.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from pipelines.normalize.chinese_numerals import read_number

D = "[0-9０-９]"
YEAR = rf"(?:{D}{{4}} ?年|{D}{{2}} ?年|[二〇零一九][〇零○一二三四五六七八九]{{1,3}}年|(?:去|今|前|本|上|当|同)年)度?的? ?"
MONTH_NUMBER = "(?:[1１][0-2０-２]|[0０]?[1-9１-９])"
MONTH = rf"(?:{MONTH_NUMBER}|十[一二]?|[一二三四五六七八九元])"
DAY = rf"(?:(?:{D}{{1,2}}|[一二三]?十?[一二三四五六七八九十])[日号]|初|底|末|中旬|上旬|下旬)"
TO = " ?(?:(?:起|始|开始)(?:一直)?[到至]|(?:一直)?[干做忙上欠拖]到|直到|一直到|到|至|-|－|—+|–|~|～|―|、|和|与|及|跟) ?"
NOW = "(?:现在|目前|今天|今日|如今|今)"
DOTTED = rf"[2２][0０][0-4０-４]{D}[.．/-]{MONTH_NUMBER}(?:[.．/-]{D}{{1,2}})?"

PARTS = "上半年|下半年|全年|一整年|第?[一二三四1-4]季度"

MONTHS = "|".join(
    (
        rf"{D}{{6}}{TO}{D}{{6}}",
        rf"{DOTTED}{TO}(?:{DOTTED}|{YEAR}{MONTH} ?月份?|{NOW}|{MONTH} ?月份?)",
        rf"{DOTTED}月?份?",
        rf"(?:{YEAR})?{MONTH} ?(?:月份?{DAY}?)?{TO}(?:(?:{YEAR})?{MONTH} ?月份?{DAY}?|{NOW})(?:、(?:{YEAR})?{MONTH} ?月份?)*",
        rf"(?:{YEAR})?{MONTH}(?:、{MONTH})+ ?月份?",
        rf"(?:{YEAR})?[一二三四五六七八九]{{2}}月份?",
        rf"(?:{YEAR})?{MONTH} ?月份?{DAY}?",
        rf"(?:{YEAR})?(?:{PARTS})",
        "上上个?月|上个?月|本月|这个月",
        rf"{D}{{4}} ?年度?|(?:去|今|前|本)年",
    )
)

_YEAR = re.compile(YEAR)
_MONTH = re.compile(rf"^(?P<month>{MONTH}) ?(?P<sign>月份?)?(?P<day>{DAY})?$")
_DOTTED = re.compile(r"^(?P<year>\d{4})[./-](?P<month>\d{1,2})(?P<day>[./-]\d{1,2})?月?份?$")
_SPLIT = re.compile(
    "(?:起|始|开始)(?:一直)?[到至]|(?:一直)?[干做忙上欠拖]到|直到|一直到|开始到|起至|[到至－—–~～―、和与及跟]+"
)
RELATIVE = {"今年": 0, "本年": 0, "当年": 0, "同年": 0, "去年": -1, "上年": -1, "前年": -2}


@dataclass(frozen=True)
class End:
    """One end of a period: the year as said (a number, 今年 … as an offset, or not said) and the month 1..12."""

    month: int
    year: int | None = None
    offset: int | None = None
    has_day: bool = False


@dataclass(frozen=True)
class Months:
    """A period as said; `last` is None where it is still running (至今)."""

    first: End
    last: End | None
    is_range: bool
    back: int | None = None
    """For 上个月: how many months before the receipt."""


def read_months(token: str) -> Months | None:
    """The period of a token; None where it is a day, a year alone or no month."""
    text = unicodedata.normalize("NFKC", token).replace(" ", "").replace("的", "")
    back = {"上上月": 2, "上上个月": 2, "上月": 1, "上个月": 1, "本月": 0, "这个月": 0}.get(text)
    if back is not None:
        return Months(End(1), None, False, back)
    half = re.match(rf"^(?P<year>{YEAR})?(?P<part>{PARTS})$", text)
    if half:
        year, offset = _year(half["year"] or "今年")
        first, last = {"上半年": (1, 6), "下半年": (7, 12)}.get(half["part"], (1, 12))
        if half["part"].endswith("季度"):
            quarter = int(read_number(half["part"].removeprefix("第").removesuffix("季度")) or 1)
            first, last = quarter * 3 - 2, quarter * 3
        return Months(End(first, year, offset), End(last, year, offset), True)
    return _range(text)


def _range(text: str) -> Months | None:
    plain = re.match(r"^(\d{4})(\d{2})\D(\d{4})(\d{2})$", text)
    if plain:
        first, last = End(int(plain[2]), int(plain[1])), End(int(plain[4]), int(plain[3]))
        return Months(first, last, True) if 1 <= first.month <= 12 and 1 <= last.month <= 12 else None
    pair = re.match(rf"^(?P<year>{YEAR})?(?P<a>[一二三四五六七八九])(?P<b>[一二三四五六七八九])月份?$", text)
    if pair:
        year, offset = _year(pair["year"])
        a, b = read_number(pair["a"]), read_number(pair["b"])
        if a is None or b is None or b != a + 1:
            return None
        return Months(End(int(a), year, offset), End(int(b)), True)
    whole = _end(text)
    if whole is not None:
        return None if whole.has_day else Months(whole, whole, False)
    parts = [part for part in _SPLIT.split(text) if part]
    if len(parts) == 1:
        parts = _split_dashes(text)
    if len(parts) < 2:
        return None
    first_end = _end(parts[0], is_open=True)
    if first_end is None:
        return None
    if re.fullmatch(NOW, parts[-1]):
        return Months(first_end, None, True)
    last_end = _end(parts[-1])
    return None if last_end is None else Months(first_end, last_end, True)


def _split_dashes(text: str) -> list[str]:
    """2023-02-2023-05 is cut at its middle dash, 3-5月 at its only one."""
    dashes = [at for at, sign in enumerate(text) if sign == "-"]
    if not dashes:
        return []
    at = dashes[len(dashes) // 2]
    return [text[:at], text[at + 1 :]]


def _end(text: str, *, is_open: bool = False) -> End | None:
    dotted = _DOTTED.match(text)
    if dotted:
        month = int(dotted["month"])
        return End(month, int(dotted["year"]), None, bool(dotted["day"])) if 1 <= month <= 12 else None
    found = _YEAR.match(text)
    year, offset = _year(found.group() if found else None)
    rest = _MONTH.match(text[found.end() :] if found else text)
    if rest is None or (not rest["sign"] and not is_open):
        return None
    value = 1 if rest["month"] == "元" else read_number(rest["month"])
    if value is None or not 1 <= value <= 12:
        return None
    day = rest["day"] or ""
    return End(int(value), year, offset, day.endswith(("日", "号")))


def _year(text: str | None) -> tuple[int | None, int | None]:
    """(year, offset) of 2023年, 22年, 二三年 or 去年; (None, None) where none is said."""
    if not text:
        return None, None
    said = text.strip().removesuffix("的").removesuffix("度").removesuffix("年").strip()
    if said + "年" in RELATIVE:
        return None, RELATIVE[said + "年"]
    value = read_number(said.replace("○", "〇"))
    if value is None:
        return None, None
    return int(value) if value >= 1000 else 2000 + int(value), None


def resolve_months(months: Months, received_month: int) -> tuple[int, int, float] | None:
    """(first, last, weight) as yyyymm before the month of receipt (yyyymm); None where it would lie after it.

    A month said without a year is the latest such month that is not after the receipt.
    """
    received = received_month // 100 * 12 + received_month % 100 - 1
    if months.back is not None:
        at = received - months.back
        return _yyyymm(at), _yyyymm(at), 0.7
    weight = 0.8 if months.is_range else 0.6
    if months.last is None:
        last = received
        first = _place(months.first, received, last)
        weight = 0.7
    else:
        last_end, first_end = months.last, months.first
        if not _is_placed(last_end) and _is_placed(first_end):
            first = _place(first_end, received, received)
            last = first + (last_end.month - 1 - first % 12) % 12
        else:
            last = _place(last_end, received, received)
            first = _place(first_end, received, last)
    if not 0 <= last - first <= 120 or first > received or received - first > 240:
        return None
    if last > received:
        weight -= 0.3
    if _is_placed(months.first) or (months.last is not None and _is_placed(months.last)):
        weight += 0.1
    return _yyyymm(first), _yyyymm(last), weight


def _is_placed(end: End) -> bool:
    return end.year is not None or end.offset is not None


def _place(end: End, received: int, not_after: int) -> int:
    if end.year is not None:
        return end.year * 12 + end.month - 1
    if end.offset is not None:
        return (received // 12 + end.offset) * 12 + end.month - 1
    return not_after - (not_after - (end.month - 1)) % 12


def _yyyymm(months: int) -> int:
    return months // 12 * 100 + months % 12 + 1
