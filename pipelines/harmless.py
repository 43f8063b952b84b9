"""Texts of sources in what officials open: shown as text, never run, and never in the guise of another text."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")
INVISIBLE = "\ufffd"


def visible(text: str) -> str:
    """The text with what steers a terminal, turns its direction or cannot be seen (control and format characters) as U+FFFD.

    Line breaks stay, a tab becomes a blank. Rare characters of names, in a private area too, stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        sign
        if sign == "\n" or unicodedata.category(sign) not in STEERING
        else " "
        if sign == "\t"
        else INVISIBLE
        for sign in text.replace("\r\n", "\n")
    )


def csv_cell(value: object) -> object:
    """A CSV cell that no spreadsheet runs: a text that begins like a formula gets an apostrophe; numbers stay."""
    return _text_cell(value) if isinstance(value, str) else value


@lru_cache(maxsize=65536)
def _text_cell(value: str) -> str:
    text = visible(value)
    if not value.startswith(FORMULA_SIGNS) or _is_number(text):
        return text
    return "'" + text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text[-1:].isdigit()
