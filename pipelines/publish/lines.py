"""Lines for a terminal: texts folded and laid side by side in a width counted in cells (a Chinese sign takes two)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len

LEAST_WIDTH = 40
GAP = "   "
# What stays together: a word without Chinese signs, a blank, or one Chinese sign with the marks that close it.
_UNIT = re.compile(r"[\x21-\u2e7f]+|\s+|.[，。；：、！？）》」』”％]*", re.DOTALL)


def folded(text: str, width: int, indent: int = 0, hang: int | None = None) -> list[str]:
    """The text in lines of at most `width` cells: the first begins after `indent` blanks, the others after `hang`.

    Lines break at blanks and between Chinese signs; a word longer than a line is cut. Line breaks of the text are kept.
    """
    hang = indent if hang is None else hang
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, room = "", width - (hang if lines else indent)
        for unit in _UNIT.findall(paragraph):
            if line and cell_len(line + unit.rstrip()) > room:
                lines.append(_indented(line, hang if lines else indent))
                line, room = "", width - hang
                unit = unit.lstrip()
            while cell_len(unit) > room:
                cut = _cut(unit, room)
                lines.append(_indented(unit[:cut], hang if lines else indent))
                unit, room = unit[cut:], width - hang
            line += unit
        lines.append(_indented(line, hang if lines else indent))
    return lines


def side_by_side(pieces: Iterable[str], width: int, indent: int = 0) -> list[str]:
    """The pieces after one another, as many a line as fit in `width` cells; none is broken unless it is wider alone."""
    lines: list[str] = []
    line = ""
    for piece in pieces:
        if line and indent + cell_len(line + GAP + piece) > width:
            lines += folded(line, width, indent, indent + 2)
            line = ""
        line += (GAP if line else "") + piece
    return lines + folded(line, width, indent, indent + 2) if line else lines


def _indented(line: str, blanks: int) -> str:
    return (" " * blanks + line).rstrip()


def _cut(unit: str, room: int) -> int:
    """How many signs of a unit fit into `room` cells; at least one."""
    cells = 0
    for place, sign in enumerate(unit):
        cells += cell_len(sign)
        if cells > room:
            return max(place, 1)
    return len(unit)
