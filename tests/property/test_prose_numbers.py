"""Chinese numbers read back as they were written, whatever the number and the style."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.normalize.chinese_numerals import read_number, write_number
from pipelines.normalize.prose_figures import read_sum
from pipelines.normalize.prose_months import read_months, resolve_months

NUMBERS = st.integers(1, 9_999_999)


@given(NUMBERS, st.booleans())
def test_a_written_number_is_read_back(value: int, is_formal: bool) -> None:
    assert read_number(write_number(value, is_formal=is_formal)) == value


@given(NUMBERS, st.sampled_from(["元", "块", "块钱", "元整"]), st.booleans())
def test_a_sum_in_words_is_its_fen(value: int, unit: str, is_formal: bool) -> None:
    assert read_sum(write_number(value, is_formal=is_formal) + unit) == (
        value * 100,
        value * 100,
        True,
        True,
        False,
    )


@given(NUMBERS)
def test_thousands_signs_and_wide_digits_change_nothing(value: int) -> None:
    wide = str(value).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    sums = {(read_sum(f"{text}元") or (None,))[0] for text in (str(value), f"{value:,}", wide)}
    assert sums == {value * 100}


@given(st.text(alphabet="零一二两三十百千万亿0123456789.,多余几元块wk", max_size=12))
def test_any_signs_are_read_or_left(text: str) -> None:
    read = read_sum(text)
    assert read is None or read[0] >= 0


@given(st.integers(1, 12), st.integers(1, 12), st.integers(2020, 2030), st.integers(1, 12))
def test_months_without_a_year_are_the_latest_not_after_the_receipt(
    first: int, last: int, year: int, month: int
) -> None:
    months = read_months(f"{first}月到{last}月")
    assert months is not None
    placed = resolve_months(months, year * 100 + month)
    assert placed is not None
    received = year * 12 + month
    begins, ends = (yyyymm // 100 * 12 + yyyymm % 100 for yyyymm in placed[:2])
    assert begins <= ends <= received < ends + 12
    assert ends - begins < 12
