"""Two partitions of the same tickets compared: what was found against what is true.

A partition is an array of codes, one a ticket: tickets of one code are one lead. Pairs are never listed: in a group
of n there are n·(n−1)/2, so a group-by counts those of a million tickets, whatever the sizes of the leads.

- A *pair* is two tickets of one lead. Precision: right pairs ÷ found pairs; recall: right pairs ÷ true pairs.
- *B-cubed*: each ticket's share of right companions (itself among them), averaged over tickets.
- A ticket is *falsely merged* when its lead holds a ticket of another true lead and it is not of the lead's majority.
  Of true leads with equally many tickets in the lead, the one that was there first is the majority.
- A *unit* is the smallest set of tickets that neither partition cuts. Pairs within a unit depend on one another,
  units do not: intervals are over units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

Z95 = 1.959963984540054
DRAWS = 2000
SEED = 20230831
PER = 10_000


@dataclass(frozen=True)
class Rate:
    """A share `hits / total` with its 95 % interval; 0 of 0 has none (all three NaN)."""

    hits: float
    total: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself, 0 to 1."""
        return self.hits / self.total if self.total else float("nan")


@dataclass(frozen=True)
class Pairs:
    """How many pairs were found, how many are true, how many are both."""

    found: int
    true: int
    right: int

    @property
    def precision(self) -> float:
        """1 where nothing was found: nothing was merged wrongly."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """1 where there is nothing to find."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def wrong(self) -> int:
        """Found pairs that are not true."""
        return self.found - self.right


@dataclass(frozen=True)
class Totals:
    """The measures of a partition over all tickets; `intervals` holds low and high of each by its name here."""

    tickets: int
    pairs: Pairs
    b_cubed_precision: float
    b_cubed_recall: float
    falsely_merged: int
    intervals: Mapping[str, tuple[float, float]]

    @property
    def falsely_merged_per_10k(self) -> float:
        """Falsely merged tickets per 10,000 tickets."""
        return PER * self.falsely_merged / self.tickets if self.tickets else 0.0


def codes(values: pd.Series | Sequence[object]) -> Codes:
    """One number a value; each missing value a number of its own (a ticket that shares nothing)."""
    numbers, distinct = pd.factorize(pd.Series(values), use_na_sentinel=True)
    made = numbers.astype(np.int64)
    missing = np.flatnonzero(made < 0)
    made[missing] = len(distinct) + np.arange(len(missing))
    return made


def both(found: Codes, true: Codes) -> Codes:
    """The cells of the two partitions: tickets together in both."""
    if not len(found):
        return np.array([], dtype=np.int64)
    return np.unique(found * (true.max() + 1) + true, return_inverse=True)[1].astype(np.int64)


def components(*partitions: Codes) -> Codes:
    """The finest partition that none of the given ones cuts: the smallest row number of each component."""
    tickets = len(partitions[0])
    label = np.arange(tickets, dtype=np.int64)
    while True:
        before = label
        for partition in partitions:
            least = np.full(int(partition.max()) + 1 if tickets else 0, tickets, dtype=np.int64)
            np.minimum.at(least, partition, label)
            label = least[partition]
        label = np.minimum(label, label[label])
        if np.array_equal(label, before):
            return label


