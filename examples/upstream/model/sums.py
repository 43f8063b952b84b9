"""Sums, heads and months as people write them; which shapes there are stands in phrases.yml."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

DIGITS = "零一二三四五六七八九"
FORMAL = str.maketrans("零一二三四五六七八九十百千两", "零壹贰叁肆伍陆柒捌玖拾佰仟贰")


def chinese(number: int) -> str:
    """A whole number below 100 million in Chinese numerals, as spoken: 三万八千, 十二, 二百零五."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        head = chinese(high) + "万"
        if not low:
            return head
        return head + ("零" if low < 1000 else "") + chinese(low)
    said = ""
    is_gap = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            said += ("零" if is_gap and said else "") + DIGITS[digit] + name
            is_gap = False
        else:
            is_gap = True
    if said.startswith("一十"):
        said = said[1:]
    return said or "零"


def formal(number: int) -> str:
    """The numerals of receipts: 叁万捌仟."""
    said = chinese(number)
    return ("一" + said if said.startswith("十") else said).translate(FORMAL)


def in_wan(yuan: int) -> str:
    """万 with at most one decimal, cut: 3.8."""
    tenth = yuan // 1000
    return f"{tenth // 10}.{tenth % 10}" if tenth % 10 else str(tenth // 10)


def short(yuan: int) -> str:
    """3万8, 3万, 8千, 8500."""
    wan, rest = divmod(yuan, 10_000)
    if wan:
        return f"{wan}万{rest // 1000}" if rest >= 1000 else f"{wan}万"
    return f"{yuan // 1000}千" if yuan >= 1000 and yuan % 1000 == 0 else str(yuan)


class Sums:
    """Chooses a shape for a sum and fills it."""

    def __init__(self, phrases: Mapping[str, list[str]], luck: Random) -> None:
        self._phrases = phrases
        self._luck = luck

    def money(self, fen: int) -> str:
        """A sum; rounded shapes only where they say it exactly, vague ones where they cut it down."""
        luck, phrases = self._luck, self._phrases
        yuan, rest = divmod(fen, 100)
        chance = luck.random()
        if rest:
            return f"{fen / 100:.2f}元" if chance < 0.6 or yuan < 1000 else f"{yuan}余元"
        if chance < 0.45 and yuan % 1000 == 0 and yuan < 100_000_000:
            shape = self._one(phrases["money_round"])
            if "{w}" in shape and yuan < 10_000:
                shape = "{d}元"
        elif chance < 0.66 and yuan >= 10_000 and yuan % 1000:
            shape = self._one(phrases["money_vague"])
            yuan = yuan // 1000 * 1000
        else:
            shape = self._one(phrases["money_exact"])
        return _filled(shape, yuan)

    def each(self, yuan: int) -> str:
        """What every one of a group is owed."""
        luck = self._luck
        shape = self._one(self._phrases["each"])
        if "{w}" in shape and (yuan < 10_000 or yuan % 1000):
            shape = "每人{d}元"
        if "多" in shape or "{q}" in shape or "左右" in shape:
            yuan = max(500, yuan // 500 * 500 if luck.random() < 0.5 else yuan // 100 * 100)
        return _filled(shape, yuan)

    def people(self, persons: int) -> str:
        """How many of us there are."""
        shape = self._one(self._phrases["people"])
        if "多" in shape:
            if persons < 12:
                shape = "我们{d}个人"
            else:
                persons = persons // 10 * 10
        said = chinese(persons).replace("二百", "两百")
        return shape.replace("{d}", str(persons)).replace("{z}", said)

    def period(self, first: int, last: int, received_year: int) -> str:
        """The months first to last (year * 12 + month - 1), as said in `received_year`."""
        y1, m1 = divmod(first, 12)
        y2, m2 = divmod(last, 12)
        if (y1 >= received_year - 1 and y2 == received_year) or y1 == y2:
            if first == last:
                kind = "period_one"
            elif y1 != y2:
                kind = "period_across"
            else:
                kind = "period_same_year" if y2 == received_year else "period_last_year"
        else:
            return f"{y1}年{m1 + 1}月至{y2}年{m2 + 1}月"
        shape = self._one(self._phrases[kind])
        if "年" not in shape and kind == "period_one" and y1 != received_year:
            shape = "{y1}年{m1}月"
        if ("去年" in shape or "2022" in shape) and y1 != received_year - 1:
            shape = "{y1}年{m1}月至{y2}年{m2}月"
        if "2022" in shape and y1 != 2022:
            shape = "{y1}年{m1}月至{y2}年{m2}月"
        return shape.format(
            m1=m1 + 1, m2=m2 + 1, y1=y1, y2=y2, Y1=y1 % 100, Y2=y2 % 100,
            c1=chinese(m1 + 1), c2=chinese(m2 + 1),
        )  # fmt: skip

    def _one(self, shapes: list[str]) -> str:
        return shapes[int(self._luck.random() * len(shapes))]


def _filled(shape: str, yuan: int) -> str:
    if "{d}" in shape:
        shape = shape.replace("{d}", str(yuan))
    if "{c}" in shape:
        shape = shape.replace("{c}", f"{yuan:,}")
    if "{w}" in shape:
        shape = shape.replace("{w}", in_wan(yuan))
    if "{q}" in shape:
        shape = shape.replace("{q}", short(yuan))
    if "{z}" in shape:
        shape = shape.replace("{z}", chinese(yuan))
    if "{f}" in shape:
        shape = shape.replace("{f}", formal(yuan))
    return shape
