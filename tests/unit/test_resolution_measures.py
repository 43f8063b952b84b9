"""The measures of leads: against a slow reference over all pairs, and on cases that can be counted by hand."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import isclose

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.resolution import measures
from examples.resolution.measures import Pairs, codes
from examples.resolution.strata import strata

# Few leads, so that they meet; up to 40 tickets, (lead found, true lead, marked, ID number or none) each.
TICKET = st.tuples(
    st.integers(0, 6), st.integers(0, 6), st.booleans(), st.sampled_from([None, "a", "b", "c"])
)
CITY = st.lists(TICKET, max_size=40)


def columns(
    city: list[tuple[int, int, bool, str | None]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.Series]:
    found, true, mark, numbers = zip(*city, strict=True) if city else ((), (), (), ())
    return (
        codes(list(found)),
        codes(list(true)),
        np.array(mark, dtype=bool),
        pd.Series(list(numbers), dtype=object),
    )


@given(CITY)
def test_pairs_are_those_of_a_plain_count(city: list[tuple[int, int, bool, str | None]]) -> None:
    found, true, mark, numbers = columns(city)
    every = list(combinations(city, 2))
    assert measures.count_pairs(found, true) == Pairs(
        sum(a[0] == b[0] for a, b in every),
        sum(a[1] == b[1] for a, b in every),
        sum(a[:2] == b[:2] for a, b in every),
    )
    touching = [(a, b) for a, b in every if a[2] or b[2]]
    assert measures.count_pairs(found, true, mark) == Pairs(
        sum(a[0] == b[0] for a, b in touching),
        sum(a[1] == b[1] for a, b in touching),
        sum(a[:2] == b[:2] for a, b in touching),
    )
    differing = sum(a[0] == b[0] and None not in (a[3], b[3]) and a[3] != b[3] for a, b in every)
    assert measures.differing_pairs(found, numbers) == differing


@given(CITY.filter(bool))
def test_b_cubed_is_the_mean_over_tickets_of_their_right_companions(
    city: list[tuple[int, int, bool, str | None]],
) -> None:
    found, true, _, _ = columns(city)
    precisions, recalls = [], []
    for own in city:
        together = [other for other in city if other[0] == own[0]]
        belong = [other for other in city if other[1] == own[1]]
        right = sum(other[1] == own[1] for other in together)
        precisions.append(right / len(together))
        recalls.append(right / len(belong))
    precision, recall = measures.b_cubed(found, true)
    assert isclose(precision, sum(precisions) / len(city)) and isclose(recall, sum(recalls) / len(city))


@given(CITY)
def test_falsely_merged_are_all_but_the_majority_of_each_lead(
    city: list[tuple[int, int, bool, str | None]],
) -> None:
    found, true, _, _ = columns(city)
    expected = []
    for own in city:
        # Counter keeps the order of coming: of equally many, the first stays.
        held = Counter(other[1] for other in city if other[0] == own[0])
        expected.append(own[1] != held.most_common(1)[0][0])
    assert measures.falsely_merged(found, true).tolist() == expected
    mixed = [any(other[0] == own[0] and other[1] != own[1] for other in city) for own in city]
    assert measures.is_mixed(found, true).tolist() == mixed


@given(CITY)
def test_a_component_is_what_hangs_together(city: list[tuple[int, int, bool, str | None]]) -> None:
    found, true, _, _ = columns(city)
    reached = list(range(len(city)))
    for _ in city:
        for a, b in combinations(range(len(city)), 2):
            if city[a][0] == city[b][0] or city[a][1] == city[b][1]:
                reached[a] = reached[b] = min(reached[a], reached[b])
    assert measures.components(found, true).tolist() == reached


@given(st.lists(st.integers(0, 3), min_size=2, max_size=9), st.data())
@settings(max_examples=60)
def test_the_frontier_is_that_of_joining_again_at_every_score(true: list[int], data: st.DataObject) -> None:
    rows = st.integers(0, len(true) - 1)
    pairs = data.draw(
        st.lists(st.tuples(rows, rows, st.sampled_from([0.2, 0.5, 0.9])), min_size=1, max_size=12)
    )
    left, right, scores = (np.array(column) for column in zip(*pairs, strict=True))
    floors = (0.3, 0.7, 1.0)
    expected: dict[float, float | None] = dict.fromkeys(floors)
    for least in (0.9, 0.5, 0.2):
        lead = list(range(len(true)))
        for a, b, score in pairs:
            if score >= least:
                lead = [lead[a] if own == lead[b] else own for own in lead]
        count = measures.count_pairs(codes(lead), codes(true))
        for floor in floors:
            known = expected[floor]
            if count.found and count.true and count.precision >= floor:
                expected[floor] = count.recall if known is None else max(known, count.recall)
    best = measures.frontier(codes(true), left, right, scores, floors)
    assert {floor: reached and reached[0] for floor, reached in best.items()} == expected


def test_all_right_gives_one_everywhere() -> None:
    true = codes(["a", "b", "b", "c", "c", "c"])
    totals = measures.measure(codes([7, 3, 3, 1, 1, 1]), true)
    assert (totals.pairs.precision, totals.pairs.recall, totals.pairs.f1) == (1, 1, 1)
    assert (totals.b_cubed_precision, totals.b_cubed_recall, totals.falsely_merged) == (1, 1, 0)
    assert totals.intervals["precision"] == totals.intervals["recall"] == (1, 1)


def test_one_swapped_ticket_shows_everywhere() -> None:
    lead = np.repeat(np.arange(50), 4)
    found = lead.copy()
    found[0] = 1
    totals = measures.measure(found, lead)
    # Lead 0 keeps 3 of 4 (3 pairs of 6); lead 1 holds 5, of which 4 are its own (6 right pairs of 10).
    assert totals.pairs == Pairs(found=48 * 6 + 3 + 10, true=300, right=48 * 6 + 3 + 6)
    assert totals.falsely_merged == 1 and totals.falsely_merged_per_10k == 50
    assert isclose(totals.b_cubed_precision, (195 + 4 * 4 / 5 + 1 / 5) / 200)
    assert isclose(totals.b_cubed_recall, (196 + 3 * 3 / 4 + 1 / 4) / 200)
    for name, value in (
        ("precision", totals.pairs.precision),
        ("recall", totals.pairs.recall),
        ("f1", totals.pairs.f1),
    ):
        low, high = totals.intervals[name]
        assert low < value < high == 1


def test_all_in_one_lead_and_each_for_itself() -> None:
    true = codes([1, 1, 2, 3])
    one = measures.measure(np.zeros(4, dtype=np.int64), true)
    assert one.pairs == Pairs(6, 1, 1) and one.falsely_merged == 2 and one.b_cubed_recall == 1
    single = measures.measure(np.arange(4), true)
    assert single.pairs == Pairs(0, 1, 0) and single.pairs.precision == 1 and single.pairs.recall == 0


def test_no_ticket_at_all_has_no_intervals() -> None:
    empty = np.array([], dtype=np.int64)
    totals = measures.measure(empty, empty)
    assert totals.pairs == Pairs(0, 0, 0) and totals.intervals == {} and totals.falsely_merged_per_10k == 0


def test_the_bootstrap_is_the_same_every_time_and_does_not_hang_on_the_order_of_leads() -> None:
    luck = np.random.default_rng(5)
    true = np.sort(luck.integers(0, 300, 900))
    found = np.where(luck.random(900) < 0.9, true, true + 1)
    first = measures.measure(found, codes(true)).intervals
    assert measures.measure(found, codes(true)).intervals == first
    assert measures.measure(codes(found.max() - found), codes(true.max() - true)).intervals == first


@pytest.mark.parametrize(
    ("share", "trials", "low", "high"),
    [(0.5, 10, 0.2366, 0.7634), (0.0, 10, 0.0, 0.2775), (1.0, 10, 0.7225, 1.0), (0.9, 100, 0.8256, 0.9448)],
)
def test_wilsons_interval_is_the_textbooks(share: float, trials: float, low: float, high: float) -> None:
    assert measures.wilson(share, trials) == pytest.approx((low, high), abs=1e-4)


def test_pairs_that_come_in_clusters_are_worth_fewer() -> None:
    alone = measures.rate(np.array([1.0] * 60 + [0.0] * 40), np.ones(100))
    clustered = measures.rate(np.array([10.0] * 6 + [0.0] * 4), np.full(10, 10.0))
    assert alone.value == clustered.value == 0.6 and alone.total == clustered.total == 100
    assert (alone.low, alone.high) == pytest.approx(measures.wilson(0.6, 99), abs=1e-3)
    assert clustered.low < alone.low and clustered.high > alone.high
    assert np.isnan(measures.rate(np.zeros(3), np.zeros(3)).value)


def test_a_missing_key_is_shared_with_nobody() -> None:
    made = codes(pd.Series(["x", None, "x", None, float("nan")], dtype=object))
    assert made[0] == made[2] and len(set(made.tolist())) == 4


def test_a_ticket_may_be_of_several_kinds() -> None:
    frame = pd.DataFrame(
        {
            "true_lead": [1, 1, 2],
            "stratum": ["agent", "single", "foreman_phone"],
            "traits": ["short_employer,changed_phone", None, "short_employer"],
        }
    )
    marks = {name: mark.tolist() for name, mark in strata(frame)}
    assert marks["agent"] == [True, False, False] and marks["short_employer"] == [True, False, True]
    assert marks["changed_phone"] == [True, False, False] and not any(marks["long_chain"])
