"""Which tickets become one lead, through the real SQL and the frozen model: the domain's traps, one by one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.book_harness import Office

DAY = date(2023, 8, 31)
ID, OTHER_ID = "11010519491231002X", "440524188001010014"
MATTER = {
    "employer": "宁夏恒泰建筑工程有限公司", "project": "银川阅海万家三期", "period_from": 202303, "period_to": 202305,
    "claimed_fen": 1_800_000,
}  # fmt: skip
PROSE = {
    "employer": "宁夏恒泰建筑工程有限公司",
    "project": None,
    "period_from": None,
    "period_to": None,
    "claimed_fen": None,
}


def ticket(no: str, at: datetime = datetime(2023, 8, 1, 9), **fields: Any) -> dict[str, Any]:
    return {
        "ticket_no": no, "received_at": at, "native_status": "handling", "claimant_name": "张三丰", **MATTER, **fields
    }  # fmt: skip


def leads(*rows: dict[str, Any], judged: tuple[tuple[str, str, str], ...] = ()) -> list[set[str]]:
    """The leads of invented tickets of one source, as sets of their numbers."""
    office = Office()
    office.deliver(date(2023, 8, 20), list(rows))
    for a, b, verdict in judged:
        office.judge(f"national:{a}", f"national:{b}", verdict)
    office.make(DAY, "x")
    found: dict[str, set[str]] = {}
    for number, lead in office.rows("select split_part(ticket_id, ':', 2), lead_id from core.lead_of_ticket"):
        found.setdefault(lead, set()).add(number)
    return sorted(found.values(), key=sorted)


PHONE, OTHER_PHONE = "13800000001", "13900000009"
TOGETHER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one phone, an address that the name fits": ({"claimant_phone": PHONE}, {"claimant_phone": PHONE, "claimant_name": "张先生"}),
    "one phone, a masked one": ({"claimant_phone": PHONE}, {"claimant_phone": "138****0001"}),
    "another phone, all else the same": ({"claimant_phone": PHONE}, {"claimant_phone": OTHER_PHONE}),
    "a short name of the employer": ({"claimant_phone": PHONE}, {"claimant_phone": PHONE, "employer": "恒泰建筑"}),
    "a misspelt employer": ({"claimant_phone": PHONE}, {"claimant_phone": PHONE, "employer": "宁夏衡泰建筑工程有限公司"}),
    "one ID, another name": ({"claimant_id_number": ID}, {"claimant_id_number": ID, "claimant_name": "张三封"}),
    "an agent names the principal": (
        {"claimant_phone": PHONE},
        {"claimant_name": "李四光", "claimant_phone": OTHER_PHONE, "narrative": "李四光受张三丰委托，代为反映欠薪"},
    ),
    "a name with a title in the same field": (
        {"claimant_phone": PHONE},
        {"claimant_phone": PHONE, "claimant_name": "张三丰先生"},
    ),
    "a group's second ticket that leaves the group unsaid": (
        {"claimant_phone": PHONE, "is_group": True, "claimed_persons": 12}, {"claimant_phone": PHONE}),
    "no employer told, a sum that is not round": (
        {"claimant_phone": PHONE, "claimed_fen": 1_828_100},
        {"claimant_phone": OTHER_PHONE, "claimed_fen": 1_828_100, "employer": None}),
    "a group's second ticket": (
        {"claimant_phone": PHONE, "is_group": True, "claimed_persons": 12},
        {"claimant_phone": PHONE, "is_group": True, "claimed_persons": 12},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOGETHER)
def test_one_matter_of_one_worker_is_one_lead(case: str) -> None:
    first, second = TOGETHER[case]
    assert leads(ticket("A", **first), ticket("B", datetime(2023, 8, 2, 9), **second)) == [{"A", "B"}]


BOSS = "老板王大力电话13911112222，每人被欠18000元"
APART: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a group and a member whose source states one person": (
        {"claimant_phone": PHONE, "is_group": True, "claimed_persons": 12}, {"claimant_phone": PHONE, "claimed_persons": 1}),
    "a group and a member of another sum": (
        {"claimant_phone": PHONE, "is_group": True, "claimed_persons": 12}, {"claimant_phone": PHONE, "claimed_fen": 180_000}),
    "no employer told, a round sum": (
        {"claimant_phone": PHONE, "claimed_fen": 1_800_000},
        {"claimant_phone": OTHER_PHONE, "claimed_fen": 1_800_000, "employer": None}),
    "brothers with one phone": ({"claimant_phone": PHONE, "claimant_name": "张建国"}, {"claimant_phone": PHONE, "claimant_name": "张建军"}),
    "names that sound alike, one phone": ({"claimant_phone": PHONE, "claimant_name": "李明"}, {"claimant_phone": PHONE, "claimant_name": "李鸣"}),
    "one name, two valid IDs": ({"claimant_id_number": ID, "claimant_phone": PHONE}, {"claimant_id_number": OTHER_ID, "claimant_phone": PHONE}),
    "two valid IDs that the texts tell": (
        {"claimant_phone": PHONE, "narrative": f"本人身份证{ID}"}, {"claimant_phone": PHONE, "narrative": f"本人身份证{OTHER_ID}"}),
    "a colleague named in the text": (
        {"narrative": "我和工友李四光一起干活，每人被欠18000元"}, {"claimant_name": "李四光", "claimant_phone": OTHER_PHONE}),
    "the boss's phone told in both texts": (
        {"claimant_name": "张先生", "claimant_phone": PHONE, "narrative": BOSS},
        {"claimant_name": "张先生", "claimant_phone": OTHER_PHONE, "narrative": BOSS}),
    "an agent of somebody unnamed, and the agent's own claim": (
        {"claimant_phone": PHONE, "narrative": "代儿子反映欠薪"}, {"claimant_phone": PHONE, "claimant_id_number": ID}),
    "an agent for two relatives": (
        {"claimant_phone": PHONE, "narrative": "我弟弟张建国被拖欠工资，代他反映"},
        {"claimant_phone": PHONE, "narrative": "我弟弟张建军被拖欠工资，代他反映"}),
    "another employer": ({"claimant_phone": PHONE}, {"claimant_phone": PHONE, "employer": "宁夏昊远餐饮管理有限公司", "claimed_fen": 500_000}),
    "a firm of the same brand in another trade": (
        {"claimant_phone": PHONE}, {"claimant_phone": PHONE, "employer": "宁夏恒泰餐饮管理有限公司", "claimed_fen": 700_000}),
    "months that do not meet": ({"claimant_phone": PHONE}, {"claimant_phone": PHONE, "period_from": 202306, "period_to": 202307}),
    "a group and a member of the same sum, another phone": (
        {"claimant_phone": PHONE, "is_group": True, "claimed_persons": 12}, {"claimant_phone": OTHER_PHONE}),
    "the same wage for another month, after closing": (
        {"claimant_phone": PHONE, **PROSE, "narrative": "3月份工资6000元没发", "received_at": datetime(2023, 4, 5), "status": "closed",
         "closed_at": datetime(2023, 4, 20), "changed_at": datetime(2023, 4, 20)},
        {"claimant_phone": PHONE, **PROSE, "narrative": "6月份工资6000元没发", "received_at": datetime(2023, 7, 5)}),
    "unreadable names on one phone": (
        {"claimant_phone": PHONE, "claimant_name": "John Smith"}, {"claimant_phone": PHONE, "claimant_name": "Ali Khan"}),
    "another phone, another sum": ({"claimant_phone": PHONE}, {"claimant_phone": OTHER_PHONE, "claimed_fen": 900_000}),
}  # fmt: skip


@pytest.mark.parametrize("case", APART)
def test_what_may_be_two_workers_or_two_matters_stays_apart(case: str) -> None:
    first, second = APART[case]
    rows = [ticket("A", **first), {**ticket("B", datetime(2023, 8, 2, 9)), **second}]
    assert leads(*rows) == [{"A"}, {"B"}]


def test_a_vague_ticket_does_not_join_two_matters() -> None:
    rows = [
        ticket("A", claimant_phone=PHONE),
        ticket("B", claimant_phone=PHONE, claimed_fen=None, project=None, period_from=None, period_to=None),
        ticket(
            "E", claimant_phone=PHONE, claimed_fen=5_000_000, project="石嘴山星海湖二号", period_from=202302
        ),
    ]
    found = leads(*rows)
    assert all(not {"A", "E"} <= lead for lead in found)


def test_a_repeat_that_states_no_months_stays_with_the_first_when_a_later_claim_comes() -> None:
    first = ticket("A", datetime(2023, 3, 1), claimant_phone=PHONE, period_from=202301, period_to=202302)
    repeat = ticket("C", datetime(2023, 3, 9), claimant_phone=PHONE, claimed_fen=None, period_from=None, period_to=None,
                    project=None, narrative="一直没给我钱")  # fmt: skip
    later = ticket("N", datetime(2023, 8, 1), claimant_phone=PHONE, period_from=202306, period_to=202307)
    assert leads(first, repeat, later) == [{"A", "C"}, {"N"}]


def test_a_stranger_on_the_phone_does_not_undo_what_the_id_says() -> None:
    rows = [
        ticket("A", claimant_phone=PHONE, claimant_id_number=ID),
        ticket("B", claimant_phone=PHONE, claimant_id_number=ID, claimed_fen=None),
        ticket("W", claimant_phone=PHONE, claimant_name="李四光", employer="宁夏昊远餐饮管理有限公司"),
    ]
    assert leads(*rows) == [{"A", "B"}, {"W"}]


def test_a_judgement_adds_a_ticket_and_splits_nothing() -> None:
    rows = [
        ticket("A", claimant_id_number=ID),
        ticket("B", claimant_name="李四光", claimant_phone=OTHER_PHONE),
        ticket("E", claimant_id_number=ID),
    ]
    assert leads(*rows, judged=(("A", "B", "same"),)) == [{"A", "B", "E"}]


def test_one_worker_may_come_more_often_than_a_block_holds() -> None:
    rows = [
        ticket(f"T{n:03d}", datetime(2023, 8, 1, n // 60, n % 60), claimant_id_number=ID) for n in range(130)
    ]
    assert len(leads(*rows)) == 1


def test_what_is_kept_apart_says_why_without_a_name() -> None:
    office = Office()
    office.deliver(
        date(2023, 8, 20), [ticket("A"), ticket("B", claimant_name="李先生", claimed_fen=None, quoted=["A"])]
    )
    office.make(DAY, "x")
    rows = office.rows("select rule, is_joined, reasons from core.matches")
    assert [row[:2] for row in rows] == [("quoted_number", False)]
    assert "编号可能抄错" in rows[0][2] and "张三丰" not in rows[0][2]


def test_odd_values_end_nowhere_but_in_leads_of_their_own() -> None:
    odd = ["", "张" * 200, "😀😀", "𠀀𠀁", "*", "张*(", "'; drop table x"]
    rows = [
        ticket(f"O{n}", claimant_name=name or None, claimant_phone=None, employer=name, narrative=name * 3)
        for n, name in enumerate(odd)
    ]
    assert len(leads(*rows)) == len(rows)
