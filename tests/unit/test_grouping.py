"""Which unions are refused, whatever the order in which links come."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from pipelines.resolve.grouping import JUDGED, SCORED, SURE, Enemy, Link, join

OTHER_ID = Enemy("身份证号不同", is_absolute=True)
OTHER_NAME = Enemy("姓名不同", is_absolute=False)


def link(a: str, b: str, rank: int = SCORED, weight: float = 20.0) -> Link:
    return Link(rank, -weight, a, b, "score")


def same(groups: dict[str, str], *tickets: str) -> bool:
    return len({groups[ticket] for ticket in tickets}) == 1


def test_an_absolute_enemy_is_never_in_one_lead_not_even_by_judgement() -> None:
    links = [link("a", "c", JUDGED), link("b", "c", JUDGED), link("a", "b", JUDGED)]
    groups, decisions = join("abc", links, {("a", "b"): OTHER_ID})
    assert same(groups, "a", "c") and not same(groups, "a", "b")
    assert [d.refusal for d in decisions if not d.is_joined] == ["身份证号不同"] * 2


def test_enemies_are_kept_apart_through_others() -> None:
    groups, _ = join("abc", [link("a", "b", SURE), link("b", "c", SURE)], {("a", "c"): OTHER_NAME})
    assert same(groups, "a", "b") and not same(groups, "a", "c")


def test_a_judgement_stands_above_what_a_rule_holds_against_it() -> None:
    enemies = {("a", "b"): OTHER_NAME}
    assert not same(join("ab", [link("a", "b")], enemies)[0], "a", "b")
    assert same(join("ab", [link("a", "b", JUDGED)], enemies)[0], "a", "b")


def test_whom_a_person_put_beside_a_ticket_does_not_split_its_lead() -> None:
    links = [link("a", "b", JUDGED), link("a", "e", SURE)]
    groups, _ = join("abe", links, {("b", "e"): OTHER_NAME})
    assert same(groups, "a", "b", "e")


def test_the_better_of_two_links_that_exclude_each_other_holds() -> None:
    enemies = {("a", "c"): OTHER_NAME}
    groups, _ = join("abc", [link("a", "b", weight=30), link("b", "c", weight=15)], enemies)
    assert same(groups, "a", "b") and not same(groups, "b", "c")


def test_a_ticket_that_fits_two_people_alike_belongs_to_neither() -> None:
    enemies = {("a", "c"): OTHER_NAME}
    groups, decisions = join("abc", [link("a", "b", weight=20), link("b", "c", weight=18)], enemies)
    assert not same(groups, "a", "b") and not same(groups, "b", "c")
    assert {d.refusal for d in decisions} == {"同样符合互不相容的几条线索"}


def test_a_sure_link_is_not_torn_by_a_score() -> None:
    enemies = {("a", "c"): OTHER_NAME}
    groups, _ = join("abc", [link("a", "b", SURE), link("b", "c", weight=60)], enemies)
    assert same(groups, "a", "b") and not same(groups, "b", "c")


cases = st.integers(2, 7).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.lists(
            st.tuples(
                st.integers(0, size - 1), st.integers(0, size - 1), st.integers(0, 2), st.integers(8, 40)
            ),
            max_size=14,
        ),
        st.dictionaries(
            st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), st.booleans(), max_size=5
        ),
        st.randoms(use_true_random=False),
    )
)


@given(cases)
def test_no_order_of_links_makes_a_forbidden_lead(
    case: tuple[int, list[tuple[int, int, int, int]], dict[tuple[int, int], bool], random.Random],
) -> None:
    size, raw, hostile, luck = case
    tickets = [f"t{number}" for number in range(size)]
    links = [link(f"t{min(a, b)}", f"t{max(a, b)}", rank, weight) for a, b, rank, weight in raw if a != b]
    enemies = {
        (f"t{min(pair)}", f"t{max(pair)}"): OTHER_ID if is_absolute else OTHER_NAME
        for pair, is_absolute in sorted(hostile.items())
        if pair[0] != pair[1]
    }
    groups, decisions = join(tickets, links, enemies)
    shuffled = list(links)
    luck.shuffle(shuffled)
    assert join(reversed(tickets), shuffled, enemies)[0] == groups, "the order of arrival decided"
    judged = {frozenset((entry.ticket_a, entry.ticket_b)) for entry in links if entry.rank == JUDGED}
    for a, b in itertools.combinations(tickets, 2):
        enemy = enemies.get((a, b))
        if enemy is not None and groups[a] == groups[b]:
            assert not enemy.is_absolute and judged, "enemies are in one lead, and nobody judged anything"
    assert all(groups[d.link.ticket_a] == groups[d.link.ticket_b] for d in decisions if d.is_joined), (
        "joined, and not in one lead"
    )
