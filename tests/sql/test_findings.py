"""Findings on tickets: each from the smallest history that shows it, and none from one that does not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from pipelines.store import run_sql
from tests.book_harness import Office

DAY = date(2023, 8, 31)
RECEIVED = datetime(2023, 8, 1, 9)  # a Tuesday; ten working days end on 08-15


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2023, 8, day, hour)


def version(changed: datetime, status: str = "handling", **more: Any) -> dict[str, Any]:
    return {
        "ticket_no": "A",
        "received_at": RECEIVED,
        "changed_at": changed,
        "status": status,
        "native_status": status,
        **more,
    }


def findings(*versions: dict[str, Any]) -> set[str]:
    """The findings of a ticket whose closing limit is ten working days from its receipt."""
    office = Office()
    for number, row in enumerate(versions):
        office.deliver(date(2023, 8, 16 + number), [row])
    office.make(DAY, "x")
    office.connection.execute(
        "create or replace table core.clocks as select ticket_id, 'ten' as rule, true as is_closing, received_at as starts_at, "
        "'working_day' as unit, 10 as limit_value from core.ticket_state"
    )
    office.connection.execute(
        "create or replace table core.clock_rules as select 'ten' as rule, 'national' as channel, "
        "date '2000-01-01' as valid_from, date '9999-12-31' as valid_to, cast(null as integer) as extension_adds"
    )
    run_sql(office.connection, "tickets/ticket_findings", {"business_date": DAY, "suspended_days": 10})
    return {name for (names,) in office.rows("select findings from core.ticket_findings") for name in names}


PAID = {"closed_at": at(10), "outcome": "paid", "claimed_fen": 1000}


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([version(at(1))], set()),
        ([version(at(1)), version(at(14), extended_until=at(29))], set()),
        ([version(at(1)), version(at(15), extended_until=at(29))], {"extended_on_last_day"}),
        ([version(at(1)), version(at(16), extended_until=at(29))], {"extended_after_deadline"}),
        (
            [version(at(1)), version(at(14), extended_until=at(21)), version(at(21), extended_until=at(29))],
            {"extended_repeatedly", "extended_on_last_day"},
        ),
        ([version(at(1), extension_count=2)], {"extended_repeatedly"}),
        ([version(at(1), return_count=2)], {"returned_repeatedly"}),
        (
            [version(at(1)), version(at(3), "returned"), version(at(4)), version(at(5), "returned"), version(at(6))],
            {"returned_repeatedly"},
        ),
        ([version(at(1), accepted_at=datetime(2023, 7, 30))], {"accepted_before_received"}),
        ([version(at(1), accepted_at=datetime(2023, 8, 1))], set()),
        (
            [version(at(10), "closed", **PAID, recovered_fen=1000), version(at(12), "closed", **PAID | {"closed_at": at(9)},
                                                                         recovered_fen=1000)],
            {"closed_twice"},
        ),
        (
            [version(at(10), "closed", **PAID, recovered_fen=1000), version(at(11), "reopened"),
             version(at(12), "closed", **PAID | {"closed_at": at(12)}, recovered_fen=1000)],
            set(),
        ),
        ([version(at(10), "closed", **PAID, recovered_fen=1000)], set()),
        ([version(at(10), "closed", **PAID)], set()),  # the source fills no amounts
        ([version(at(10), "closed", **PAID, recovered_fen=0)], {"money_disagrees"}),
        ([version(at(10), "closed", **PAID, recovered_fen=999)], {"money_disagrees"}),
        ([version(at(10), "closed", closed_at=at(10), outcome="court", recovered_fen=5)], {"money_disagrees"}),
        ([version(at(15), "suspended")], {"suspended_long"}),
        ([version(at(25), "suspended")], set()),
        ([version(at(5), "suspended"), version(at(20))], set()),
        ([version(at(10), "closed", closed_at=datetime(2023, 9, 20))], {"dated_ahead"}),
        ([version(at(10), source_due_at=datetime(3021, 9, 20))], {"due_too_far"}),
    ],
)  # fmt: skip
def test_a_history_and_what_is_found(versions: list[dict[str, Any]], expected: set[str]) -> None:
    assert findings(*versions) == expected


def test_indicators_count_the_lists() -> None:
    office = Office()
    office.make(DAY, "x")
    connection = office.connection
    connection.execute(
        """
        create or replace table clearance.tickets as
        select 'national:' || n as ticket_id, 'L' || least(n, 7) as lead_id, '640104' as division_code, 'national' as channel,
               case when n <= 7 then 'handling' else 'closed' end as status, n <= 7 as is_open, due_at,
               n <= 7 and due_at <= timestamp '2023-08-31 23:59:59' as is_overdue,
               case when n > 7 then true end as is_closed_on_time, timestamp '2023-07-01' + to_days(n) as received_at,
               case n when 8 then 'paid_by_agreement' when 9 then 'paid' end as outcome, 100 as claimed_fen,
               case n when 8 then 40 when 9 then 100 end as recovered_fen, n = 1 as is_reply_owed,
               case n when 2 then 'extended_repeatedly,returned_repeatedly' when 9 then 'money_disagrees' else '' end as flags
        from (values (1, timestamp '2023-08-31 23:59:59'), (2, timestamp '2023-08-23 23:59:59'), (3, timestamp '2023-08-01 23:59:59'),
                     (4, timestamp '2023-07-31 23:59:59'), (5, timestamp '2023-07-01 23:59:59'), (6, timestamp '2023-09-05 23:59:59'),
                     (7, timestamp '2023-09-06 23:59:59'), (8, timestamp '2023-08-01'), (9, timestamp '2023-08-01')) as t(n, due_at)
        """
    )
    connection.execute(
        """
        create or replace table clearance.leads as
        select lead_id, '640104' as division_code, 'national' as channel, 'open' as status, false as is_overdue, min(due_at) as due_at,
               min(received_at) as first_received_at, null as repeat_of, 100 as claimed_fen, 40 as recovered_fen, false as is_closed_unpaid, 0 as replies_owed
        from clearance.tickets group by lead_id
        """
    )
    run_sql(connection, "marts/indicators", {"business_date": DAY, "due_soon": 3})
    names = (
        "overdue", "overdue_0_7", "overdue_8_15", "overdue_16_30", "overdue_31_60", "overdue_over_60", "due_soon", "repeats",
        "replies_owed", "money_disagrees", "promised", "promised_fen", "promised_paid_fen", "promised_unpaid",
        "extended_repeatedly", "returned_repeatedly", "closed", "due", "due_closed_on_time",
    )  # fmt: skip
    row = office.rows(
        f"select {', '.join(names)}, on_time_of_closed, on_time_of_due from clearance.indicators "
        "where basis = 'ticket' and division_code = '640104' and channel = 'national'"
    )[0]
    assert dict(zip(names, row, strict=False)) == {
        "overdue": 5, "overdue_0_7": 1, "overdue_8_15": 1, "overdue_16_30": 1, "overdue_31_60": 1, "overdue_over_60": 1,
        "due_soon": 1, "repeats": 2, "replies_owed": 1, "money_disagrees": 1, "promised": 1, "promised_fen": 100,
        "promised_paid_fen": 40, "promised_unpaid": 1, "extended_repeatedly": 1, "returned_repeatedly": 1, "closed": 2, "due": 7,
        "due_closed_on_time": 2,
    }  # fmt: skip
    assert row[-2:] == (1.0, 2 / 7)
    leads = office.rows(
        "select sum(promised), sum(extended_repeatedly), sum(money_disagrees) from clearance.indicators where basis = 'lead'"
    )
    assert leads == [(1, 1, 1)]
    run_sql(connection, "marts/cohorts", {"business_date": DAY})
    assert office.rows(
        "select month, received, closed, closure_rate from clearance.cohorts where basis = 'ticket'"
    ) == [(date(2023, 7, 1), 9, 2, 2 / 9)]
