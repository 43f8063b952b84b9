"""Which unions are refused, whatever the order in which links come."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipelines.resolve.components import Link, Person, join

MAY = (202305, 202305)


def link(a: str, b: str, strength: int = 1) -> Link:
    return Link(strength, a, b, "rule", "why")


def same(components: dict[str, str], *tickets: str) -> bool:
    return len({components[ticket] for ticket in tickets}) == 1


def test_two_valid_ids_are_never_one_lead_not_even_by_judgement() -> None:
    people = {
        "a": Person("claimant", "1", None),
        "b": Person("claimant", "2", None),
        "c": Person("claimant", None, None),
    }
    components, decisions = join(people, [link("a", "c", 0), link("b", "c", 0), link("a", "b", 0)])
    assert same(components, "a", "c") and not same(components, "a", "b")
    assert [d.refusal for d in decisions if not d.is_joined] == ["身份证号不同"] * 2


def test_a_judgement_of_different_outranks_every_rule_and_holds_through_others() -> None:
    people = {name: Person("claimant", None, None) for name in "abc"}
    components, _ = join(people, [link("a", "b"), link("b", "c")], different=[("a", "c")])
    assert not same(components, "a", "c")


def test_a_judgement_of_same_stands_above_periods_and_roles() -> None:
    people = {"a": Person("claimant", None, (202301, 202302)), "b": Person("representative", None, MAY)}
    assert not same(join(people, [link("a", "b")])[0], "a", "b")
    assert same(join(people, [link("a", "b", 0)])[0], "a", "b")


def test_periods_are_not_bridged_by_a_ticket_without_one() -> None:
    people = {
        "a": Person("claimant", "1", (202301, 202302)),
        "b": Person("claimant", "1", None),
        "c": Person("claimant", "1", MAY),
    }
    components, _ = join(people, [link("a", "b"), link("b", "c")])
    assert same(components, "a", "b") and not same(components, "a", "c")


def test_a_representative_and_a_member_stay_apart() -> None:
    people = {"a": Person("claimant", "1", None), "b": Person("representative", "1", None)}
    assert not same(join(people, [link("a", "b")])[0], "a", "b")


people_and_links = st.integers(2, 7).flatmap(
    lambda size: st.tuples(
        st.lists(
            st.builds(
                Person,
                st.sampled_from(["claimant", "representative", "agent"]),
                st.sampled_from([None, "1", "2"]),
                st.sampled_from([None, (202301, 202302), (202302, 202304), MAY]),
            ),
            min_size=size,
            max_size=size,
        ),
        st.lists(
            st.tuples(st.integers(0, size - 1), st.integers(0, size - 1), st.integers(0, 3)), max_size=12
        ),
        st.randoms(use_true_random=False),
    )
)


@given(people_and_links)
def test_no_order_of_links_makes_a_forbidden_lead(
    case: tuple[list[Person], list[tuple[int, int, int]], object],
) -> None:
    persons, raw, random = case
    people = {f"t{number}": person for number, person in enumerate(persons)}
    links = [link(f"t{min(a, b)}", f"t{max(a, b)}", strength) for a, b, strength in raw if a != b]
    components, decisions = join(people, links)
    shuffled = list(links)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert join(people, shuffled)[0] == components, "the order of arrival decided"
    for a, b in itertools.combinations(people, 2):
        if components[a] == components[b]:
            ids = {
                people[x].id_number for x in (a, b) if people[x].role == "claimant" and people[x].id_number
            }
            assert len(ids) < 2
    linked = {frozenset((d.link.ticket_a, d.link.ticket_b)) for d in decisions if d.is_joined}
    assert all(components[a] == components[b] for a, b in map(sorted, linked))
