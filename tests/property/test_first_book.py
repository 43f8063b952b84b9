"""What was said on a day stays said: a Friday and a Monday, then a Tuesday that learns of things past."""

from __future__ import annotations

from datetime import date, datetime

from tests.book_harness import Office

FRIDAY, SATURDAY, MONDAY, TUESDAY = date(2023, 8, 25), date(2023, 8, 26), date(2023, 8, 28), date(2023, 8, 29)
ID = "11010519491231002X"


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2023, 8, day, hour)


def person(number: str, received: datetime, **more: object) -> dict[str, object]:
    return {
        "ticket_no": number,
        "received_at": received,
        "changed_at": received,
        "claimant_name": "张三丰",
        "employer": "宁夏恒泰建筑工程有限公司",
        "period_from": 202303,
        "period_to": 202305,
        **more,
    }


def test_published_days_never_change_and_late_knowledge_is_a_correction() -> None:
    office = Office()
    a = person("A", at(24), claimant_id_number=ID)
    b = person("B", at(25), claimant_phone="13800000001", claimant_name="李四光")
    c = person("C", at(25, 11), claimant_phone="13800000002", claimant_name="王五一")
    office.deliver(FRIDAY, [a, b, c])
    office.publish(FRIDAY)
    friday = office.table("clearance_daily", FRIDAY)
    assert office.day(FRIDAY)["closing"] == 3 and office.day(FRIDAY, "lead")["closing"] == 3

    office.deliver(MONDAY, [person("D", at(28), claimant_id_number=ID, division_code="640105")])
    office.publish(MONDAY)
    monday = office.table("clearance_daily", MONDAY)
    assert office.table("clearance_daily", FRIDAY) == friday
    assert office.day(MONDAY) == {
        **office.day(MONDAY),
        "opening": 3,
        "received": 1,
        "closing": 4,
        "corrections": 0,
    }
    assert office.day(MONDAY, "lead")["closing"] == 3, "D is the same person, employer and period as A"

    office.deliver(
        TUESDAY,
        [
            # A closing dated Saturday, a merge (C turns out to be B's, and quotes it) and an earlier founding ticket of A's lead.
            {**b, "status": "closed", "closed_at": at(26, 15), "changed_at": at(29)},
            {
                **c,
                "quoted": ["B"],
                "changed_at": at(29),
                "claimant_phone": "13800000001",
                "claimant_name": "李四光",
            },
            person("E", at(22), claimant_id_number=ID, division_code="640106", changed_at=at(29)),
        ],
    )
    before = {row[0] for row in office.rows("select distinct lead_id from registry.active_members")}
    office.publish(TUESDAY)

    assert office.table("clearance_daily", MONDAY) == monday, "a published day changed"
    tuesday = office.day(TUESDAY)
    assert (tuesday["opening"], tuesday["received"], tuesday["closed"]) == (4, 0, 0)
    assert tuesday["corrections"] == 0, "one late closing (-1) and one late receipt (+1)"
    assert tuesday["closing"] == 4
    causes = office.rows(
        "select basis, flow, occurred_on, quantity, cause from registry.ledger_entries where booked_on = date '2023-08-29' order by all"
    )
    assert ("ticket", "closed", SATURDAY, 1, "late_row") in causes
    assert ("ticket", "received", date(2023, 8, 22), 1, "late_row") in causes
    assert any(basis == "lead" and cause == "merge" for basis, _, _, _, cause in causes), causes
    assert office.day(TUESDAY, "lead")["closing"] == 2, "A, D and E are one lead; B and C another"
    living = {row[0] for row in office.rows("select distinct lead_id from registry.active_members")}
    assert living < before, "the founding ticket takes over no id; the merge buries one"
    assert office.day(SATURDAY, table="clearance_restated")["closed"] == 1
    assert office.day(SATURDAY)["closed"] == 0
    moved = office.rows(
        "select division_code, sum(effect) from registry.ledger_entries where basis = 'lead' group by all having sum(effect) <> 0"
    )
    assert dict(moved) == {"640106": 1, "640104": 1}, "A's lead counts where its earliest ticket is"
    assert office.make(TUESDAY, "again") == 0, "made again, nothing is left to post"
