"""A form of address shows the surname, whether or not the list of surnames has it."""

from __future__ import annotations

import pytest

from pipelines.normalize.people import read_name


@pytest.mark.parametrize(("written", "title"), [("剡女士", "女士"), ("喜先生", "先生"), ("剡同志", "同志")])
def test_a_title_is_no_given_name(written: str, title: str) -> None:
    name = read_name(written)
    assert (name.surname, name.given, name.title, name.is_full) == (written[0], None, title, False)


@pytest.mark.parametrize("written", ["某先生", "老师傅"])
def test_a_word_before_a_title_is_no_surname(written: str) -> None:
    assert read_name(written).title is None
