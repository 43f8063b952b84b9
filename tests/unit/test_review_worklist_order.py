"""The pairs in which most would be counted twice come first. Data is invented."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.review.evidence import Evidence
from pipelines.review.pairs import PairInReview
from pipelines.review.worklist import band_place, numbers

NOTHING = Evidence({}, {}, 5.0, None, False, True)


def pair(one: dict[str, Any], other: dict[str, Any]) -> PairInReview:
    silent = dict.fromkeys(("lead_claimed_fen", "claimed_fen", "lead_claimed_persons", "persons"))
    return PairInReview(("a", "b"), ({**silent, **one}, {**silent, **other}), NOTHING, (), (), True)


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ({"lead_claimed_fen": 60_000_000}, {"lead_claimed_fen": 90_000_000}, 0),
        ({"lead_claimed_fen": 60_000_000}, {"lead_claimed_fen": 900_000}, 2),
        ({"lead_claimed_fen": 6_000_000}, {"lead_claimed_fen": 60_000_000}, 1),
        ({"claimed_fen": 60_000_000}, {"lead_claimed_fen": 90_000_000}, 0),
        ({"claimed_fen": 60_000_000}, {}, 0),
        ({"lead_claimed_persons": 12}, {"persons": 30}, 0),
        ({"lead_claimed_persons": 1}, {"persons": 30}, 2),
        ({"persons": 2}, {}, 1),
        ({}, {}, 2),
    ],
)
def test_the_band_is_what_would_be_counted_twice(
    one: dict[str, Any], other: dict[str, Any], place: int
) -> None:
    assert band_place(pair(one, other)) == band_place(pair(other, one)) == place


def test_pairs_are_numbered_in_their_band() -> None:
    large, small = pair({"claimed_fen": 60_000_000}, {}), pair({}, {})
    assert numbers([large, large, small]) == ["甲1", "甲2", "丙1"]