def pairs_of(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs in groups of these sizes."""
    return sizes * (sizes - 1) // 2


def count_pairs(found: Codes, true: Codes, touching: Mask | None = None) -> Pairs:
    """Pairs found, true and both; with `touching`, those of which at least one ticket is marked."""
    return Pairs(
        *(int(_pairs_by_group(partition, touching).sum()) for partition in (found, true, both(found, true)))
    )


def _pairs_by_group(partition: Codes, touching: Mask | None = None) -> NDArray[np.int64]:
    pairs = pairs_of(np.bincount(partition))
    if touching is None:
        return pairs
    return pairs - pairs_of(np.bincount(partition[~touching], minlength=len(pairs)))


def b_cubed(found: Codes, true: Codes) -> tuple[float, float]:
    """B-cubed precision and recall; 1 and 1 where there is no ticket."""
    if not len(found):
        return 1.0, 1.0
    precision, recall = _right_companions(found, true)
    return float(precision.mean()), float(recall.mean())


def _right_companions(found: Codes, true: Codes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    cell = both(found, true)
    right = np.bincount(cell)[cell]
    return right / np.bincount(found)[found], right / np.bincount(true)[true]


def falsely_merged(found: Codes, true: Codes) -> Mask:
    """Which tickets are falsely merged. Rows are in the order in which the tickets came."""
    if not len(found):
        return np.array([], dtype=np.bool_)
    cell = both(found, true)
    sizes = np.bincount(cell)
    _, first = np.unique(cell, return_index=True)
    order = np.lexsort((first, -sizes, found[first]))
    leads = found[first][order]
    is_majority = np.zeros(len(sizes), dtype=np.bool_)
    is_majority[order[np.flatnonzero(np.r_[True, leads[1:] != leads[:-1]])]] = True
    return ~is_majority[cell]


def is_mixed(found: Codes, true: Codes) -> Mask:
    """Which tickets share their lead with a ticket of another true lead."""
    cell = both(found, true)
    return np.asarray(np.bincount(cell)[cell] < np.bincount(found)[found])


def differing_pairs(found: Codes, values: pd.Series) -> int:
    """Pairs of one lead whose values are both there and differ."""
    has = values.notna().to_numpy()
    own, number = found[has], codes(values[has])
    return int(pairs_of(np.bincount(own)).sum() - pairs_of(np.bincount(both(own, number))).sum())


def measure(found: Codes, true: Codes, *, draws: int = DRAWS, seed: int = SEED) -> Totals:
    """All totals with 95 % intervals from a bootstrap over units (percentiles of `draws` draws; 0: no intervals)."""
    merged = falsely_merged(found, true)
    precision, recall = b_cubed(found, true)
    return Totals(
        tickets=len(found),
        pairs=count_pairs(found, true),
        b_cubed_precision=precision,
        b_cubed_recall=recall,
        falsely_merged=int(merged.sum()),
        intervals=_bootstrap(found, true, merged, draws, seed) if len(found) and draws else {},
    )


def _bootstrap(
    found: Codes, true: Codes, merged: Mask, draws: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Units drawn with replacement. Units of equal figures are drawn together, so a million cost what a hundred do."""
    unit = np.unique(components(found, true), return_inverse=True)[1].astype(np.int64)
    cell = both(found, true)
    precision, recall = _right_companions(found, true)
    figures = np.column_stack(
        [
            np.bincount(unit),
            *(_pairs_by_unit(partition, unit) for partition in (found, true, cell)),
            np.bincount(unit, merged),
            np.round(np.bincount(unit, precision), 9),
            np.round(np.bincount(unit, recall), 9),
        ]
    )
    kinds, count = np.unique(figures, axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(int(count.sum()), count / count.sum(), size=draws)
    tickets, found_pairs, true_pairs, right, wrong, b_precision, b_recall = (drawn @ kinds).T
    p = np.where(found_pairs > 0, right / np.maximum(found_pairs, 1), 1.0)
    r = np.where(true_pairs > 0, right / np.maximum(true_pairs, 1), 1.0)
    samples = {
        "precision": p,
        "recall": r,
        "f1": np.divide(2 * p * r, p + r, out=np.zeros_like(p), where=p + r > 0),
        "b_cubed_precision": b_precision / tickets,
        "b_cubed_recall": b_recall / tickets,
        "falsely_merged_per_10k": PER * wrong / tickets,
    }
    return {
        name: (float(np.quantile(sample, 0.025)), float(np.quantile(sample, 0.975)))
        for name, sample in samples.items()
    }


def _pairs_by_unit(partition: Codes, unit: Codes, touching: Mask | None = None) -> NDArray[np.float64]:
    """Pairs of a partition that no unit is cut by, counted into the units."""
    pairs = _pairs_by_group(partition, touching)
    unit_of_group = np.zeros(len(pairs), dtype=np.int64)
    unit_of_group[partition] = unit
    return np.bincount(unit_of_group, pairs, minlength=int(unit.max()) + 1).astype(np.float64)


def recall_of(found: Codes, true: Codes, touching: Mask, unit: Codes) -> Rate:
    """The share of the true pairs with a marked ticket that was found."""
    cell = both(found, true)
    return rate(_pairs_by_unit(cell, unit, touching), _pairs_by_unit(true, unit, touching))


def share_of(hit: Mask, of: Mask, unit: Codes) -> Rate:
    """The share of the tickets `of` that are `hit`."""
    groups = int(unit.max()) + 1 if len(unit) else 0
    return rate(
        np.bincount(unit, hit & of, minlength=groups).astype(np.float64),
        np.bincount(unit, of, minlength=groups).astype(np.float64),
    )


def rate(hits: NDArray[np.float64], totals: NDArray[np.float64]) -> Rate:
    """A share over independent units, hits and total of each, with Wilson's 95 % interval.

    The interval counts not the total but what it is worth: with hits that come in clusters, the number of
    independent ones that would vary as much (at most the total). Where all or none hit, that cannot be seen, and each
    unit counts once.
    """
    has = totals > 0
    hits, totals = hits[has], totals[has]
    hit, total, units = float(hits.sum()), float(totals.sum()), len(totals)
    if not units:
        return Rate(0, 0, float("nan"), float("nan"))
    share = hit / total
    worth = float(units)
    if 0 < share < 1 and units > 1:
        spread = float(((hits - share * totals) ** 2).sum()) * units / (units - 1) / total**2
        worth = min(total, share * (1 - share) / spread) if spread > 0 else total
    return Rate(hit, total, *wilson(share, worth))


def wilson(share: float, trials: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share seen in so many independent trials."""
    scale = 1 + Z95**2 / trials
    middle = (share + Z95**2 / (2 * trials)) / scale
    half = Z95 / scale * sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    low = 0.0 if share == 0 else max(0.0, middle - half)
    high = 1.0 if share == 1 else min(1.0, middle + half)
    return low, high


def frontier(
    true: Codes, left: Codes, right: Codes, scores: NDArray[np.float64], floors: Sequence[float]
) -> dict[float, tuple[float, float] | None]:
    """For each floor the best recall at that precision and the score to reach it, joining pairs by score alone.

    `left` and `right` are row numbers. Pairs are joined from the highest score down, and everything that hangs
    together is one lead; a floor that no score reaches has None. The start, where nothing is joined, counts not.
    """
    order = np.argsort(-scores, kind="stable")
    parent = list(range(len(true)))
    holds: list[dict[int, int] | None] = [{int(code): 1} for code in true]
    sizes = [1] * len(true)
    all_true = int(pairs_of(np.bincount(true)).sum())
    found = hit = 0
    best: dict[float, tuple[float, float] | None] = dict.fromkeys(floors)
    lefts, rights, ranked = left[order].tolist(), right[order].tolist(), scores[order].tolist()
    for place, (a, b) in enumerate(zip(lefts, rights, strict=True)):
        a, b = _root(parent, a), _root(parent, b)
        if a != b:
            own, other = holds[a], holds[b]
            assert own is not None and other is not None
            if len(own) < len(other):
                a, b, own, other = b, a, other, own
            found += sizes[a] * sizes[b]
            for code, count in other.items():
                mine = own.get(code, 0)
                hit += mine * count
                own[code] = mine + count
            parent[b], sizes[a], holds[b] = a, sizes[a] + sizes[b], None
        is_last = place + 1 == len(ranked) or ranked[place + 1] != ranked[place]
        if is_last and found and all_true:
            precision, recall = hit / found, hit / all_true
            for floor in floors:
                known = best[floor]
                if precision >= floor and (known is None or recall > known[0]):
                    best[floor] = (recall, ranked[place])
    return best


def _root(parent: list[int], node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node
