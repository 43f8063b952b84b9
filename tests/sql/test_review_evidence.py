"""What a reviewer is told of a pair is what decided it: the same weights and vetoes, for any pair. Data is invented."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from pipelines.errors import ConfigurationError
from pipelines.review.evidence import Evidence, prior, valid_ids, weigh
from pipelines.review.reasons import decision_lines, odds, part_lines, silent_parts, strength
from tests.book_harness import Office

DAY = date(2023, 8, 31)
ID, OTHER_ID = "11010519491231002X", "440524188001010014"
PHONE, OTHER_PHONE = "13800000001", "13900000009"
LEADS = ("L1", "L2")


def ticket(no: str, **fields: Any) -> dict[str, Any]:
    return {
        "ticket_no": no, "received_at": datetime(2023, 8, 1, 9), "native_status": "handling", "claimant_name": "张三丰",
        "employer": "宁夏恒泰建筑工程有限公司", "period_from": 202303, "period_to": 202305, "claimed_fen": 1_800_000, **fields,
    }  # fmt: skip


def stranger(no: str, **fields: Any) -> dict[str, Any]:
    return ticket(no, claimant_name="李四光", claimant_phone=OTHER_PHONE, employer="银川华晟食品有限公司",
                  claimed_fen=920_000, **fields)  # fmt: skip


def office(*rows: dict[str, Any]) -> Office:
    made = Office()
    made.deliver(date(2023, 8, 20), list(rows))
    made.make(DAY, "x")
    return made


def evidence_of(made: Office, a: str, b: str) -> Evidence:
    pair = (f"national:{a}", f"national:{b}")
    return weigh(made.connection, [pair])[pair]


def test_every_scored_pair_is_weighed_as_it_was_decided_and_the_parts_add_up() -> None:
    made = office(
        ticket("A", claimant_phone=PHONE),
        ticket("B", claimant_phone=PHONE, claimed_fen=1_900_000),
        ticket("C", claimant_name="张三封", claimant_phone=PHONE, narrative="旧工单A"),
        ticket("D", claimant_id_number=ID, claimant_phone=PHONE),
        ticket("E", claimant_id_number=OTHER_ID, claimant_phone=PHONE),
    )
    decided = {
        (a, b): (weight, veto, is_one)
        for a, b, weight, veto, is_one in made.rows(
            "select ticket_a, ticket_b, weight, veto, is_one_matter from core.alike"
        )
    }
    assert len(decided) >= 8, "the tickets meet"
    weighed = weigh(made.connection, list(decided))
    assert {pair: (item.weight, item.veto, item.is_one_matter) for pair, item in weighed.items()} == decided
    for item in weighed.values():
        assert prior() + sum(item.weights.values()) == pytest.approx(item.weight, abs=0.001)


def test_a_pair_that_was_never_a_candidate_is_weighed_and_the_warehouse_stays_as_it_is() -> None:
    made = office(ticket("A", claimant_phone=PHONE), stranger("B", division_code="640105"))
    assert made.number("select count(*) from core.candidates") == 0
    item = evidence_of(made, "A", "B")
    assert item.weight < -20 and item.veto == "姓名不同" and not item.has_common_key
    assert made.number("select count(*) from core.scored") == 0
    assert made.rows("select current_database()") == [("memory",)]
    lines = " ".join(decision_lines(("national:A", "national:B"), LEADS, [], [], item, was_candidate=False))
    assert "不在候选之列" in lines and "没有共同的查找键" in lines and "姓名不同" in lines


def test_a_key_of_very_many_tickets_is_named_as_the_reason() -> None:
    names = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
    crowd = [
        ticket(f"N{number:03d}", claimant_name=names[number % 20] + "小" + names[number // 20], claimant_phone=PHONE,
               claimed_fen=100_000 + number * 70_000, employer=f"宁夏{names[number // 20]}{names[number % 20]}建设有限公司")
        for number in range(110)
    ]  # fmt: skip
    made = office(*crowd)
    item = evidence_of(made, "N003", "N064")
    lines = " ".join(
        decision_lines(("national:N003", "national:N064"), LEADS, [], [], item, was_candidate=False)
    )
    assert item.has_common_key and "100 件以上工单共用" in lines


def test_the_words_name_the_strongest_first_and_what_says_nothing() -> None:
    made = office(ticket("A", claimant_phone=PHONE), ticket("B", claimant_phone=OTHER_PHONE))
    item = evidence_of(made, "A", "B")
    lines = part_lines(item)
    assert [words for _, words in lines][:2] == ["姓名相同", "用人单位相同"]
    assert [abs(weight) for weight, _ in lines] == sorted((abs(weight) for weight, _ in lines), reverse=True)
    assert (strength(12.0), strength(2.5), strength(-3.0)) == ("佐证极强", "佐证中", "反证中")
    assert {"身份证号", "项目"} <= set(silent_parts(item)) and "引用编号" not in silent_parts(item)
    assert odds(3.0) == "是同一件事与不是之比约 8 比 1" and odds(-3.0).startswith("不是同一件事")


def test_two_valid_ids_are_said_to_stand_above_every_judgement() -> None:
    made = office(
        ticket("A", claimant_id_number=ID, claimant_phone=PHONE),
        ticket("B", claimant_id_number=OTHER_ID, claimant_phone=PHONE),
    )
    pair = ("national:A", "national:B")
    item = weigh(made.connection, [pair])[pair]
    assert item.is_absolute
    assert "任何人工判定都不能合并" in " ".join(decision_lines(pair, LEADS, [], [], item, was_candidate=True))
    assert valid_ids(made.connection, list(pair)) == {pair[0]: ID, pair[1]: OTHER_ID}


def test_a_ticket_that_is_not_there_is_left_out_and_a_bare_warehouse_is_named() -> None:
    made = office(ticket("A", claimant_phone=PHONE))
    assert weigh(made.connection, [("national:A", "national:X")]) == {}
    with pytest.raises(ConfigurationError, match="warehouse"), duckdb.connect() as bare:
        weigh(bare, [("a", "b")])
