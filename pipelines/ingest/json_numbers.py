"""Puts quotes around decimal numbers in JSON bytes, so that a reader of texts keeps them as they were written.

A JSON reader makes 15000.00 a double and writes 15000.0 back; between quotes it stays 15000.00. Whole numbers survive
without. The work is done on whole blocks with numpy, never line by line.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.intp]
Bytes = npt.NDArray[np.uint8]
QUOTE, COMMA, COLON, BACKSLASH, CLOSING_BRACE = 34, 44, 58, 92, 125
POINT, MINUS, PLUS, SPACE, TAB, ZERO = 46, 45, 43, 32, 9, 48
LOWER_E = 101
LONGEST_NUMBER = 400
LONGEST_EXACT = 15  # digits that every double keeps, and the point
PADDING = bytes(16)


def quote_decimals(block: bytes, *, has_exponents: bool = True) -> bytes | None:
    """The block with quotes around every number that is a key's value and that a reader would write otherwise.

    None where there is no such number: 0.84 is a double and comes back as 0.84, 15000.00 and 1e5 do not. The block must
    not begin or end inside a number. Inside a string every quote has a backslash before it, so no part of a text can
    look like a key's value; what is no JSON number (1.2.3, 007.5) is left as it is, for the reader to find.
    `has_exponents` False says that no digit is followed by an E.
    """
    # Zeros around it: what lies beyond the block is no digit, no sign and no blank, and no position is out of it.
    view = np.frombuffer(PADDING + block + PADDING, dtype=np.uint8)
    points = np.flatnonzero(view == POINT)
    points = points[_is_digit(view, points - 1) & _is_digit(view, points + 1)]
    starts, ends = _walk(view, points, -1), _walk(view, points, 1)
    if has_exponents:
        exponents = _exponents(view)
        alone = exponents[view[_walk(view, exponents, -1) - 1] != POINT]
        starts, ends = np.concatenate((starts, _walk(view, alone, -1))), np.concatenate((ends, alone - 1))
    if not len(starts):
        return None
    ends = _after_exponent(view, ends)
    has_leading_zero = (view[starts] == ZERO) & _is_digit(view, starts + 1)
    starts = np.where(view[starts - 1] == MINUS, starts - 1, starts)
    before, after = _skip_spaces(view, starts - 1, -1), _skip_spaces(view, ends + 1, 1)
    key_end = _skip_spaces(view, before - 1, -1)
    is_value = (
        ~has_leading_zero
        & _is_digit(view, ends)
        & (view[before] == COLON)
        & (view[key_end] == QUOTE)
        & (view[key_end - 1] != BACKSLASH)
        & ((view[after] == COMMA) | (view[after] == CLOSING_BRACE))
    )
    is_value &= ~_is_written_the_same(view, starts, ends)
    if not is_value.any():
        return None
    spans = np.sort(np.concatenate((starts[is_value], ends[is_value] + 1)))
    quoted: bytes = np.insert(view, spans, QUOTE)[len(PADDING) : -len(PADDING)].tobytes()
    return quoted


def _is_written_the_same(view: Bytes, starts: Positions, ends: Positions) -> npt.NDArray[np.bool_]:
    """Whether the double's shortest form is the number as it stands: at most 15 digits, no exponent (none is written
    from 0.0001 to 10^15), no zero at the end of the fraction.
    """
    first = np.where(view[starts] == MINUS, starts + 1, starts)
    point = _walk(view, first, 1) + 1
    is_below_one = (view[first] == ZERO) & (point == first + 1)
    is_small = (
        is_below_one & (view[point + 1] == ZERO) & ((view[point + 2] == ZERO) | ~_is_digit(view, point + 2))
    )
    is_exact: npt.NDArray[np.bool_] = (
        (view[point] == POINT)
        & (_walk(view, point + 1, 1) == ends)
        & (ends - first <= LONGEST_EXACT)
        & (view[ends] != ZERO)
        & ~is_small
    )
    return is_exact


def _exponents(view: Bytes) -> Positions:
    """Where an E stands between a digit and a digit or a sign."""
    found = np.flatnonzero(((view[1:] | 32) == LOWER_E) & ((view[:-1] - np.uint8(ZERO)) < 10)) + 1
    return found[_is_digit(view, found + 1) | _is_sign(view, found + 1)]


def _after_exponent(view: Bytes, ends: Positions) -> Positions:
    """The last character of each number: its exponent's where it has one."""
    has_exponent = (view[ends + 1] | 32) == LOWER_E
    if not has_exponent.any():
        return ends
    at = ends[has_exponent] + 1
    at = np.where(_is_sign(view, at + 1), at + 1, at)
    has_digits = _is_digit(view, at + 1)
    ends = ends.copy()
    ends[has_exponent] = np.where(has_digits, _walk(view, at, 1), at)
    return ends


def _walk(view: Bytes, positions: Positions, step: int) -> Positions:
    """From each mark over the digits beside it, to the last of them."""
    at = positions.copy()
    moving = np.arange(len(at))
    for _ in range(LONGEST_NUMBER):
        moving = moving[_is_digit(view, at[moving] + step)]
        if not len(moving):
            break
        at[moving] += step
    return at


def _skip_spaces(view: Bytes, positions: Positions, step: int) -> Positions:
    at = positions.copy()
    moving = np.arange(len(at))
    for _ in range(LONGEST_NUMBER):
        found = view[at[moving]]
        moving = moving[(found == SPACE) | (found == TAB)]
        if not len(moving):
            break
        at[moving] += step
    return at


def _is_digit(view: Bytes, positions: Positions) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (view[positions] - np.uint8(ZERO)) < 10
    return found


def _is_sign(view: Bytes, positions: Positions) -> npt.NDArray[np.bool_]:
    found = view[positions]
    is_sign: npt.NDArray[np.bool_] = (found == PLUS) | (found == MINUS)
    return is_sign
