"""Words of a sentence that are no firm's name; every firm here is invented."""

from __future__ import annotations

import pytest

from pipelines.normalize.prose_names import mentions_in


@pytest.mark.parametrize("token", ["致电人咨询", "夜班保安", "温棚种植", "对方手机"])
def test_a_caller_or_a_shift_is_no_firm(token: str) -> None:
    assert [m for m in mentions_in(token) if m.kind == "employer" and m.confidence >= 0.55] == []


@pytest.mark.parametrize("cue", ["用工方", "被投诉人", "投诉对象："])
def test_the_one_complained_of_is_the_employer(cue: str) -> None:
    assert any(m.kind == "employer" and m.name == "昌远" for m in mentions_in(f"{cue}昌远"))
