"""Versions in, events and entries out: the cases that a plain reading gets wrong."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.book_harness import Office

DAY = date(2023, 8, 31)


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2023, 8, day, hour)


def version(changed: datetime, status: str, **more: Any) -> dict[str, Any]:
    return {
        "ticket_no": "A",
        "received_at": at(1),
        "changed_at": changed,
        "status": status,
        "native_status": status,
        **more,
    }


def events(*versions: dict[str, Any]) -> list[tuple[str, datetime]]:
    office = Office()
    for number, row in enumerate(versions):
        office.deliver(date(2023, 8, 20 + number), [row])
    office.make(DAY, "x")
    return office.rows("select event, occurred_at from core.ticket_events order by sequence")


def test_a_b_a_is_three_versions_and_a_repeat_is_none() -> None:
    office = Office()
    a, b = version(at(1), "handling"), version(at(2), "handling", employer="乙公司")
    for number, row in enumerate([a, a, b, {**a, "changed_at": at(3)}, {**a, "changed_at": at(4)}]):
        office.deliver(date(2023, 8, 20 + number), [row])
    office.make(DAY, "x")
    counts = dict(office.rows("select disposition, count(*) from core.known_rows group by all"))
    assert counts == {"version": 3, "same_as_before": 2}


def test_a_closing_date_stated_anew_replaces_the_old_one() -> None:
    for second in (at(9), at(12)):
        got = events(
            version(at(1), "received"),
            version(at(10), "closed", closed_at=at(10)),
            version(at(13), "closed", closed_at=second),
        )
        assert got == [("received", at(1)), ("closed", second)]


def test_a_reopening_is_taken_back_by_a_closing_before_it() -> None:
    got = events(
        version(at(1), "received"),
        version(at(10), "closed", closed_at=at(10)),
        version(at(12), "handling"),
        version(at(15), "closed", closed_at=at(10), employer="乙"),
    )
    assert got == [("received", at(1)), ("closed", at(10))]


def test_reopened_and_closed_again() -> None:
    got = events(
        version(at(1), "received"),
        version(at(10), "closed", closed_at=at(10)),
        version(at(12), "reopened"),
        version(at(15), "closed", closed_at=at(15)),
    )
    assert got == [("received", at(1)), ("closed", at(10)), ("reopened", at(12)), ("closed", at(15))]


def test_a_reopening_without_a_closing_is_shown_and_books_nothing() -> None:
    office = Office()
    office.deliver(date(2023, 8, 20), [version(at(1), "received"), version(at(12), "reopened")])
    office.make(DAY, "x")
    assert office.rows("select event from core.ticket_events order by sequence") == [
        ("received",),
        ("reopened",),
    ]
    assert office.rows("select flow from core.target_entries where basis = 'ticket'") == [("received",)]


def test_a_receipt_stated_anew_replaces_the_old_one() -> None:
    got = events(version(at(2), "received"), version(at(3), "received", received_at=at(2)))
    assert got == [("received", at(2))]


def test_a_closing_without_a_time_of_day_on_the_day_of_receipt_comes_after_it() -> None:
    closed = version(at(2), "closed", closed_at=datetime(2023, 8, 1), closed_has_time=False)
    assert [event for event, _ in events(closed)] == ["received", "closed"]


def test_a_reopening_on_the_day_of_a_closing_without_a_time_stands() -> None:
    office = Office()
    rows = [
        version(at(1), "received"),
        version(at(10, 11), "closed", closed_at=datetime(2023, 8, 10), closed_has_time=False),
        version(at(10, 15), "reopened"),
    ]
    for number, row in enumerate(rows):
        office.deliver(date(2023, 8, 20 + number), [row])
    office.make(DAY, "x")
    assert office.rows("select event from core.ticket_events order by sequence") == [
        ("received",),
        ("closed",),
        ("reopened",),
    ]
    assert office.rows("select status, is_open from core.ticket_state") == [("reopened", True)]
    assert office.day(DAY)["closing"] == 1


def test_a_closing_without_a_date_is_not_moved_by_a_later_edit() -> None:
    first = version(at(11), "closed", closed_at=None)
    got = events(version(at(1), "received"), first, {**first, "changed_at": at(20), "reply_text": "已答复"})
    assert got == [("received", at(1)), ("closed", at(11))]
    dated = {**first, "changed_at": at(22), "closed_at": at(10)}
    assert events(version(at(1), "received"), first, dated)[-1] == ("closed", at(10))


def test_a_ticket_that_leaves_the_scope_is_withdrawn_and_may_come_back() -> None:
    office = Office()
    rows = [
        version(at(1), "handling"),
        version(at(11), "handling", disposition="out_of_scope", category="物业"),
        version(at(14), "handling", category="拖欠工资"),
    ]
    office.deliver(date(2023, 8, 20), [rows[0]])
    office.deliver(date(2023, 8, 21), [rows[1]])
    office.make(DAY, "x")
    assert office.rows(
        "select status, is_open, list_contains(flags, 'left_scope') from core.ticket_state"
    ) == [("withdrawn", False, True)]
    assert office.day(date(2023, 8, 11))["withdrawn"] == 1
    office.deliver(date(2023, 8, 22), [rows[2]])
    office.make(DAY, "x")
    assert office.day(DAY)["closing"] == 1
    counts = dict(office.rows("select disposition, count(*) from core.known_rows group by all"))
    assert counts == {"version": 3}


def test_a_matter_that_was_never_ours_stays_out_of_scope() -> None:
    office = Office()
    office.deliver(date(2023, 8, 20), [version(at(1), "handling", disposition="out_of_scope")])
    office.make(DAY, "x")
    assert office.rows("select disposition from core.known_rows") == [("out_of_scope",)]
    assert office.number("select count(*) from core.ticket_state") == 0


def test_returned_leaves_and_comes_back_by_transfer() -> None:
    office = Office()
    rows = [
        version(at(1), "received"),
        version(at(5), "returned"),
        version(at(7), "handling", division_code="640105"),
    ]
    for number, row in enumerate(rows):
        office.deliver(date(2023, 8, 20 + number), [row])
    office.make(DAY, "x")
    flows = office.rows(
        "select flow, division_code, occurred_on from core.target_entries where basis = 'ticket' order by occurred_on, flow"
    )
    assert flows == [
        ("received", "640104", date(2023, 8, 1)),
        ("transferred_out", "640104", date(2023, 8, 5)),
        ("transferred_in", "640105", date(2023, 8, 7)),
    ]


def test_a_transfer_of_a_closed_ticket_moves_no_stock() -> None:
    office = Office()
    rows = [version(at(1), "received"), version(at(5), "closed", closed_at=at(5)),
            version(at(7), "closed", closed_at=at(5), division_code="640105")]  # fmt: skip
    for number, row in enumerate(rows):
        office.deliver(date(2023, 8, 20 + number), [row])
    office.make(DAY, "x")
    assert office.day(DAY)["transferred_in"] == 0
    assert office.rows("select event, to_division from core.ticket_events order by sequence")[-1] == (
        "transferred",
        "640105",
    )


def test_a_logical_delete_is_a_withdrawal_and_stays_in_sight() -> None:
    office = Office()
    office.deliver(date(2023, 8, 20), [version(at(1), "received")])
    office.deliver(date(2023, 8, 21), [version(at(21), "withdrawn", is_deleted=True)])
    office.make(DAY, "x")
    assert office.rows("select status, is_open from core.ticket_state") == [("withdrawn", False)]
    assert office.day(date(2023, 8, 21))["withdrawn"] == 1


def test_a_contradiction_in_one_delivery_makes_no_event() -> None:
    office = Office()
    office.deliver(
        date(2023, 8, 20),
        [
            version(at(1, 9), "handling", division_code="640105"),
            version(at(1, 10), "handling", division_code="640106"),
        ],
    )
    office.make(DAY, "x")
    assert office.rows("select event, to_division from core.ticket_events") == [("received", "640106")]
    assert office.rows("select list_contains(flags, 'contradiction') from core.ticket_state") == [(True,)]


def test_a_lead_leaves_with_its_last_open_ticket() -> None:
    office = Office()
    person = {"claimant_id_number": "11010519491231002X", "claimant_name": "张三丰", "employer": "恒泰建筑", "period_from": 202301,
              "period_to": 202302}  # fmt: skip
    a, b = (
        {**version(at(day), "received"), "received_at": at(day), "ticket_no": no, **person}
        for no, day in (("A", 1), ("B", 3))
    )
    office.deliver(date(2023, 8, 20), [a, b])
    office.deliver(date(2023, 8, 21), [{**a, "status": "closed", "closed_at": at(10), "changed_at": at(10)}])
    office.deliver(date(2023, 8, 22), [{**b, "status": "returned", "changed_at": at(12)}])
    office.make(DAY, "x")
    flows = office.rows(
        "select flow, occurred_on from core.target_entries where basis = 'lead' order by occurred_on"
    )
    assert flows == [("received", date(2023, 8, 1)), ("closed", date(2023, 8, 12))]


@pytest.mark.parametrize(
    ("first", "second", "is_joined"),
    [
        ({}, {}, True),
        ({}, {"claimant_name": "张三封"}, True),  # the ID decides, a name may be misspelt
        ({}, {"claimant_id_number": "440524188001010014"}, False),
        ({}, {"employer": "吴忠市鸿运餐饮有限公司"}, False),
        ({}, {"period_from": 202306, "period_to": 202307}, False),
        ({}, {"narrative": "本人受张三丰委托，代为反映"}, True),  # the agent speaks for the claimant of the first
        ({}, {"narrative": "本人受李四光委托，代为反映", "claimant_phone": "13900000009"}, False),
        ({}, {"is_group": True}, False),
        ({"claimant_id_number": None}, {"claimant_id_number": None}, True),  # phone, name, employer, period
        ({"claimant_id_number": None}, {"claimant_id_number": None, "claimant_name": "李四"}, False),  # brothers
        ({"claimant_id_number": None, "claimant_name": "张先生"}, {"claimant_id_number": None, "claimant_name": "张先生"}, True),
        ({"claimant_id_number": None}, {"claimant_id_number": None, "claimant_phone": "138****0001"}, True),
        ({"claimant_id_number": None}, {"claimant_id_number": None, "claimant_phone": "13900000009", "quoted": ["A"]}, True),
        ({"claimant_id_number": None}, {"claimant_id_number": None, "claimant_phone": "13900000009", "claimant_name": "李四光",
                                        "quoted": ["A"]}, False),
    ],
)  # fmt: skip
def test_sure_rules(first: dict[str, Any], second: dict[str, Any], is_joined: bool) -> None:
    base = {"claimant_id_number": "11010519491231002X", "claimant_name": "张三丰", "claimant_phone": "13800000001",
            "employer": "恒泰建筑", "period_from": 202301, "period_to": 202302}  # fmt: skip
    office = Office()
    office.deliver(
        date(2023, 8, 20),
        [{**version(at(1), "received"), **base, **first},
         {**version(at(2), "received"), "ticket_no": "B", "received_at": at(2), **base, **second}],
    )  # fmt: skip
    office.make(DAY, "x")
    assert (office.number("select count(distinct lead_id) from core.lead_of_ticket") == 1) is is_joined


def test_a_number_that_nothing_else_supports_waits_for_a_person() -> None:
    office = Office()
    rows = [
        {**version(at(1), "received"), "claimant_name": "张三丰", "employer": "恒泰建筑"},
        {
            **version(at(2), "received"),
            "ticket_no": "B",
            "received_at": at(2),
            "claimant_name": "李先生",
            "quoted": ["A"],
        },
    ]
    office.deliver(date(2023, 8, 20), rows)
    office.make(DAY, "x")
    assert office.number("select count(distinct lead_id) from core.lead_of_ticket") == 2
    assert office.rows("select rule, is_joined from core.matches") == [("quoted_number", False)]
    office.judge("national:A", "national:B", "same")
    office.make(DAY, "x")
    assert office.number("select count(distinct lead_id) from core.lead_of_ticket") == 1


def test_one_ticket_that_quotes_two_people_makes_them_no_one_person() -> None:
    office = Office()
    people = [("A", "王小明", "13895010001"), ("B", "李强", "13895020002")]
    rows = [
        {**version(at(n + 1), "received"), "ticket_no": no, "received_at": at(n + 1), "claimant_name": name,
         "claimant_phone": phone, "employer": "恒泰建筑"}
        for n, (no, name, phone) in enumerate(people)
    ]  # fmt: skip
    quoting = {
        **version(at(5), "received"),
        "ticket_no": "C",
        "received_at": at(5),
        "employer": "恒泰建筑",
        "quoted": ["A", "B"],
    }
    office.deliver(date(2023, 8, 20), [*rows, quoting])
    office.make(DAY, "x")
    leads = dict(office.rows("select ticket_id, lead_id from core.lead_of_ticket"))
    assert leads["national:A"] != leads["national:B"]


def test_a_colleagues_number_joins_nobody() -> None:
    office = Office()
    rows = [
        {**version(at(1), "received"), "claimant_name": "王先生", "claimant_phone": "13895010001", "employer": "恒泰建筑"},
        {**version(at(2), "received"), "ticket_no": "B", "received_at": at(2), "claimant_name": "李强",
         "claimant_phone": "13995020002", "employer": "恒泰建筑", "quoted": ["A"]},
    ]  # fmt: skip
    office.deliver(date(2023, 8, 20), rows)
    office.make(DAY, "x")
    assert office.number("select count(distinct lead_id) from core.lead_of_ticket") == 2


def test_thirteen_repeats_of_one_worker_are_still_one_lead() -> None:
    office = Office()
    rows = [
        {**version(at(1, n), "received"), "ticket_no": f"T{n:02d}", "received_at": at(1, n), "claimant_name": "王小明",
         "claimant_phone": "13895010001", "employer": "恒泰建筑", "period_from": 202301, "period_to": 202302}
        for n in range(13)
    ]  # fmt: skip
    office.deliver(date(2023, 8, 20), rows)
    office.make(DAY, "x")
    assert office.number("select count(distinct lead_id) from core.lead_of_ticket") == 1


def test_a_placeholder_is_nobodys_employer() -> None:
    office = Office()
    rows = [
        {
            **version(at(n + 1), "received"),
            "ticket_no": f"T{n}",
            "received_at": at(n + 1),
            "claimant_name": name,
            "employer": "不详",
        }
        for n, name in enumerate(["王小明", "李强", "张三丰"])
    ]
    office.deliver(date(2023, 8, 20), rows)
    office.make(DAY, "x")
    assert office.number("select count(distinct incident_id) from core.incident_of_lead") == 3


def test_money_of_a_lead_counts_on_the_day_it_was_paid_though_a_reply_is_owed() -> None:
    office = Office()
    person = {"claimant_id_number": "11010519491231002X", "claimant_name": "张三丰", "employer": "恒泰建筑", "period_from": 202301,
              "period_to": 202302}  # fmt: skip
    paid = {
        **version(at(5), "closed", closed_at=at(5), outcome="paid", recovered_fen=1000, recovered_persons=1),
        **person,
    }
    still_open = {**version(at(3), "received"), "ticket_no": "B", "received_at": at(3), **person}
    office.deliver(date(2023, 8, 20), [paid, still_open])
    office.make(DAY, "x")
    got = office.rows(
        "select business_date, recovered_fen from clearance.clearance_restated where basis = 'lead' and recovered_fen > 0"
    )
    assert got == [(date(2023, 8, 5), 1000)]


def test_a_phone_of_several_people_joins_nobody() -> None:
    office = Office()
    rows = [
        {**version(at(1 + n), "received"), "ticket_no": f"T{n}", "received_at": at(1 + n), "claimant_name": name,
         "claimant_phone": "13800000001", "employer": "恒泰建筑", "period_from": 202301, "period_to": 202302}
        for n, name in enumerate(["王工头", "王工头", "李四光"])
    ]  # fmt: skip
    office.deliver(date(2023, 8, 20), rows)
    office.make(DAY, "x")
    assert office.number("select count(distinct lead_id) from core.lead_of_ticket") == 3


def test_an_undone_judgement_lets_the_buried_lead_rise_again() -> None:
    office = Office()
    rows = [
        {**version(at(1 + n), "received"), "ticket_no": no, "received_at": at(1 + n)}
        for n, no in enumerate("AB")
    ]
    office.deliver(date(2023, 8, 20), rows)
    office.publish(date(2023, 8, 20))
    before = office.rows("select * from registry.active_members order by all")
    judged = office.judge("national:A", "national:B", "same")
    office.publish(date(2023, 8, 21))
    assert office.number("select count(distinct lead_id) from registry.active_members") == 1
    office.judge("", "", "undo", undoes=judged)
    office.publish(date(2023, 8, 22))
    assert office.rows("select * from registry.active_members order by all") == before
    assert office.day(date(2023, 8, 22), "lead")["closing"] == 2
    causes = office.rows("select distinct cause from registry.ledger_entries where booked_on > occurred_on")
    assert causes == [("judgement",)]
