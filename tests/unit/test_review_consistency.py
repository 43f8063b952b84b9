"""Judgements of one file are taken together: what cannot hold is refused, whatever the order; the rest stands."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations

import pytest

from pipelines.errors import UnknownSubject
from pipelines.resolve.verdicts import Verdict, groups
from pipelines.review.consistency import contradictory, refuse_two_ids

SAID = {"judged_by": "王主任", "judged_at": datetime(2023, 8, 31, 9), "why": "核实"}


def verdict(pair: str, word: str, number: int = -1) -> Verdict:
    return Verdict(number, (pair[0], pair[1]), word, SAID, None)


def refused(rows: dict[str, str], standing: tuple[Verdict, ...] = (), **ids: str) -> set[str]:
    return set(contradictory(standing, {pair: verdict(pair, word) for pair, word in rows.items()}, ids))


def test_a_chain_that_contradicts_itself_is_refused_whole_and_the_rest_is_taken() -> None:
    rows = {"AB": "same", "BC": "same", "AC": "different", "DE": "same", "AD": "different"}
    for order in permutations(rows):
        assert refused({pair: rows[pair] for pair in order}) == {"AB", "BC", "AC"}


def test_every_way_from_ticket_to_ticket_is_found() -> None:
    rows = {"AB": "same", "BD": "same", "AC": "same", "CE": "same", "DE": "same", "AD": "different"}
    assert "AD" in refused(rows) and {"AB", "BD"} <= refused(rows)
    assert not {"AC"} & refused(rows), "once the chain is refused, nothing speaks against the others"


def test_a_standing_judgement_stays_and_the_row_is_refused() -> None:
    standing = (verdict("AB", "same", 1), verdict("CD", "different", 2))
    assert refused({"BC": "same", "AD": "same"}, standing) == {"BC", "AD"}
    assert refused({"BC": "same"}, standing) == set()
    why = contradictory(standing, {"row 4": verdict("AB", "different")}, {})["row 4"]
    assert why == "it contradicts judgement 1 (A and B are same; 王主任, 2023-08-31 09:00: 核实)"


def test_what_stood_in_contradiction_before_does_not_refuse_others() -> None:
    standing = (verdict("AB", "same", 1), verdict("BC", "same", 2), verdict("AC", "different", 3))
    assert refused({"DE": "same"}, standing) == set()


def test_two_ids_meet_through_others_too() -> None:
    assert refused({"AB": "same", "BC": "same"}, A="1", C="2") == {"AB", "BC"}
    assert refused({"AB": "same", "BC": "same"}, A="1", C="1") == set()
    assert refused({"BC": "same"}, (verdict("AB", "same", 1),), A="1", C="2") == {"BC"}


def test_one_verdict_that_joins_two_ids_is_refused_naming_them() -> None:
    standing = [verdict("AB", "same", 1)]
    refuse_two_ids(standing, ("B", "C"), {"A": "1", "C": "1"})
    with pytest.raises(UnknownSubject, match=r"A and C state two valid claimant ID numbers .* with B and C"):
        refuse_two_ids(standing, ("B", "C"), {"A": "1", "C": "2"})
    refuse_two_ids(standing, ("D", "E"), {"A": "1", "B": "2"})


def test_groups_are_what_hangs_together() -> None:
    assert groups([verdict("AB", "same"), verdict("CD", "same"), verdict("BC", "same"), verdict("EF", "different")]) == [
        ["A", "B", "C", "D"]
    ]  # fmt: skip
